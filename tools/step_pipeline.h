// Training steps on the GPU, several of them under way. The host puts in what a step is made from, and takes
// out what it measured some steps later, so that neither waits for the other. A step is given to the GPU
// kernel by kernel the first time, then recorded and replayed (engine/replay.h).
#pragma once

#include "engine/replay.h"
#include "engine/step_scalars.h"
#include "engine/tensor.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace noisegate {

/// What the host says of a step.
struct StepRequest {
  std::vector<std::int32_t> positions;  // of the samples in the training set, no more than the pipeline takes
  std::vector<std::int32_t> labels;     // of them, as given
  StepScalars scalars;
  double learning_rate = 0;   // the scalars' before it was rounded
  std::vector<Tensor> views;  // the batch's images on the GPU, where the step does not make them itself
};

/// What a step left.
struct StepOutcome {
  std::vector<std::int32_t> positions;
  double learning_rate = 0;
  double loss = 0;
  Tensor logits;             // (B,K), on the host
  std::vector<float> state;  // of what the samples' weights depend on (Scheme::curve_state)
};

class StepPipeline {
 public:
  /// What a step is made from, in the GPU's memory, at the same places for every step of as many samples.
  struct Inputs {
    Tensor positions, labels;    // int32 (B)
    const StepScalars* scalars;  // in device memory
    std::vector<Tensor> views;   // (B,H,W,C); none where the step makes them from the positions
  };
  /// What it gives.
  struct Results {
    Tensor loss;    // a scalar
    Tensor logits;  // (B,K)
    Tensor state;   // float, at most most_state; may be undefined
  };
  static constexpr std::int64_t most_state = 16;
  /// Puts a whole step into the GPU's queue, and waits for nothing.
  using Step = std::function<Results(const Inputs&)>;

  /// Of steps with up to `batch_size` samples, whose logits have `classes` columns. Steps of the full size
  /// are recorded, unless `records` is false.
  StepPipeline(std::int64_t batch_size, int classes, Step step, bool records);
  ~StepPipeline();

  void push(StepRequest request);

  /// The outcome of the oldest step that has none yet, once more than a few steps are under way, or, with
  /// `all`, of any that is; waits for it.
  std::optional<StepOutcome> pop(bool all);

  /// Whatever the host decides while a step is put into the queue may have changed: it is recorded anew.
  void forget() { replay_.forget(); }

 private:
  /// Of a step under way: memory of the host that the GPU reads and writes.
  struct Slot {
    std::shared_ptr<std::byte> inputs, results;
  };
  struct UnderWay {
    StepRequest request;
    std::uint64_t number;
    std::int64_t state_size;
    std::unique_ptr<QueueMark> done;
  };

  void bring(const StepRequest& request, const Slot& slot);
  void run(const Inputs& inputs);
  Inputs inputs_of(const StepRequest& request);
  StepOutcome outcome_of(const UnderWay& step) const;
  const Slot& slot(std::uint64_t number) const { return slots_[number % slots_.size()]; }

  std::int64_t batch_size_;
  int classes_;
  Step step_;
  Replay replay_;
  Tensor scalars_, samples_;     // on the GPU: StepScalars as bytes; positions, then labels
  Tensor results_;               // loss, logits, state
  std::vector<Tensor> views_;    // of full batches that come from the host
  std::int64_t state_size_ = 0;  // of the last step that was put in kernel by kernel
  std::vector<Slot> slots_;
  std::deque<UnderWay> under_way_;
  std::uint64_t pushed_ = 0;
};

}  // namespace noisegate
