// Times each convolution of a model alone, for `noisegate bench conv`.
#pragma once

#include "engine/device.h"
#include "engine/gpu_bench.h"
#include "engine/ops/convolution_log.h"
#include "engine/spec.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace noisegate {

/// The shape of a convolution, and how many times a model computes it.
struct ConvolutionProblem {
  ConvolutionCall call;
  int count;
};

/// Lists a model's convolutions for a batch of 32×32×3 images, in the order of their first appearance.
std::vector<ConvolutionProblem> convolution_problems(const Spec& model, int batch_size);

/// The three products of a training step.
enum class ConvolutionPass : std::uint8_t { forward, input_gradient, weight_gradient };
const char* name_of(ConvolutionPass pass);
/// Returns the products that a training step computes for the problem.
std::vector<ConvolutionPass> passes_of(const ConvolutionProblem& problem);

/// Return the cost of each of the three products: the operations of its definition, a multiply-add being two,
/// and the bytes of its tensors, each moved once, with activations in elements of `element` bytes and weights
/// in float32.
double flops_of(const ConvolutionCall& call);
double bytes_of(const ConvolutionCall& call, std::size_t element);

/// The tensors of a problem, in several copies, so that consecutive calls do not find them in the caches.
class ConvolutionOperands {
 public:
  /// Makes activations in float32 or bfloat16.
  ConvolutionOperands(const ConvolutionCall& call, Device device, bool bfloat16);

  int copies() const { return static_cast<int>(x_.size()); }
  /// Compute a product on one of the copies: by the device's backend, by another convolution backend, or by a
  /// rung of the ladder.
  Tensor native(ConvolutionPass pass, int copy) const;
  Tensor by(cuda::Convolutions& convolutions, ConvolutionPass pass, int copy) const;
  Tensor by(const LadderRung& rung, int copy) const;

 private:
  ConvolutionCall call_;
  std::vector<Tensor> x_, dy_;
  Tensor weight_, y_;
};

/// Computes a product on one of the copies.
using ConvolutionWork = std::function<Tensor(int copy)>;

/// Returns the median seconds of a product, which takes at least `least_seconds`. On the GPU it captures
/// several calls into one graph and times that.
double time_convolution(Device device, const ConvolutionWork& work, int copies, double least_seconds,
                        int samples);

/// Returns the largest difference between two tensors, divided by the largest value of the second; infinite
/// if a difference is not a number.
double deviation_of(const Tensor& tensor, const Tensor& from);

}  // namespace noisegate
