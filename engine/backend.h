// The interface between the graph and the kernels: one pure virtual function per kernel, so that a backend
// cannot forget one. cpu/ defines the CPU's and cuda/ the GPU's, one file per op under the same names. Every
// function takes tensors of its own device whose shapes the graph code in ops/ has checked, and returns new
// tensors.
#pragma once

#include "engine/ops.h"
#include "engine/step_scalars.h"
#include "engine/tensor.h"

#include <cstdint>
#include <span>

namespace noisegate {

/// What batch norm's backward needs from its forward.
struct BatchNormSaved {
  Tensor mean;               // (C)
  Tensor inverse_deviation;  // (C): 1/√(variance + ε)
};

struct Pooled {
  Tensor output;
  Tensor argmax;  // u8, shaped like output: r·size + s of the winner inside its window
};

/// One parameter as the optimiser sees it.
struct ParameterUpdate {
  Tensor value;
  Tensor grad;
  Tensor velocity;
  float weight_decay;
  float l1_decay;
};

struct SgdStep {
  float momentum;
  bool nesterov;
  float clip_norm;             // largest L2 norm of the whole gradient; 0: no clipping
  const StepScalars* scalars;  // the learning rate, in the memory of the parameters' device
};

class Backend {
 public:
  virtual ~Backend() = default;

  // Convolution: see conv2d in ops.h for the maths. `input_shape` and `weight_shape` are the shapes of the
  // results.
  /// `saved` and `moments` are optional outputs: packed filters for conv2d_backward_input() to reuse, and the
  /// block moments of the result. A backend that has none leaves them undefined.
  virtual Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, ConvolutionWindow window,
                        Tensor* saved = nullptr, BlockMoments* moments = nullptr) = 0;
  virtual Tensor conv2d_backward_input(const Tensor& grad, const Tensor& weight, const Shape& input_shape,
                                       ConvolutionWindow window, const Tensor& saved = {}) = 0;
  /// Gradients of the weight and, if grad_bias is not null, of the bias.
  virtual Tensor conv2d_backward_weight(const Tensor& grad, const Tensor& x, const Shape& weight_shape,
                                        ConvolutionWindow window, Tensor* grad_bias) = 0;

  virtual Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) = 0;
  virtual Tensor linear_backward_input(const Tensor& grad, const Tensor& weight) = 0;
  virtual Tensor linear_backward_weight(const Tensor& grad, const Tensor& x, Tensor* grad_bias) = 0;

  /// `moments`, if defined, are the moments of x.
  virtual Tensor batch_norm(const Tensor& x, const BlockMoments& moments, const Tensor& scale,
                            const Tensor& shift, Tensor& running_mean, Tensor& running_variance,
                            const BatchNormOptions& options, const Tensor& residual,
                            BatchNormSaved* saved) = 0;
  struct BatchNormGradients {
    Tensor x, scale, shift, residual;  // residual only if the forward had one
  };
  /// The kernel recomputes ReLU's mask from x, which it reads anyway. With a residual it takes the mask from
  /// `output`, the forward's result, which is undefined otherwise. May overwrite `grad` where that is its
  /// memory's sole owner.
  virtual BatchNormGradients batch_norm_backward(Tensor grad, const Tensor& x, const Tensor& output,
                                                 const Tensor& scale, const Tensor& shift,
                                                 const BatchNormSaved& saved, const BatchNormOptions& options,
                                                 bool has_residual) = 0;

  virtual Tensor relu(const Tensor& x) = 0;
  virtual Tensor relu_backward(const Tensor& grad, const Tensor& output) = 0;
  virtual Pooled max_pool2d(const Tensor& x, PoolWindow window) = 0;
  virtual Tensor max_pool2d_backward(const Tensor& grad, const Tensor& argmax, const Shape& input_shape,
                                     PoolWindow window) = 0;
  virtual Tensor average_pool2d(const Tensor& x, PoolWindow window) = 0;
  virtual Tensor average_pool2d_backward(const Tensor& grad, const Shape& input_shape, PoolWindow window) = 0;
  virtual Tensor global_average_pool(const Tensor& x) = 0;
  virtual Tensor global_average_pool_backward(const Tensor& grad, const Shape& input_shape,
                                              Layout layout) = 0;
  /// Dropout and its backward are the same linear map: the random stream gives both the same mask.
  virtual Tensor dropout(const Tensor& x, float probability, std::uint64_t seed, std::uint32_t step) = 0;

  virtual Tensor softmax(const Tensor& x) = 0;
  virtual Tensor softmax_backward(const Tensor& grad, const Tensor& output) = 0;
  virtual Tensor log_softmax(const Tensor& x) = 0;
  virtual Tensor log_softmax_backward(const Tensor& grad, const Tensor& output) = 0;

  enum class Unary : std::uint8_t { exp, log, square, sigmoid };
  virtual Tensor unary(Unary op, const Tensor& x) = 0;
  /// grad·f'(x), from the input x and the output f(x).
  virtual Tensor unary_backward(Unary op, const Tensor& grad, const Tensor& x, const Tensor& output) = 0;
  virtual Tensor combine(float alpha, const Tensor& a, float beta, const Tensor& b) = 0;  // alpha·a + beta·b
  virtual void accumulate(Tensor& sum, const Tensor& term) = 0;                           // sum += term
  virtual Tensor multiply(const Tensor& a, const Tensor& b) = 0;
  virtual Tensor affine(const Tensor& x, float factor, float offset) = 0;
  virtual Tensor sum(const Tensor& x) = 0;                                        // → scalar
  virtual Tensor row_sum(const Tensor& x) = 0;                                    // (N,K) → (N)
  virtual Tensor broadcast_rows(const Tensor& values, std::int64_t columns) = 0;  // (N) → (N,K)
  virtual Tensor gather(const Tensor& x, const Tensor& index) = 0;
  virtual Tensor scatter(const Tensor& grad, const Tensor& index, std::int64_t columns) = 0;

  virtual void fill(Tensor& x, float value) = 0;
  virtual void copy(Tensor& destination, const Tensor& source) = 0;  // same device; layouts may differ
  /// One step of SGD over all parameters (see optimizer.h). Returns the gradient's L2 norm before clipping,
  /// on the device, or an undefined tensor if clip_norm is 0.
  virtual Tensor sgd(std::span<ParameterUpdate> parameters, const SgdStep& step) = 0;
  /// averages[i] ← decay·averages[i] + (1 − decay)·values[i].
  virtual void exponential_average(std::span<Tensor> averages, std::span<const Tensor> values,
                                   float decay) = 0;
};

/// Returns the backend of a device. Throws Error for cuda if there is none.
Backend& backend(Device device);
inline Backend& backend(const Tensor& tensor) {
  return backend(tensor.device());
}

}  // namespace noisegate
