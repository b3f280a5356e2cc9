#include "datasets/batches/device_batches.h"

#include "datasets/augment/key.h"
#include "engine/error.h"

#include <utility>

namespace noisegate {
namespace {

DeviceBatchKernel device_kernel;

void check(const DeviceBatch& batch) {
  const Tensor &images = batch.images, &positions = batch.positions;
  if (images.shape().rank() != 4 || images.dtype() != DType::u8 || images.device() != Device::cuda)
    reject("a batch on the GPU is made of u8 images (N, H, W, C) there, not of {} {} on {}",
           to_string(images.dtype()), to_string(images.shape()), to_string(images.device()));
  if (images.size(3) != 1 && images.size(3) != 3)
    reject("a batch on the GPU is made of images of 1 or 3 channels, not {}", images.size(3));
  if (positions.shape().rank() != 1 || positions.dtype() != DType::i32 || positions.device() != Device::cuda)
    reject("the positions of a batch on the GPU are i32 (B) there, not {} {} on {}",
           to_string(positions.dtype()), to_string(positions.shape()), to_string(positions.device()));
  if (batch.dtype != DType::f32 && batch.dtype != DType::bf16)
    reject("a batch is f32 or bf16, not {}", to_string(batch.dtype));
  if (batch.view < 0 || batch.view >= AugmentationKey::most_views)
    reject("a batch has views 0 to 255, not {}", batch.view);
  if (!augments_on_device(batch.augmentation))
    reject("randaugment and resized-crop are not there on the GPU: the CPU makes such batches");
}

}  // namespace

bool augments_on_device(const Augmentation& augmentation) {
  return !augmentation.randaugment && !augmentation.resized_crop;
}

Tensor make_device_batch(const DeviceBatch& batch) {
  check(batch);
  if (!device_kernel) fail("this build of Noisegate makes no batches on the GPU");
  const Shape& images = batch.images.shape();
  Tensor out =
      Tensor::empty({batch.positions.size(0), images[1], images[2], images[3]}, batch.dtype, Device::cuda);
  device_kernel(batch, out);
  return out;
}

void set_device_batch_kernel(DeviceBatchKernel kernel) {
  device_kernel = std::move(kernel);
}

}  // namespace noisegate
