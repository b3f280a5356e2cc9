// Every op of the graph, with shapes and the maths, in one page. Images are x (N, H, W, C), matrices (N, C),
// labels int32 (N). An op throws Error, naming itself and the shapes, when they do not fit. Formulas of the
// backward passes stand in ops/, kernels in cpu/ and cuda/.
#pragma once

#include "engine/autograd.h"
#include "engine/random.h"

#include <cstdint>
#include <utility>

namespace noisegate {

// ---- convolution and matrix products ----

struct ConvolutionWindow {
  int stride = 1;
  int padding = 0;  // zeros on every side
};

/// Sums over images by blocks of rows, a row being one pixel of (N, H, W) in that order: batch norm's mean
/// and variance without another pass over the images.
struct BlockMoments {
  /// (2, C, ⌈N·H·W/rows_of_block⌉) float32: [0, c, b] = Σ x over block b, [1, c, b] = Σ (x − the block's
  /// mean)², so that no digits are lost where the mean is large against the deviation. Undefined: there are
  /// none.
  Tensor sums;
  std::int64_t rows_of_block = 0;
};

/// A variable and the moments of its value, where the op that wrote it has them. The two stay together: what
/// another op makes of it is a Variable, which has none. Whoever writes into the value passes `variable` on.
struct VariableWithMoments {
  Variable variable;
  BlockMoments moments;

  VariableWithMoments(Variable variable_, BlockMoments moments_ = {})
      : variable(std::move(variable_)), moments(std::move(moments_)) {}
  operator Variable() const { return variable; }
};

/// y[n,i,j,k] = bias[k] + Σ_{r,s,c} x[n, i·stride + r − padding, j·stride + s − padding, c] · weight[k,r,s,c]
/// x (N,H,W,C), weight (K,R,S,C), bias (K) or undefined → (N,P,Q,K), P = ⌊(H + 2·padding − R)/stride⌋ + 1.
/// The GPU has moments of bfloat16 images without bias.
VariableWithMoments conv2d(const Variable& x, const Variable& weight, const Variable& bias,
                           ConvolutionWindow window);

/// y = x · weightᵀ + bias: x (N,C), weight (K,C), bias (K) or undefined → (N,K).
Variable linear(const Variable& x, const Variable& weight, const Variable& bias);

// ---- normalisation ----

struct BatchNormOptions {
  bool training = true;  // batch statistics, and the running ones are updated; else the running ones are used
  float epsilon = 1e-5f;  // added to the variance
  float momentum = 0.1f;  // running ← (1 − momentum)·running + momentum·batch (variance: the unbiased one)
  bool relu = false;      // fused: max(0, ·) of the result
};

/// y = scale·(x − mean)/√(variance + ε) + shift [+ residual], then ReLU where asked for; mean and biased
/// variance over N, H, W (Ioffe and Szegedy 2015). x (N,H,W,C) or (N,C); scale, shift, running_mean,
/// running_variance (C); residual like x or undefined. The moments of x, where it has them, save a pass over
/// it.
Variable batch_norm(const VariableWithMoments& x, const Variable& scale, const Variable& shift,
                    Tensor& running_mean, Tensor& running_variance, BatchNormOptions options,
                    const Variable& residual = {});

// ---- activations, pooling, dropout ----

Variable relu(const Variable& x);  // max(0, x); gradient 0 at 0

struct PoolWindow {
  int size = 2;
  int stride = 2;
  int padding = 0;
};
/// The largest of each window; padding never wins. The gradient goes to the first largest. (N,H,W,C) →
/// (N,P,Q,C).
Variable max_pool2d(const Variable& x, PoolWindow window);
/// The mean of each window, padding counted as zeros. (N,H,W,C) → (N,P,Q,C).
Variable average_pool2d(const Variable& x, PoolWindow window);
/// The mean over H and W: (N,H,W,C) → (N,C).
Variable global_average_pool(const Variable& x);
/// (N,H,W,C) → (N, H·W·C), in that order.
Variable flatten(const Variable& x);

/// Each element is dropped with `probability`, the others divided by 1 − probability. Row n of the batch
/// draws from (seed, Purpose::dropout, step, n), so that the mask does not depend on threads or layouts.
Variable dropout(const Variable& x, float probability, std::uint64_t seed, std::uint32_t step);

// ---- softmax ----

Variable softmax(const Variable& x);      // rows of (N,K), shifted by their maximum
Variable log_softmax(const Variable& x);  // x − log Σ exp x, by rows of (N,K)

// ---- elementwise, reductions, parts ----

Variable add(const Variable& a, const Variable& b);              // same shapes
Variable subtract(const Variable& a, const Variable& b);         // same shapes
Variable multiply(const Variable& a, const Variable& b);         // same shapes
Variable affine(const Variable& x, float factor, float offset);  // factor·x + offset
Variable exp(const Variable& x);
Variable log(const Variable& x);
Variable square(const Variable& x);
Variable sigmoid(const Variable& x);

Variable sum(const Variable& x);      // all elements → scalar
Variable mean(const Variable& x);     // all elements → scalar
Variable row_sum(const Variable& x);  // (N,K) → (N)
/// Entries [begin, end) of the first axis, 0 ≤ begin ≤ end ≤ x.shape()[0] (layout plain).
Variable slice(const Variable& x, std::int64_t begin, std::int64_t end);
/// x[n, index[n]]: x (N,K), index int32 (N) on the same device → (N).
Variable gather(const Variable& x, const Tensor& index);

}  // namespace noisegate
