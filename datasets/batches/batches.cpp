#include "datasets/batches/batches.h"

#include "datasets/augment/key.h"
#include "datasets/batches/device_batches.h"
#include "datasets/batches/file_stream.h"
#include "engine/device_value.h"
#include "engine/error.h"

#include <utility>

namespace noisegate {
namespace {

/// Batches of images in memory: the host's, or where they are wanted there, the GPU's.
class ResidentStream : public BatchStream {
 public:
  ResidentStream(const Dataset& dataset, const ImageSet& set, BatchPlan plan, bool on_device)
      : dataset_(dataset),
        set_(set),
        plan_(std::move(plan)),
        on_device_(on_device),
        scalars_(StepScalars{.epoch = plan_.epoch}, on_device ? plan_.device : Device::cpu) {}

  std::optional<Batch> next() override {
    if (next_ == plan_.batches.size()) return std::nullopt;
    Batch batch;
    batch.positions = std::move(plan_.batches[next_++]);
    if (on_device_) {
      batch.views = make_device_views(dataset_, set_, plan_, Tensor::from(batch.positions).to(plan_.device),
                                      scalars_.data());
    } else {
      for (int view = 0; view < plan_.views; ++view) batch.views.push_back(view_of(batch.positions, view));
    }
    return batch;
  }

 private:
  Tensor view_of(const std::vector<std::int32_t>& positions, int view) const {
    return make_batch(set_.images, positions, plan_.augmentation, dataset_.mean, dataset_.deviation,
                      plan_.seed, plan_.epoch, view);
  }

  const Dataset& dataset_;
  const ImageSet& set_;
  BatchPlan plan_;
  bool on_device_;
  DeviceValue<StepScalars> scalars_;
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

}  // namespace

void make_resident(ImageSet& set, Device device) {
  if (device != Device::cpu && set.images.defined()) set.resident = set.images.to(device);
}

bool are_made_on_device(const ImageSet& set, const Augmentation& augmentation) {
  return set.resident.defined() && augments_on_device(augmentation);
}

std::vector<Tensor> make_device_views(const Dataset& dataset, const ImageSet& set, const BatchPlan& plan,
                                      const Tensor& indices, const StepScalars* scalars) {
  std::vector<Tensor> views;
  for (int view = 0; view < plan.views; ++view)
    views.push_back(make_device_batch({.images = set.resident,
                                       .positions = indices,
                                       .augmentation = plan.augmentation,
                                       .mean = dataset.mean,
                                       .deviation = dataset.deviation,
                                       .seed = plan.seed,
                                       .scalars = scalars,
                                       .view = view,
                                       .dtype = plan.dtype}));
  return views;
}

std::unique_ptr<BatchStream> open_batches(const Dataset& dataset, const ImageSet& set, BatchPlan plan) {
  if (plan.views < 1 || plan.views > AugmentationKey::most_views)
    reject("a batch has 1 to {} views, not {}", AugmentationKey::most_views, plan.views);
  const Device device = plan.device;
  const DType dtype = plan.dtype;
  const bool on_device = device == Device::cuda && are_made_on_device(set, plan.augmentation);
  std::unique_ptr<BatchStream> stream;
  if (set.images.defined())
    stream = std::make_unique<ResidentStream>(dataset, set, std::move(plan), on_device);
  else
    stream = std::make_unique<FileStream>(dataset, set, std::move(plan));
  if (device == Device::cpu || on_device) return stream;
  return std::make_unique<BroughtStream>(std::move(stream), device, dtype);
}

}  // namespace noisegate
