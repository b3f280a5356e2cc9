// Convolutions through oneDNN. Our tensors keep their layouts; weights are brought into the layout that the
// chosen algorithm wants at every call, since the optimiser has changed them in between.
//
// With AVX-512 and blocked images, 3×3 convolutions of stride 1 run as Winograd's F(4×4, 3×3), which
// multiplies four times less than the definition does (Lavin and Gray 2016) and was measured about twice as
// fast on these networks' shapes, at a few times the rounding error. The choice depends on the shapes alone,
// never on a timing, so that the same run gives the same bits.
#include "engine/cpu/backend.h"
#include "engine/cpu/layout.h"
#include "engine/cpu/onednn.h"
#include "engine/error.h"

#include <map>
#include <optional>
#include <tuple>

namespace noisegate {
namespace {

using dnnl::algorithm;
using dnnl::memory;

Shape output_shape(const Shape& image, const Shape& kernel, ConvolutionWindow window) {
  return {image[0], (image[1] + 2 * window.padding - kernel[1]) / window.stride + 1,
          (image[2] + 2 * window.padding - kernel[2]) / window.stride + 1, kernel[0]};
}

/// Winograd pays from 32 channels on, on images that fill at least one of its 4×4 tiles.
bool winograd_pays(const Shape& image, const Shape& kernel, ConvolutionWindow window) {
  return kernel[1] == 3 && kernel[2] == 3 && window.stride == 1 && window.padding == 1 && kernel[0] >= 32 &&
         kernel[3] >= 32 && image[1] >= 4 && image[2] >= 4 && prefers_blocks(kernel[0]) &&
         prefers_blocks(kernel[3]);
}

/// The three primitives of one convolution, made at its first call and kept.
struct Primitives {
  explicit Primitives(const onednn::Convolution& problem)
      : forward_desc(problem.forward()),
        input_desc(problem.backward_input(forward_desc)),
        weight_desc(problem.backward_weight(forward_desc)),
        forward(dnnl::convolution_forward(forward_desc)),
        backward_input(dnnl::convolution_backward_data(input_desc)),
        backward_weight(dnnl::convolution_backward_weights(weight_desc)) {}

  onednn::Convolution::Forward forward_desc;
  onednn::Convolution::BackwardInput input_desc;
  onednn::Convolution::BackwardWeight weight_desc;
  dnnl::primitive forward, backward_input, backward_weight;
};

/// What primitives are made for.
struct Key {
  Shape image, kernel;
  int stride, padding;
  bool bias;
  int threads;  // work is laid out for a number of them
  ConvolutionAlgorithm algorithm;

  auto order() const {
    return std::tuple(image.extents(), kernel.extents(), stride, padding, bias, threads, algorithm);
  }
  bool operator<(const Key& other) const { return order() < other.order(); }
};

Layout layout_of(std::int64_t channels) {
  return prefers_blocks(channels) ? Layout::blocked16 : Layout::plain;
}

/// Images whose channels fill blocks are blocked. Beside those, others (the three colours of a stem) are
/// free: the primitive chooses, and they are reordered around it.
memory::desc images_for(const Shape& shape, std::int64_t other_channels) {
  if (!prefers_blocks(shape[3]) && prefers_blocks(other_channels)) return onednn::images_any(shape);
  return onednn::images(shape, layout_of(shape[3]));
}

onednn::Convolution problem(const Key& key, algorithm how) {
  const Shape output = output_shape(key.image, key.kernel, {key.stride, key.padding});
  return {how,
          images_for(key.image, key.kernel[0]),
          onednn::weights_any(key.kernel),
          key.bias ? onednn::vector(key.kernel[0]) : memory::desc(),
          images_for(output, key.kernel[3]),
          {key.stride, key.stride},
          {key.padding, key.padding}};
}

const Primitives& primitives(const Shape& image, const Shape& kernel, ConvolutionWindow window, bool bias) {
  static std::map<Key, Primitives> made;
  const Key key{image, kernel, window.stride, window.padding, bias, thread_count(), convolution_algorithm()};
  const auto found = made.find(key);
  if (found != made.end()) return found->second;
  if (key.algorithm == ConvolutionAlgorithm::automatic && winograd_pays(image, kernel, window)) {
    try {
      return made.emplace(key, problem(key, algorithm::convolution_winograd)).first->second;
    } catch (const dnnl::error& error) {  // version 3 of oneDNN has no Winograd for AVX-512 any more
      if (error.status != dnnl_unimplemented) throw;
    }
  }
  return made.emplace(key, problem(key, algorithm::convolution_direct)).first->second;
}

/// An argument in the description that the primitive wants: a view where it already is, else a reordered
/// copy.
class Argument {
 public:
  Argument(const Tensor& tensor, const memory::desc& ours, const memory::desc& wanted)
      : memory_(onednn::view(tensor, ours)) {
    if (ours == wanted) return;
    copy_.emplace(wanted);
    onednn::reorder(memory_, copy_->memory);
  }
  const memory& get() const { return copy_ ? copy_->memory : memory_; }

