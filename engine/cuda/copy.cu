// Between the GPU and the CPU, whose images may lie in blocks (Layout): the GPU knows plain ones alone.
#include "engine/cuda/backend.h"

namespace noisegate::cuda {

void CudaBackend::copy(Tensor& destination, const Tensor& source) {
  if (destination.layout() != Layout::plain) {
    Tensor plain = Tensor::empty(destination.shape(), destination.dtype(), destination.device());
    copy(plain, source);
    destination.copy_from(plain);
    return;
  }
  const Tensor plain = source.plain();
  copy_bytes(stream_, destination.raw(), plain.raw(), plain.bytes());
  if (plain.device() != destination.device()) wait(stream_);
}

}  // namespace noisegate::cuda
