// The losses of p_y, their gradients clipped where a number in the GPU's memory says.
#include "losses/cuda/part_kernel.h"
#include "losses/functions/py/py_losses.h"
#include "losses/rows/clipped_loss.h"

namespace noisegate::cuda {

void offer_clipped_losses() {
  PyLosses::for_each([]<class F>(std::type_identity<F>) { offer<ClippedPyRule<F>>(); });
}

}  // namespace noisegate::cuda
