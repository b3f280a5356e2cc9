#include "losses/known_losses.h"
#include "losses/parts.h"
#include "losses/two_view_loss.h"

#include <algorithm>

namespace noisegate {
namespace {

template <class Rule>
auto entry_of() {
  if constexpr (requires { typename Rule::Functor; })
    return Rule::Functor::entry();
  else
    return Rule::entry();
}

}  // namespace

void add_row_losses(std::vector<KnownLoss>& to) {
  RowLosses<ConstantTable>::for_each([&]<class Rule>(std::type_identity<Rule>) {
    const auto entry = entry_of<Rule>();
    const bool needs_transition = std::ranges::count(entry.parameters, "T", &Parameter::key) > 0;
    to.push_back({{entry, false, needs_transition},
                  [make = entry.make](const LossValues& values, const ShiftScaleOptions&) {
                    return std::make_unique<PartOf<Rule>>(Rule{make(values)});
                  }});
  });
  TwoViewLosses::for_each([&]<class F>(std::type_identity<F>) {
    const auto entry = F::entry();
    to.push_back({{entry}, {}, [make = entry.make](const LossValues& values) {
                    return std::make_unique<TwoViewLoss<F>>(make(values));
                  }});
  });
}

}  // namespace noisegate
