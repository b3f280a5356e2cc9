#include "engine/cpu/onednn.h"

#include "engine/memory.h"

namespace noisegate::onednn {
namespace {

using Tag = dnnl::memory::format_tag;
constexpr auto f32 = dnnl::memory::data_type::f32;

dnnl::memory::dims image_dims(const Shape& shape) {
  return {shape[0], shape[3], shape[1], shape[2]};
}

dnnl::primitive_attr user_scratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

}  // namespace

dnnl::engine& engine() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::stream& stream() {
  thread_count();  // so that OpenMP's teams are what oneDNN takes them for
  static dnnl::stream stream(engine());
  return stream;
}

dnnl::memory::desc images(const Shape& shape, Layout layout) {
  return {image_dims(shape), f32, layout == Layout::plain ? Tag::nhwc : Tag::nChw16c};
}

dnnl::memory::desc images_any(const Shape& shape) {
  return {image_dims(shape), f32, Tag::any};
}

// oneDNN names dimensions of weights (output, input, height, width), and "ohwi" the order they lie in.
dnnl::memory::desc weights(const Shape& shape) {
  return {image_dims(shape), f32, Tag::ohwi};
}

dnnl::memory::desc weights_any(const Shape& shape) {
  return {image_dims(shape), f32, Tag::any};
}

dnnl::memory::desc vector(std::int64_t size) {
  return {{size}, f32, Tag::x};
}

dnnl::memory view(const Tensor& tensor, const dnnl::memory::desc& desc) {
  return {desc, engine(), const_cast<void*>(tensor.raw())};
}

Buffer::Buffer(const dnnl::memory::desc& desc) : bytes_(allocate(desc.get_size(), Device::cpu)) {
  memory = dnnl::memory(desc, engine(), bytes_.get());
}

void reorder(const dnnl::memory& from, const dnnl::memory& to) {
  dnnl::reorder(from, to).execute(stream(), const_cast<dnnl::memory&>(from), const_cast<dnnl::memory&>(to));
}

void run(const dnnl::primitive& primitive, const dnnl::memory::desc& scratchpad,
         std::unordered_map<int, dnnl::memory> arguments) {
  const Buffer scratch(scratchpad);
  arguments.insert({DNNL_ARG_SCRATCHPAD, scratch.memory});
  primitive.execute(stream(), arguments);
}

// Version 3 took the operation descriptors away: their arguments go to the primitive descriptors themselves.
#if DNNL_VERSION_MAJOR >= 3

Convolution::Forward Convolution::forward() const {
  return {engine(),
          dnnl::prop_kind::forward_training,
          algorithm,
          x,
          weight,
          bias,
          y,
          strides,
          padding,
          padding,
          user_scratchpad()};
}

Convolution::BackwardInput Convolution::backward_input(const Forward& hint) const {
  return {engine(), algorithm, x, weight, y, strides, padding, padding, hint, user_scratchpad()};
}

Convolution::BackwardWeight Convolution::backward_weight(const Forward& hint) const {
  return {engine(), algorithm, x, weight, bias, y, strides, padding, padding, hint, user_scratchpad()};
}

#else

Convolution::Forward Convolution::forward() const {
  return {{dnnl::prop_kind::forward_training, algorithm, x, weight, bias, y, strides, padding, padding},
          user_scratchpad(),
          engine()};
}

Convolution::BackwardInput Convolution::backward_input(const Forward& hint) const {
  return {{algorithm, x, weight, y, strides, padding, padding}, user_scratchpad(), engine(), hint};
}

Convolution::BackwardWeight Convolution::backward_weight(const Forward& hint) const {
  return {{algorithm, x, weight, bias, y, strides, padding, padding}, user_scratchpad(), engine(), hint};
}

#endif

}  // namespace noisegate::onednn
