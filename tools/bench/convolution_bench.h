// The convolutions of a model, each timed alone: what `noisegate bench conv` shows.
#pragma once

#include "engine/device.h"
#include "engine/gpu_bench.h"
#include "engine/ops/convolution_log.h"
#include "engine/spec.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace noisegate {

/// A shape of convolution, and how often a model does it.
struct ConvolutionProblem {
  ConvolutionCall call;
  int count;
};

/// Those of a model for a batch of 32×32×3 images, in the order of their first appearance.
std::vector<ConvolutionProblem> convolution_problems(const Spec& model, int batch_size);

/// The three products of a training step.
enum class ConvolutionPass : std::uint8_t { forward, input_gradient, weight_gradient };
const char* name_of(ConvolutionPass pass);
/// Those that the problem needs.
std::vector<ConvolutionPass> passes_of(const ConvolutionProblem& problem);

/// What each of the three products costs: the operations of its definition, a multiply-add being two, and the
/// bytes of its tensors, each moved once, with activations in elements of so many bytes and weights in
/// float32.
double flops_of(const ConvolutionCall& call);
double bytes_of(const ConvolutionCall& call, std::size_t element);

/// The tensors of a problem, in several copies, so that a row of calls does not find them in the caches.
class ConvolutionOperands {
 public:
  /// Activations in float32 or bfloat16.
  ConvolutionOperands(const ConvolutionCall& call, Device device, bool bfloat16);

  int copies() const { return static_cast<int>(x_.size()); }
  /// A product on one of the copies: by the device's backend, by other convolutions, by a rung of the ladder.
  Tensor native(ConvolutionPass pass, int copy) const;
  Tensor by(cuda::Convolutions& convolutions, ConvolutionPass pass, int copy) const;
  Tensor by(const LadderRung& rung, int copy) const;

 private:
  ConvolutionCall call_;
  std::vector<Tensor> x_, dy_;
  Tensor weight_, y_;
};

/// A product on one of the copies.
using ConvolutionWork = std::function<Tensor(int copy)>;

/// The median seconds of a product, which takes at least `least_seconds`. On the GPU a row of them is
/// recorded and run without the host.
double time_convolution(Device device, const ConvolutionWork& work, int copies, double least_seconds,
                        int samples);

/// The largest difference of two tensors over the largest value of the second; infinite where one is not a
/// number.
double deviation_of(const Tensor& tensor, const Tensor& from);

}  // namespace noisegate
