// The parts of losses, made of the rules (losses/rows) on both devices.
#pragma once

#include "losses/functions/py/py_losses.h"
#include "losses/functions/row/row_losses.h"
#include "losses/loss_part.h"
#include "losses/rows/row_block.h"

#include <memory>
#include <optional>
#include <utility>

namespace noisegate {

/// Whether losses/cuda makes the kernel of this rule, which it does for all lists of losses.
template <class Rule>
inline constexpr bool has_kernel = RowLosses<DeviceTable>::contains<Rule> ||
                                   TableLosses<DeviceTable>::contains<Rule> || TwoViewLosses::contains<Rule>;
template <class F>
inline constexpr bool has_kernel<PyRule<F>> = PyLosses::contains<F>;
template <class F>
inline constexpr bool has_kernel<ClippedPyRule<F>> = PyLosses::contains<F>;

/// Throws Error: this build has no CUDA.
[[noreturn]] void lacks_device_loss();

template <class Rule>
void run_on_device(const Rule& rule, const DeviceLossCall& call) {
  static_assert(has_kernel<Rule>, "name the loss in py_losses.h or row_losses.h");
  if (!DeviceLoss<Rule>::run) lacks_device_loss();
  DeviceLoss<Rule>::run(rule, call);
}

/// A part whose maths is a rule,
///   template <class Block> void add_to(Block&, typename Block::T factor) const
/// with `needs_softmax`, and, where it reads a table, on_device() and constants(): the rule and the table for
/// the GPU.
template <class Rule>
class PartOf final : public LossPart {
 public:
  explicit PartOf(Rule rule) : rule_(std::move(rule)) {}

  void add(RowBlock<Lanes>& block, double factor) const override {
    rule_.add_to(block, static_cast<float>(factor));
  }
  void add(RowBlock<double>& block, double factor) const override { rule_.add_to(block, factor); }
  void add(const DeviceLossCall& call) const override {
    if constexpr (has_table) {
      DeviceLossCall with_table = call;
      with_table.constants = rule_.constants();
      run_on_device(rule_.on_device(), with_table);
    } else {
      run_on_device(rule_, call);
    }
  }
  bool needs_softmax() const override { return Rule::needs_softmax; }

 private:
  static constexpr bool has_table = requires(const Rule& rule) { rule.constants(); };
  Rule rule_;
};

/// The largest w(Δ) over all margins; w may only be approached, as cross entropy's 1 is for Δ → −∞.
template <class F>
double largest_weight(const F& loss) {
  const auto at = [&](double margin) { return weight(loss, Probability<double>::of_margin(margin)); };
  constexpr double low = -60, high = 60, coarse = 0.05;
  double best = low;
  for (double margin = low; margin <= high; margin += coarse)
    if (at(margin) > at(best)) best = margin;
  for (double step = coarse / 2; step > 1e-9; step /= 2) {
    if (at(best + step) > at(best)) best += step;
    if (at(best - step) > at(best)) best -= step;
  }
  return at(best);
}

/// A loss of p_y; `F` is one of PyLosses.
template <class F>
class PyPart final : public PyLoss {
 public:
  PyPart(F loss, ShiftScaleOptions options) : loss_(loss), options_(options) {
    if (options.unit_weight) largest_weight_ = largest_weight(loss);
  }

  void add(RowBlock<Lanes>& block, double factor) const override {
    rule(block.classes()).add_to(block, static_cast<float>(factor));
  }
  void add(RowBlock<double>& block, double factor) const override {
    rule(block.classes()).add_to(block, factor);
  }
  void add(const DeviceLossCall& call) const override {
    run_on_device(rule(static_cast<int>(call.logits.size(1))), call);
  }

  double abs_dp(double p) const override { return noisegate::abs_dp(loss_, p); }
  ClipPoint point_at(double p) const override { return clip_point(loss_, p); }
  std::unique_ptr<LossPart> clipped(const double* point) const override {
    using Clipped = ClippedPyRule<F>;
    return std::make_unique<PartOf<Clipped>>(Clipped{loss_, point});
  }
  MarginCurve clipped_curve(const ClipPoint& at) const override {
    return [loss = ClippedLoss<F>(loss_, at)](double margin, int) {
      const auto y = Probability<double>::of_margin(margin);
      return CurvePoint{loss.value(y), weight(loss, y)};
    };
  }

  std::optional<MarginCurve> curve() const override {
    return [part = *this](double margin, int classes) {
      const auto [shift, scale, factor] = part.for_classes(classes);
      const auto y = Probability<double>::of_margin(scale * margin + shift);
      return CurvePoint{factor * part.loss_.value(y), factor * scale * weight(part.loss_, y)};
    };
  }

 private:
  PyRule<F> rule(int classes) const { return {loss_, for_classes(classes)}; }
  ShiftScale for_classes(int classes) const { return options_.for_classes(classes, largest_weight_); }

  F loss_;
  ShiftScaleOptions options_;
  double largest_weight_ = 1;
};

}  // namespace noisegate
