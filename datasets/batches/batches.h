// Where batches come from. Images that lie in memory are augmented when their batch is asked for; images that
// stay on the disk are read, decoded and augmented by threads that work ahead. Whoever trains or measures
// says which batches are wanted and takes one after the other.
#pragma once

#include "datasets/augment/augmentation.h"
#include "datasets/batches/sampling.h"
#include "datasets/dataset.h"
#include "engine/step_scalars.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace noisegate {

/// The batches that are wanted of a set, and how its images are to look.
struct BatchPlan {
  Batches batches;
  Augmentation augmentation = {};  // none, for measuring
  std::uint64_t seed = 0;          // of the augmentation
  std::uint32_t epoch = 0;         // likewise
  int views = 1;                   // of each sample, augmented independently
  Device device = Device::cpu;     // where the views are wanted
  DType dtype = DType::f32;        // of the views
};

struct Batch {
  std::vector<std::int32_t> positions;  // of its samples, in the order of the plan
  std::vector<Tensor> views;            // each (B,H,W,C), normalised as the dataset says
  std::vector<std::string> left_out;    // of each sample whose image cannot be read: which, and why. Where
                                        // no sample is left, there are no views

  /// Whether it can be trained on: a single image that is left of it has no batch statistics.
  bool is_enough() const { return left_out.empty() || positions.size() > 1; }
};

/// Gives the batches of a plan, first to last.
class BatchStream {
 public:
  virtual ~BatchStream() = default;
  /// The next batch; nothing after the last. Throws Error for positions that the set does not have, and for
  /// images that cannot be read where the dataset does not let them be left out.
  virtual std::optional<Batch> next() = 0;
};

/// Copies the set's images to the device, where that is not the host's, so that it can make batches itself.
void make_resident(ImageSet& set, Device device);

/// Whether the device makes this set's batches itself; else the host does, and they are copied there.
bool are_made_on_device(const ImageSet& set, const Augmentation& augmentation);

/// The views of a batch that the device makes itself, of the samples with these indices, int32 (B);
/// `scalars`, in its memory, say the epoch.
std::vector<Tensor> make_device_views(const Dataset& dataset, const ImageSet& set, const BatchPlan& plan,
                                      const Tensor& indices, const StepScalars* scalars);

/// `dataset` and `set`, one of its sets, must outlive the stream.
std::unique_ptr<BatchStream> open_batches(const Dataset& dataset, const ImageSet& set, BatchPlan plan);

}  // namespace noisegate
