// A loss is a sum of parts, each of which adds its share to a block of rows.
#pragma once

#include "engine/lanes.h"
#include "losses/rows/clipped_loss.h"
#include "losses/rows/device_loss.h"

#include <functional>
#include <memory>
#include <optional>

namespace noisegate {

/// ℓ and w of a loss of p_y alone, over its margin (rows/py_rule.h).
struct CurvePoint {
  double value, weight;
};
/// From the margin Δ and the number of classes, on which `tau` depends (rows/shift_scale.h).
using MarginCurve = std::function<CurvePoint(double margin, int classes)>;

template <class P>
class RowBlock;

class LossPart {
 public:
  virtual ~LossPart() = default;
  /// Adds factor·(this loss) to the block. Safe to call from several threads, with a block each.
  virtual void add(RowBlock<Lanes>& block, double factor) const = 0;
  virtual void add(RowBlock<double>& block, double factor) const = 0;
  /// Adds call.factor·(this loss) on the GPU. Throws Error in a build without CUDA.
  virtual void add(const DeviceLossCall& call) const = 0;
  /// Whether its blocks must be normalised.
  virtual bool needs_softmax() const { return true; }
  /// Nothing where the loss depends on more than p_y.
  virtual std::optional<MarginCurve> curve() const { return std::nullopt; }
};

/// A loss of p_y alone.
class PyLoss : public LossPart {
 public:
  /// |ℓ'(p)|, which falls in p.
  virtual double abs_dp(double p) const = 0;
  /// Where clipping begins at P.
  virtual ClipPoint point_at(double p) const = 0;
  /// The same loss with its gradient clipped (rows/clipped_loss.h) at the ClipPoint whose three numbers
  /// lie at `point`, in the memory of the logits' device, when it is called.
  virtual std::unique_ptr<LossPart> clipped(const double* point) const = 0;
  virtual MarginCurve clipped_curve(const ClipPoint& at) const = 0;
};

}  // namespace noisegate
