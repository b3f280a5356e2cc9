// The losses of p_y alone.
#include "losses/cuda/part_kernel.h"
#include "losses/margin_rule.h"

namespace noisegate::cuda {

namespace {

template <class... Fs>
void offer_all(FunctorList<Fs...>) {
  offer<MarginRule<Fs>...>();
}

}  // namespace

void offer_margin_losses() {
  offer_all(MarginLosses());
}

}  // namespace noisegate::cuda
