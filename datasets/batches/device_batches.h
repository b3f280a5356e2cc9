// Batches made on the GPU: the images lie in its memory as bytes, and one kernel crops, flips, rotates,
// changes colours, cuts out and normalises those of a batch.
#pragma once

#include "datasets/augment/augmentation.h"
#include "engine/step_scalars.h"
#include "engine/tensor.h"

#include <array>
#include <cstdint>
#include <functional>

namespace noisegate {

/// The arguments of make_batch, with images and positions on the device.
struct DeviceBatch {
  Tensor images;     // (N,H,W,C) u8, C 1 or 3
  Tensor positions;  // (B) i32, each in [0, N), not checked
  Augmentation augmentation = {};
  std::array<float, 3> mean, deviation;
  std::uint64_t seed = 0;
  const StepScalars* scalars = nullptr;  // the epoch, in device memory
  int view = 0;                          // 0 … 255
  DType dtype = DType::f32;              // of the batch: f32 or bf16
};

/// Whether the device has all parts of the augmentation. It lacks those that resize, or that need more of the
/// whole image than its mean (randaugment, resized-crop).
bool augments_on_device(const Augmentation& augmentation);

/// Makes the batch (B,H,W,C) on the device: bit for bit the numbers of make_batch, in bf16 rounded to the
/// nearest. Throws Error if the tensors do not fit together, and for an augmentation that the device lacks.
Tensor make_device_batch(const DeviceBatch& batch);

/// A kernel that fills a batch on the device.
using DeviceBatchKernel = std::function<void(const DeviceBatch& batch, Tensor& out)>;
/// Sets the kernel behind make_device_batch (see datasets/cuda/augment.h).
void set_device_batch_kernel(DeviceBatchKernel kernel);

}  // namespace noisegate
