// Training steps, several of which are in flight on a GPU: the host submits a step's inputs and takes its
// outcome some steps later, so that neither waits for the other. The GPU runs the first step kernel by
// kernel; later steps launch a captured graph (engine/replay.h). On the CPU a step runs synchronously.
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

/// The inputs of a step from the host.
struct StepRequest {
  std::vector<std::int32_t> indices;  // of the samples in the training set, at most `batch_size`
  std::vector<std::int32_t> labels;   // their given labels
  StepScalars scalars;
  std::vector<Tensor> views;  // the batch's images on the device, if the step does not make them itself
};

/// The outcome of a step.
struct StepOutcome {
  StepRequest request;
  double loss = 0;
  Tensor logits;                    // (B,K), on the host
  std::vector<double> curve_state;  // see Scheme::curve_state()
};

class StepPipeline {
 public:
  /// The results of a step.
  struct Results {
    StepOutputs outputs;
    std::span<const double> curve_state;  // in the device's memory, which must stay
  };
  /// Puts a whole step on the device's stream, and does not synchronise. The inputs lie at the same addresses
  /// for every step with the same number of samples; they have views only if the request has.
  using Step = std::function<Results(const StepInputs&)>;

  /// Takes steps with up to `batch_size` samples, whose logits have `classes` columns; `seed` is the run's.
  /// Steps of the full size are captured, unless `records` is false.
  StepPipeline(Device device, std::int64_t batch_size, int classes, std::uint64_t seed, Step step,
               bool records);
  ~StepPipeline();

  void push(StepRequest request);

  /// Returns the outcome of the oldest step in flight once no more fit or, with `all`, of any in flight;
  /// waits for it.
  std::optional<StepOutcome> pop(bool all);

  /// Drops the captured graph, because a decision that the host takes during a step may have changed.
  void forget() { replay_.forget(); }

 private:
  /// The host memory of a step in flight, which the device reads and writes.
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
  std::span<const double> curve_state_;  // of the last step that ran kernel by kernel
  std::vector<Tensor> views_;            // full batches that come from the host
  std::vector<Slot> slots_;
  std::deque<UnderWay> under_way_;
  std::uint64_t pushed_ = 0;
};

}  // namespace noisegate
