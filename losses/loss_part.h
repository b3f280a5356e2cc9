// A loss is a sum of parts, each of which adds its share to a block of rows.
#pragma once

#include "losses/device_loss.h"
#include "losses/row_block.h"
#include "losses/schemes/clipped_loss.h"

#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace noisegate {

/// ℓ and w of a loss of p_y alone, over its margin (see margin_loss.h).
struct CurvePoint {
  double value, weight;
};
/// From the margin Δ and the number of classes, on which the knob `tau` depends.
using MarginCurve = std::function<CurvePoint(double margin, int classes)>;

class LossPart {
 public:
  virtual ~LossPart() = default;
  /// Adds factor·(this loss) to the block. Safe to call from several threads, with a block each.
  virtual void add(RowBlock<Lanes>& block, double factor) const = 0;
  virtual void add(RowBlock<double>& block, double factor) const = 0;
  /// Adds call.factor·(this loss) on the GPU. Throws Error where its kernels are not there.
  virtual void add(const DeviceLossCall& call) const = 0;
  /// Whether it wants blocks that are normalised.
  virtual bool needs_softmax() const { return true; }
  /// Nothing where the loss depends on more than p_y.
  virtual std::optional<MarginCurve> curve() const { return std::nullopt; }
};

/// A loss of p_y alone.
class PyLoss : public LossPart {
 public:
  /// |ℓ'(p)|, which falls in p.
  virtual double steepness(double p) const = 0;
  /// Where clipping begins at P.
  virtual ClipPoint point_at(double p) const = 0;
  /// The same loss with its gradient clipped (schemes/clipped_loss.h) at the ClipPoint whose three numbers
  /// lie at `point`, in the memory of the logits' device, when it is called.
  virtual std::unique_ptr<LossPart> clipped(const double* point) const = 0;
  virtual MarginCurve clipped_curve(const ClipPoint& at) const = 0;
};

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

}  // namespace noisegate
