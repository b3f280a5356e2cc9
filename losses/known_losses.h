// What the registry knows: every loss of the lists (py_losses.h, row_losses.h).
#pragma once

#include "losses/registry.h"
#include "losses/rows/loss_entry.h"
#include "losses/rows/shift_scale.h"

#include <functional>
#include <memory>
#include <vector>

namespace noisegate {

struct KnownLoss : LossInfo {
  /// As part of a sum, or alone; losses of p_y take the options. Null where it can only stand alone.
  std::function<std::unique_ptr<LossPart>(const LossValues&, const ShiftScaleOptions&)> make_part = {};
  /// Set where it can only stand alone.
  std::function<std::unique_ptr<Loss>(const LossValues&)> make_alone = {};
};

void add_py_losses(std::vector<KnownLoss>& to);
void add_row_losses(std::vector<KnownLoss>& to);

}  // namespace noisegate
