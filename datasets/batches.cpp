#include "datasets/batches.h"

#include "datasets/augment/key.h"
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

}  // namespace

std::unique_ptr<BatchStream> open_batches(const Dataset& dataset, const ImageSet& set, BatchPlan plan) {
  if (plan.views < 1 || plan.views > AugmentationKey::most_views)
    reject("a batch has 1 to {} views, not {}", AugmentationKey::most_views, plan.views);
  if (set.images.defined()) return std::make_unique<ResidentStream>(dataset, set, std::move(plan));
  return std::make_unique<FileStream>(dataset, set, std::move(plan));
}

}  // namespace noisegate
