// Training steps, of which a GPU has several under way: the host puts in what a step is made from, and takes
// out what it measured some steps later, so that neither waits for the other. A step is given to the GPU
// kernel by kernel the first time, then recorded and replayed (engine/replay.h). On the CPU a step is done at
// once.
#pragma once

#include "engine/replay.h"
#include "engine/step_scalars.h"
#include "engine/tensor.h"
#include "tools/train/training_step.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace noisegate {

/// What the host says of a step.
struct StepRequest {
  std::vector<std::int32_t> indices;  // of the samples in the training set, no more than the pipeline takes
  std::vector<std::int32_t> labels;   // of them, as given
  StepScalars scalars;
  std::vector<Tensor> views;  // the batch's images on the device, where the step does not make them itself
};

/// What a step left.
struct StepOutcome {
  StepRequest request;
  double loss = 0;
  Tensor logits;                    // (B,K), on the host
  std::vector<double> curve_state;  // see Scheme::curve_state()
};

class StepPipeline {
 public:
  /// What a step gives.
  struct Results {
    StepOutputs outputs;
    std::span<const double> curve_state;  // in the device's memory, which must stay
  };
  /// Puts a whole step into the device's queue, and waits for nothing. The inputs lie at the same places for
  /// every step of as many samples; there are no views where the request has none.
  using Step = std::function<Results(const StepInputs&)>;

  /// Of steps with up to `batch_size` samples, whose logits have `classes` columns; `seed` is the run's.
  /// Steps of the full size are recorded, unless `records` is false.
  StepPipeline(Device device, std::int64_t batch_size, int classes, std::uint64_t seed, Step step,
               bool records);
  ~StepPipeline();

  void push(StepRequest request);

  /// The outcome of the oldest step that has none yet, once no more fit, or, with `all`, of any that is under
  /// way; waits for it.
  std::optional<StepOutcome> pop(bool all);

  /// Whatever the host decides while a step is put into the queue may have changed: it is recorded anew.
  void forget() { replay_.forget(); }

 private:
  /// Of a step under way: memory of the host that the device reads and writes.
  struct Slot {
    std::shared_ptr<std::byte> inputs, results;
  };
  struct UnderWay {
    StepRequest request;
    std::uint64_t number;
    std::size_t curve_state_size;
    std::unique_ptr<QueueMark> done;
  };

  void upload(const StepRequest& request, const Slot& slot);
  void run(const StepInputs& inputs);
  StepInputs inputs_of(const StepRequest& request);
  StepOutcome outcome_of(UnderWay step) const;
  const Slot& slot(std::uint64_t number) const { return slots_[number % slots_.size()]; }

  DeviceQueue& queue_;
  std::int64_t batch_size_;
  int classes_;
  std::uint64_t seed_;
  Step step_;
  Replay replay_;
  DeviceValue<StepScalars> scalars_;
  Tensor samples_;                       // indices, then labels
  Tensor results_;                       // loss, logits
  std::span<const double> curve_state_;  // of the last step that was put in kernel by kernel
  std::vector<Tensor> views_;            // of full batches that come from the host
  std::vector<Slot> slots_;
  std::deque<UnderWay> under_way_;
  std::uint64_t pushed_ = 0;
};

}  // namespace noisegate
