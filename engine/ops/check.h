// The checks of the ops before they call a kernel.
#pragma once

#include "engine/autograd.h"
#include "engine/backend.h"
#include "engine/error.h"

namespace noisegate {

inline void require_rank(const char* op, const Variable& x, int rank) {
  if (x.shape().rank() != rank)
    reject("{}: expected a tensor of {} axes, got {}", op, rank, to_string(x.shape()));
}

/// Requires the same shape and type.
inline void require_same_shape(const char* op, const Variable& a, const Variable& b) {
  if (a.shape() != b.shape())
    reject("{}: shapes {} and {} differ", op, to_string(a.shape()), to_string(b.shape()));
  if (a.value().dtype() != b.value().dtype())
    reject("{}: types {} and {} differ", op, to_string(a.value().dtype()), to_string(b.value().dtype()));
}

/// Requires float32, for parameters, statistics, logits and what is computed from them.
inline void require_float32(const char* op, const Tensor& x) {
  if (x.defined() && x.dtype() != DType::f32)
    reject("{}: {} where there must be float32", op, to_string(x.dtype()));
}
inline void require_float32(const char* op, const Variable& x) {
  if (x.defined()) require_float32(op, x.value());
}

/// Returns the kernels of the device of `x`, an activation: float32 everywhere, on the GPU also bfloat16.
inline Backend& kernels_for(const char* op, const Variable& x) {
  const DType dtype = x.value().dtype();
  if (dtype == DType::bf16 && x.value().device() == Device::cpu)
    reject("{}: the CPU has no kernels for bfloat16, the GPU alone has", op);
  if (dtype != DType::bf16) require_float32(op, x);
  return backend(x.value());
}

}  // namespace noisegate
