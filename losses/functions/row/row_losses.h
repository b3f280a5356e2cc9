// The lists of the losses of the whole row: the registry, the CPU's parts and the GPU's kernels are made of
// them.
#pragma once

#include "losses/functions/row/backward.h"
#include "losses/functions/row/bs.h"
#include "losses/functions/row/cr.h"
#include "losses/functions/row/forward.h"
#include "losses/functions/row/gjs.h"
#include "losses/functions/row/lc_ce.h"
#include "losses/functions/row/ls.h"
#include "losses/functions/row/mse.h"
#include "losses/functions/row/negative.h"
#include "losses/functions/row/normalized.h"
#include "losses/functions/row/peer.h"
#include "losses/rows/type_list.h"

namespace noisegate {

/// The rules, in the order of `noisegate list`. `Table` is ConstantTable on the CPU, DeviceTable on the GPU.
template <class Table>
using RowLosses =
    TypeList<RowRule<NormalizedCrossEntropy>, RowRule<NormalizedFocalLoss>, RowRule<NormalizedGce>,
             RowRule<NormalizedNegativeCrossEntropy>, RowRule<NormalizedNegativeFocalLoss>, LogitClipping,
             RowRule<MeanSquareError>, RowRule<LabelSmoothing>, RowRule<SoftBootstrapping>,
             TargetRule<ConfidenceTargets<Table>>, TargetRule<PeerTargets>, ForwardCorrection<Table>,
             TargetRule<BackwardTargets<Table>>>;

/// Rules that have no name, since their table is the caller's.
template <class Table>
using TableLosses = TypeList<TargetRule<GivenTargets<Table>>>;

/// Losses of two views of each sample, which cannot be part of a sum.
using TwoViewLosses = TypeList<GeneralizedJensenShannon>;

}  // namespace noisegate
