// The losses of p_y alone, their gradients clipped where a number in the GPU's memory says.
#include "losses/cuda/part_kernel.h"
#include "losses/margin_rule.h"

namespace noisegate::cuda {

namespace {

template <class... Fs>
void offer_all(FunctorList<Fs...>) {
  offer<ClippedMarginRule<Fs>...>();
}

}  // namespace

void offer_clipped_losses() {
  offer_all(MarginLosses());
}

}  // namespace noisegate::cuda
