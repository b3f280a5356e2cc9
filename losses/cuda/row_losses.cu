// The losses of the whole row.
#include "losses/cuda/part_kernel.h"
#include "losses/logit_clipping.h"
#include "losses/row_loss.h"

namespace noisegate::cuda {

void offer_row_losses() {
  offer<RowRule<Normalized<CrossEntropy>>, RowRule<Normalized<FocalLoss>>,
        RowRule<Normalized<GeneralizedCrossEntropy>>, RowRule<NormalizedComplement<NegativeCrossEntropy>>,
        RowRule<NormalizedComplement<NegativeFocalLoss>>, RowRule<MeanSquareError>, RowRule<LabelSmoothing>,
        RowRule<SoftBootstrapping>, LogitClipping>();
}

}  // namespace noisegate::cuda