 private:
  memory memory_;
  std::optional<onednn::Buffer> copy_;
};

/// A result: written in place where the primitive writes our description, else into a buffer and reordered.
class Result {
 public:
  Result(Tensor& tensor, const memory::desc& ours, const memory::desc& given)
      : memory_(onednn::view(tensor, ours)) {
    if (ours != given) buffer_.emplace(given);
  }
  const memory& get() const { return buffer_ ? buffer_->memory : memory_; }
  void finish() {
    if (buffer_) onednn::reorder(buffer_->memory, memory_);
  }

 private:
  memory memory_;
  std::optional<onednn::Buffer> buffer_;
};

/// Runs `body`, and puts what oneDNN has to say into a sentence of ours.
template <class Body>
auto with_onednn(const Shape& image, const Shape& kernel, Body body) {
  try {
    return body();
  } catch (const dnnl::error& error) {
    fail("conv2d of images {} with weights {}: oneDNN: {}", to_string(image), to_string(kernel),
         error.message);
  }
}

Argument image_argument(const Tensor& x, const memory::desc& wanted) {
  return {x, onednn::images(x.shape(), x.layout()), wanted};
}

}  // namespace

Tensor CpuBackend::conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, ConvolutionWindow window,
                          Tensor*, BlockMoments*) {
  return with_onednn(x.shape(), weight.shape(), [&] {
    const Primitives& conv = primitives(x.shape(), weight.shape(), window, bias.defined());
    const auto& desc = conv.forward_desc;
    const Shape shape = output_shape(x.shape(), weight.shape(), window);
    Tensor y = Tensor::empty(shape, DType::f32, Device::cpu, layout_of(shape[3]));

    const Argument source = image_argument(x, desc.src_desc());
    const Argument kernel(weight, onednn::weights(weight.shape()), desc.weights_desc());
    Result result(y, onednn::images(shape, y.layout()), desc.dst_desc());
    std::unordered_map<int, memory> arguments{
        {DNNL_ARG_SRC, source.get()}, {DNNL_ARG_WEIGHTS, kernel.get()}, {DNNL_ARG_DST, result.get()}};
    if (bias.defined()) arguments.insert({DNNL_ARG_BIAS, onednn::view(bias, desc.bias_desc())});
    onednn::run(conv.forward, desc.scratchpad_desc(), arguments);
    result.finish();
    return y;
  });
}

Tensor CpuBackend::conv2d_backward_input(const Tensor& grad, const Tensor& weight, const Shape& input_shape,
                                         ConvolutionWindow window, const Tensor&) {
  return with_onednn(input_shape, weight.shape(), [&] {
    const Primitives& conv = primitives(input_shape, weight.shape(), window, false);
    const auto& desc = conv.input_desc;
    Tensor dx = Tensor::empty(input_shape, DType::f32, Device::cpu, layout_of(input_shape[3]));

    const Argument dy = image_argument(grad, desc.diff_dst_desc());
    const Argument kernel(weight, onednn::weights(weight.shape()), desc.weights_desc());
    Result result(dx, onednn::images(input_shape, dx.layout()), desc.diff_src_desc());
    onednn::run(
        conv.backward_input, desc.scratchpad_desc(),
        {{DNNL_ARG_DIFF_DST, dy.get()}, {DNNL_ARG_WEIGHTS, kernel.get()}, {DNNL_ARG_DIFF_SRC, result.get()}});
    result.finish();
    return dx;
  });
}

Tensor CpuBackend::conv2d_backward_weight(const Tensor& grad, const Tensor& x, const Shape& weight_shape,
                                          ConvolutionWindow window, Tensor* grad_bias) {
  return with_onednn(x.shape(), weight_shape, [&] {
    const Primitives& conv = primitives(x.shape(), weight_shape, window, grad_bias != nullptr);
    const auto& desc = conv.weight_desc;
    Tensor dw = Tensor::empty(weight_shape);

    const Argument source = image_argument(x, desc.src_desc());
    const Argument dy = image_argument(grad, desc.diff_dst_desc());
    Result result(dw, onednn::weights(weight_shape), desc.diff_weights_desc());
    std::unordered_map<int, memory> arguments{
        {DNNL_ARG_SRC, source.get()}, {DNNL_ARG_DIFF_DST, dy.get()}, {DNNL_ARG_DIFF_WEIGHTS, result.get()}};
    if (grad_bias) {
      *grad_bias = Tensor::empty({weight_shape[0]});
      arguments.insert({DNNL_ARG_DIFF_BIAS, onednn::view(*grad_bias, desc.diff_bias_desc())});
    }
    onednn::run(conv.backward_weight, desc.scratchpad_desc(), arguments);
    result.finish();
    return dw;
  });
}

}  // namespace noisegate
