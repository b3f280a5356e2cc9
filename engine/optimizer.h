// Stochastic gradient descent, the exponential moving average of a state, and learning-rate schedules.
#pragma once

#include "engine/autograd.h"
#include "engine/device_value.h"
#include "engine/registry.h"
#include "engine/step_scalars.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace noisegate {

struct SgdOptions {
  double momentum = 0.9;
  bool nesterov = false;
  double weight_decay = 0;  // L2 penalty, added to the gradient
  double l1_decay = 0;      // L1 penalty, likewise
  double clip_norm = 0;     // largest L2 norm of the whole gradient; 0: no clipping
};

/// SGD as PyTorch's: g ← clip(grad) + weight_decay·w + l1_decay·sign(w); v ← momentum·v + g (v starts as g);
/// w ← w − lr·(nesterov ? g + momentum·v : v). Clipping scales the gradient by min(1, clip_norm/(norm +
/// 1e-6)) before the decay is added.
class Sgd {
 public:
  Sgd(std::vector<Variable> parameters, SgdOptions options);

  /// Updates every parameter that has a gradient, then drops the gradients. Reads the learning rate from
  /// `scalars`, in the memory of the parameters' device.
  void step(const StepScalars* scalars);
  /// Updates with this learning rate.
  void step(double learning_rate);

  /// Returns one tensor per parameter, in their order: the optimiser's whole state.
  std::vector<Tensor>& velocities() { return velocities_; }

 private:
  std::vector<Variable> parameters_;
  SgdOptions options_;
  std::vector<Tensor> velocities_;
  DeviceValue<StepScalars> scalars_;  // for step(learning_rate)
};

/// average ← decay·average + (1 − decay)·value over a model's whole state, batch-norm statistics included
/// (the momentum model of Chen et al. 2021). Starts as a copy.
class MomentumAverage {
 public:
  MomentumAverage(std::vector<Tensor> state, double decay);
  void update();
  std::vector<Tensor>& average() { return average_; }

 private:
  std::vector<Tensor> state_, average_;
  double decay_;
};

/// The learning rate over training, as a factor on the base rate.
///   constant
///   step:30,factor=0.1            × factor every 30 epochs
///   multistep:at=50/100,factor=0.1   × factor at these epochs
///   cosine                        ½(1 + cos(π·epoch/epochs)) by epoch
/// each with warmup=W: linear from 0 over the first W epochs.
class Schedule {
 public:
  /// Throws Error for an unknown name, key or value.
  Schedule(const Spec& spec, int epochs);
  /// Returns the factor at `epoch`, counted from 0; its fraction is the part of the epoch that is done, for
  /// the warm-up.
  double factor(double epoch) const;

  /// Returns the factor at a whole epoch, without the warm-up.
  using Curve = std::function<double(double epoch)>;

 private:
  Curve curve_;
  double warmup_ = 0;
};
std::vector<Description> list_schedules();

}  // namespace noisegate
