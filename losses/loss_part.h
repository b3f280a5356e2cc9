// A loss is a sum of parts, each of which adds its share to a block of rows.
#pragma once

#include "losses/row_block.h"

#include <functional>
#include <memory>
#include <optional>

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
  /// Whether it wants blocks that are normalised.
  virtual bool needs_softmax() const { return true; }
  /// The same loss, its gradient clipped at the probability P (losses/schemes/clipped_loss.h); null for
  /// losses that depend on more than p_y, or are clipped already.
  virtual std::unique_ptr<LossPart> clipped(double threshold) const {
    static_cast<void>(threshold);
    return nullptr;
  }
  /// Nothing where the loss depends on more than p_y.
  virtual std::optional<MarginCurve> curve() const { return std::nullopt; }
};

/// Makes both add() of one template, `template <class P> void add_to(RowBlock<P>&, Scalar<P>) const`.
template <class Part>
class LossPartOf : public LossPart {
 public:
  void add(RowBlock<Lanes>& block, double factor) const override {
    static_cast<const Part*>(this)->add_to(block, static_cast<float>(factor));
  }
  void add(RowBlock<double>& block, double factor) const override {
    static_cast<const Part*>(this)->add_to(block, factor);
  }
};

}  // namespace noisegate
