// The losses of p_y alone, their gradients clipped where a number in the GPU's memory says.
#include "losses/cuda/part_kernel.h"
#include "losses/margin_rule.h"

namespace noisegate::cuda {

void offer_clipped_losses() {
  offer<ClippedMarginRule<CrossEntropy>, ClippedMarginRule<FocalLoss>, ClippedMarginRule<MeanAbsoluteError>,
        ClippedMarginRule<GeneralizedCrossEntropy>, ClippedMarginRule<TruncatedGce>,
        ClippedMarginRule<SymmetricCrossEntropy>, ClippedMarginRule<PartiallyHuberisedCrossEntropy>,
        ClippedMarginRule<TaylorCrossEntropy>, ClippedMarginRule<AsymmetricUnhingedLoss>,
        ClippedMarginRule<AsymmetricGce>, ClippedMarginRule<AsymmetricExponentialLoss>,
        ClippedMarginRule<JensenShannon>>();
}

}  // namespace noisegate::cuda
