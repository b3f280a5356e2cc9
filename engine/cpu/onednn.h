// The oneDNN helpers that the convolutions share.
#pragma once

#include "engine/tensor.h"

#include <cstddef>
#include <unordered_map>

#include <oneapi/dnnl/dnnl.hpp>

namespace noisegate::onednn {

dnnl::engine& engine();
dnnl::stream& stream();

/// Describes images (N,H,W,C) to oneDNN in this layout.
dnnl::memory::desc images(const Shape& shape, Layout layout);
/// The same without a layout: the primitive chooses one.
dnnl::memory::desc images_any(const Shape& shape);
/// Describes weights (K,R,S,C) as they lie in our tensors.
dnnl::memory::desc weights(const Shape& shape);
dnnl::memory::desc weights_any(const Shape& shape);
dnnl::memory::desc vector(std::int64_t size);

dnnl::memory view(const Tensor& tensor, const dnnl::memory::desc& desc);

/// Allocates memory from Noisegate's pool for a description of oneDNN's own, such as blocked weights or a
/// scratchpad.
class Buffer {
 public:
  explicit Buffer(const dnnl::memory::desc& desc);
  dnnl::memory memory;

 private:
  std::shared_ptr<std::byte> bytes_;
};

/// Copies between two descriptions of the same values.
void reorder(const dnnl::memory& from, const dnnl::memory& to);

/// Runs a primitive with a scratchpad from the pool, so that the scratchpad counts in the peak and is shared.
void run(const dnnl::primitive& primitive, const dnnl::memory::desc& scratchpad,
         std::unordered_map<int, dnnl::memory> arguments);

/// A convolution as oneDNN describes it. Versions 2 (Debian 12) and 3 (later ones) describe its three
/// primitives alike; the caller provides the scratchpads.
struct Convolution {
  dnnl::algorithm algorithm;
  dnnl::memory::desc x, weight, bias, y;  // bias is empty if there is none
  dnnl::memory::dims strides, padding;

  using Forward = dnnl::convolution_forward::primitive_desc;
  using BackwardInput = dnnl::convolution_backward_data::primitive_desc;
  using BackwardWeight = dnnl::convolution_backward_weights::primitive_desc;
  Forward forward() const;
  BackwardInput backward_input(const Forward& hint) const;
  BackwardWeight backward_weight(const Forward& hint) const;
};

}  // namespace noisegate::onednn
