#include "losses/rows/loss_entry.h"

#include "engine/error.h"

namespace noisegate {

const std::vector<double>& LossValues::required_label_shares() const {
  if (label_shares.empty()) reject("{}: the shares of the labels are not known here", what);
  return label_shares;
}

}  // namespace noisegate
