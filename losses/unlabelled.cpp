// Losses to which no label means anything.
#include "engine/error.h"
#include "losses/parts.h"
#include "losses/sum_loss.h"
#include "losses/two_view_loss.h"

namespace noisegate {

Variable soft_cross_entropy(const Variable& logits, const Tensor& targets) {
  if (logits.shape().rank() != 2 || targets.shape() != logits.shape() || targets.dtype() != DType::f32 ||
      targets.device() != logits.value().device())
    reject("soft_cross_entropy: logits {} and targets {} do not fit", to_string(logits.shape()),
           to_string(targets.shape()));
  using Rule = TargetRule<GivenTargets<GivenRows>>;
  // RowBlock singles out one class as the label; with full target rows any class will do.
  return loss_of(std::make_unique<PartOf<Rule>>(Rule{{GivenRows(targets)}}))->mean(logits, {}, {}, {});
}

Variable jensen_shannon(const Variable& logits) {
  if (logits.shape().rank() != 2 || logits.shape()[0] % 2 != 0)
    reject("jensen_shannon: logits {} are not two views of each sample", to_string(logits.shape()));
  const Loss& loss = TwoViewLoss<GeneralizedJensenShannon>(GeneralizedJensenShannon::of_views_alone());
  return loss.mean(logits, {}, {}, {});  // as above: the label is a class like the others here
}

}  // namespace noisegate
