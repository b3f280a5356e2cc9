// The little of oneDNN that the convolutions share.
#pragma once

#include "engine/tensor.h"

#include <cstddef>
#include <unordered_map>

#include <oneapi/dnnl/dnnl.hpp>

namespace noisegate::onednn {

dnnl::engine& engine();
dnnl::stream& stream();

/// Images (N,H,W,C) as oneDNN describes them, in this layout.
dnnl::memory::desc images(const Shape& shape, Layout layout);
/// The same without a choice of layout: a primitive takes what suits it.
dnnl::memory::desc images_any(const Shape& shape);
/// Weights (K,R,S,C) as they lie in our tensors.
dnnl::memory::desc weights(const Shape& shape);
dnnl::memory::desc weights_any(const Shape& shape);
dnnl::memory::desc vector(std::int64_t size);

dnnl::memory view(const Tensor& tensor, const dnnl::memory::desc& desc);

/// Memory from Noisegate's pool for a description of oneDNN's own, such as blocked weights or a scratchpad.
class Buffer {
 public:
  explicit Buffer(const dnnl::memory::desc& desc);
  dnnl::memory memory;

 private:
  std::shared_ptr<std::byte> bytes_;
};

/// Copies between two descriptions of the same values.
void reorder(const dnnl::memory& from, const dnnl::memory& to);

/// Runs a primitive with a scratchpad from the pool, so that its memory counts in the peak and is shared.
void run(const dnnl::primitive& primitive, const dnnl::memory::desc& scratchpad,
         std::unordered_map<int, dnnl::memory> arguments);

/// A convolution as oneDNN sees it. Its three primitives are described alike under versions 2 (Debian 12) and
/// 3 (later ones); scratchpads are the caller's.
struct Convolution {
  dnnl::algorithm algorithm;
  dnnl::memory::desc x, weight, bias, y;  // bias: empty for none
  dnnl::memory::dims strides, padding;

  using Forward = dnnl::convolution_forward::primitive_desc;
  using BackwardInput = dnnl::convolution_backward_data::primitive_desc;
  using BackwardWeight = dnnl::convolution_backward_weights::primitive_desc;
  Forward forward() const;
  BackwardInput backward_input(const Forward& hint) const;
  BackwardWeight backward_weight(const Forward& hint) const;
};

}  // namespace noisegate::onednn
