// The losses of p_y alone.
#include "losses/cuda/part_kernel.h"
#include "losses/margin_rule.h"

namespace noisegate::cuda {

void offer_margin_losses() {
  offer<MarginRule<CrossEntropy>, MarginRule<FocalLoss>, MarginRule<MeanAbsoluteError>,
        MarginRule<GeneralizedCrossEntropy>, MarginRule<TruncatedGce>, MarginRule<SymmetricCrossEntropy>,
        MarginRule<PartiallyHuberisedCrossEntropy>, MarginRule<TaylorCrossEntropy>,
        MarginRule<AsymmetricUnhingedLoss>, MarginRule<AsymmetricGce>, MarginRule<AsymmetricExponentialLoss>,
        MarginRule<JensenShannon>>();
}

}  // namespace noisegate::cuda
