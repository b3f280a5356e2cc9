// The losses of the whole row.
#include "losses/cuda/part_kernel.h"
#include "losses/functions/row/row_losses.h"

namespace noisegate::cuda {

void offer_row_losses() {
  const auto offer_rule = []<class Rule>(std::type_identity<Rule>) { offer<Rule>(); };
  RowLosses<DeviceTable>::for_each(offer_rule);
  TableLosses<DeviceTable>::for_each(offer_rule);
  TwoViewLosses::for_each([]<class Rule>(std::type_identity<Rule>) { offer<Rule, 2>(); });
}

}  // namespace noisegate::cuda
