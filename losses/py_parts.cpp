#include "losses/known_losses.h"
#include "losses/parts.h"

namespace noisegate {

void add_py_losses(std::vector<KnownLoss>& to) {
  PyLosses::for_each([&]<class F>(std::type_identity<F>) {
    const auto entry = F::entry();
    to.push_back(
        {{entry, true}, [make = entry.make](const LossValues& values, const ShiftScaleOptions& options) {
           return std::make_unique<PyPart<F>>(make(values), options);
         }});
  });
}

}  // namespace noisegate
