// The losses of p_y.
#include "losses/cuda/part_kernel.h"
#include "losses/functions/py/py_losses.h"

namespace noisegate::cuda {

void offer_py_losses() {
  PyLosses::for_each([]<class F>(std::type_identity<F>) { offer<PyRule<F>>(); });
}

}  // namespace noisegate::cuda
