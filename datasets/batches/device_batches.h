// Batches that are made where the model trains: the images lie in the GPU's memory as bytes, and one kernel
// crops, flips, rotates, changes colours, cuts out and normalises those of a batch.
#pragma once

#include "datasets/augment/augmentation.h"
#include "engine/step_scalars.h"
#include "engine/tensor.h"

#include <array>
#include <cstdint>
#include <functional>

namespace noisegate {

/// What make_batch takes, with images and positions on the device.
struct DeviceBatch {
  Tensor images;     // (N,H,W,C) u8, C 1 or 3
  Tensor positions;  // (B) i32, each in [0, N), which nobody checks
  Augmentation augmentation = {};
  std::array<float, 3> mean, deviation;
  std::uint64_t seed = 0;
  const StepScalars* scalars = nullptr;  // the epoch, in device memory
  int view = 0;                          // 0 … 255
  DType dtype = DType::f32;              // of the batch: f32 or bf16
};

/// Whether all of its parts are there on the device: not those that resize or look at a whole image but for
/// its mean (randaugment, resized-crop).
bool augments_on_device(const Augmentation& augmentation);

/// (B,H,W,C) on the device: bit for bit the numbers of make_batch, in bf16 rounded to the nearest. Throws
/// Error where the tensors do not fit together, and for an augmentation that is not there on the device.
Tensor make_device_batch(const DeviceBatch& batch);

/// Fills a batch on the device.
using DeviceBatchKernel = std::function<void(const DeviceBatch& batch, Tensor& out)>;
/// Makes this the kernel behind make_device_batch (datasets/cuda/augment.h has it).
void set_device_batch_kernel(DeviceBatchKernel kernel);

}  // namespace noisegate
