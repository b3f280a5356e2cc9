#include "datasets/batches.h"

#include "datasets/augment/key.h"
#include "datasets/device_batches.h"
#include "datasets/file_stream.h"
#include "engine/error.h"

#include <utility>

namespace noisegate {
namespace {

/// Batches of images in memory.
class ResidentStream : public BatchStream {
 public:
  ResidentStream(const Dataset& dataset, const ImageSet& set, BatchPlan plan)
      : dataset_(dataset), set_(set), plan_(std::move(plan)) {}

  std::optional<Batch> next() override {
    if (next_ == plan_.batches.size()) return std::nullopt;
    Batch batch;
    batch.positions = std::move(plan_.batches[next_++]);
    for (int view = 0; view < plan_.views; ++view) {
      batch.views.push_back(make_batch(set_.images, batch.positions, plan_.augmentation, dataset_.mean,
                                       dataset_.deviation, plan_.seed, plan_.epoch, view));
    }
    return batch;
  }

 private:
  const Dataset& dataset_;
  const ImageSet& set_;
  BatchPlan plan_;
  std::size_t next_ = 0;
};

/// Batches of images that lie in the GPU's memory, made there.
class DeviceStream : public BatchStream {
 public:
  DeviceStream(const Dataset& dataset, const ImageSet& set, BatchPlan plan)
      : dataset_(dataset), set_(set), plan_(std::move(plan)) {}

  std::optional<Batch> next() override {
    if (next_ == plan_.batches.size()) return std::nullopt;
    Batch batch;
    batch.positions = std::move(plan_.batches[next_++]);
    const Tensor positions = Tensor::from(batch.positions).to(plan_.device);
    for (int view = 0; view < plan_.views; ++view) {
      batch.views.push_back(make_device_batch({.images = set_.resident,
                                               .positions = positions,
                                               .augmentation = plan_.augmentation,
                                               .mean = dataset_.mean,
                                               .deviation = dataset_.deviation,
                                               .seed = plan_.seed,
                                               .epoch = plan_.epoch,
                                               .view = view,
                                               .dtype = plan_.dtype}));
    }
    return batch;
  }

 private:
  const Dataset& dataset_;
  const ImageSet& set_;
  BatchPlan plan_;
  std::size_t next_ = 0;
};

/// Batches that are made on the host and then brought to where they are wanted.
class BroughtStream : public BatchStream {
 public:
  BroughtStream(std::unique_ptr<BatchStream> stream, Device device, DType dtype)
      : stream_(std::move(stream)), device_(device), dtype_(dtype) {}

  std::optional<Batch> next() override {
    std::optional<Batch> batch = stream_->next();
    if (!batch) return batch;
    for (Tensor& view : batch->views) view = view.to(device_).to(dtype_);
    return batch;
  }

 private:
  std::unique_ptr<BatchStream> stream_;
  Device device_;
  DType dtype_;
};

std::unique_ptr<BatchStream> open_on_host(const Dataset& dataset, const ImageSet& set, BatchPlan plan) {
  if (set.images.defined()) return std::make_unique<ResidentStream>(dataset, set, std::move(plan));
  return std::make_unique<FileStream>(dataset, set, std::move(plan));
}

}  // namespace

bool are_made_on_device(const ImageSet& set, const Augmentation& augmentation) {
  return set.resident.defined() && augments_on_device(augmentation);
}

std::unique_ptr<BatchStream> open_batches(const Dataset& dataset, const ImageSet& set, BatchPlan plan) {
  if (plan.views < 1 || plan.views > AugmentationKey::most_views)
    reject("a batch has 1 to {} views, not {}", AugmentationKey::most_views, plan.views);
  const Device device = plan.device;
  const DType dtype = plan.dtype;
  if (device == Device::cuda && are_made_on_device(set, plan.augmentation))
    return std::make_unique<DeviceStream>(dataset, set, std::move(plan));
  auto stream = open_on_host(dataset, set, std::move(plan));
  if (device == Device::cpu) return stream;
  return std::make_unique<BroughtStream>(std::move(stream), device, dtype);
}

}  // namespace noisegate
