// Training schemes: how a step's loss comes from logits and labels where that takes more than a loss, because
// it depends on what training has seen so far, on a second model, or on the samples themselves.
#pragma once

#include "engine/io/state.h"
#include "losses/registry.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace noisegate {

/// What a step's loss is made from, all of it on the device where the step runs.
struct SchemeBatch {
  std::vector<Variable> logits;                            // of each model: (views·N,K), view after view
  Tensor labels;                                           // int32 (N), as given
  Tensor indices = {};                                     // int32 (N), of the samples in the training set
  std::span<const std::vector<Variable>> parameters = {};  // of each model
};

/// The whole training set, to look at between two epochs.
class TrainingSetView {
 public:
  virtual ~TrainingSetView() = default;
  virtual std::span<const std::int32_t> labels() const = 0;  // as given
  virtual int classes() const = 0;
  /// Logits (n,K) of all samples in inference mode: of the momentum model, or the model itself where there is
  /// none, their images augmented as in training.
  virtual Tensor momentum_logits() = 0;
  /// Of the model of the epoch that did best on the held-out samples, so far; images not augmented.
  virtual Tensor best_logits() = 0;
};

class Scheme {
 public:
  virtual ~Scheme() = default;

  /// Moves what one step leaves to the next to the device where steps run; at first it is on the CPU.
  virtual void move_to(Device device) { static_cast<void>(device); }

  /// Called on the host exactly once per step, in order, before loss(): sets what the scheme changes from
  /// step to step by a schedule.
  virtual void prepare_step(StepScalars& step) { static_cast<void>(step); }

  /// The step's loss, a scalar. Called exactly once per step, in order; advances the scheme's state, which
  /// stays on the device. Never synchronises, so that a GPU can capture the step after the first and launch
  /// it again; it is captured anew where the number of samples or the epoch changes.
  virtual Variable loss(const SchemeBatch& batch, const LossStep& step) = 0;

  /// Called before an epoch's first step.
  virtual void begin_epoch(int epochs_done, TrainingSetView& training_set) {
    static_cast<void>(epochs_done), static_cast<void>(training_set);
  }

  /// The name of a second model that is trained beside the one that is tested; empty where there is none.
  virtual std::string companion() const { return {}; }
  /// Whether the companion starts with the model's weights or with ones of its own.
  virtual bool companion_starts_equal() const { return false; }
  /// How many augmented views of each sample a model (0, or 1, the companion) is to see.
  virtual int views(int model) const = 0;

  /// Whether it asks for best_logits(), and so for held-out samples.
  virtual bool needs_validation() const { return false; }
  virtual double l1_penalty() const { return 0; }
  /// Numbers on the device that curve() depends on and that change from step to step, to be copied aside
  /// after a step; none where nothing does.
  virtual std::span<const double> curve_state() const { return {}; }
  /// ℓ and w over the margin in the step that left this state; nothing where its loss depends on more than
  /// p_y.
  virtual std::optional<MarginCurve> curve(std::span<const double> state) const {
    static_cast<void>(state);
    return std::nullopt;
  }
  /// The decay of the momentum model that the spec asks for; 0 for none.
  double momentum_decay() const { return momentum_decay_; }

  /// What it has to tell after a step, by the names that metrics.jsonl has: {"tau", 3.5}. Waits for the
  /// device, as save() does.
  virtual std::vector<std::pair<std::string, double>> metrics() const { return {}; }

  /// Puts what it remembers into the state, under names that begin with "scheme."; takes it back.
  virtual void save(State& state) const { static_cast<void>(state); }
  virtual void load(const State& state) { static_cast<void>(state); }

 private:
  double momentum_decay_ = 0;

  friend std::unique_ptr<Scheme> make_scheme(const Spec& scheme, const Spec& loss,
                                             const LossSetting& setting);
};

std::vector<Description> list_schemes();

/// `none` trains with the loss as it is; list_schemes() says what else there is. `loss` is what --loss names;
/// the scheme's own `loss=` wins. Throws Error for an unknown name, key or value, and for a loss that the
/// scheme cannot wrap.
std::unique_ptr<Scheme> make_scheme(const Spec& scheme, const Spec& loss, const LossSetting& setting = {});

}  // namespace noisegate
