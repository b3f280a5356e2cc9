// Sources of batches. Images in memory are augmented when their batch is requested; threads that work ahead
// read, decode and augment images on the disk. The caller says in a plan which batches it needs and takes one
// after the other.
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

/// The batches to make from a set, and the augmentation of its images.
struct BatchPlan {
  Batches batches;
  Augmentation augmentation = {};  // none, for measuring
  std::uint64_t seed = 0;          // of the augmentation
  std::uint32_t epoch = 0;         // the augmentation's
  int views = 1;                   // per sample, each augmented independently
  Device device = Device::cpu;     // the device of the views
  DType dtype = DType::f32;        // the type of the views
};

struct Batch {
  std::vector<std::int32_t> positions;  // of the batch's samples, in the order of the plan
  std::vector<Tensor> views;            // each (B,H,W,C), normalised as the dataset says
  std::vector<std::string> left_out;    // one sentence per unreadable image: which, and why. If
                                        // no sample is left, there are no views

  /// Whether the batch can be trained on: the single image left of a larger batch has no batch statistics.
  bool is_enough() const { return left_out.empty() || positions.size() > 1; }
};

/// Returns the batches of a plan, first to last.
class BatchStream {
 public:
  virtual ~BatchStream() = default;
  /// Returns the next batch; nothing after the last. Throws Error for indices outside the set, and for
  /// unreadable images unless the dataset leaves them out.
  virtual std::optional<Batch> next() = 0;
};

/// Copies the set's images to the device, if it is not the host, so that the device can make batches itself.
void make_resident(ImageSet& set, Device device);

/// Whether the device makes this set's batches itself; otherwise the host makes and copies them.
bool are_made_on_device(const ImageSet& set, const Augmentation& augmentation);

/// Makes on the device the views of a batch, of the samples with these indices, int32 (B); `scalars`, in
/// device memory, give the epoch.
std::vector<Tensor> make_device_views(const Dataset& dataset, const ImageSet& set, const BatchPlan& plan,
                                      const Tensor& indices, const StepScalars* scalars);

/// `dataset` and `set`, one of its sets, must outlive the stream.
std::unique_ptr<BatchStream> open_batches(const Dataset& dataset, const ImageSet& set, BatchPlan plan);

}  // namespace noisegate
