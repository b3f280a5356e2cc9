// The list of the losses of p_y: the registry, the CPU's parts and the GPU's kernels, plain and clipped, are
// made of it.
#pragma once

#include "losses/functions/py/ael.h"
#include "losses/functions/py/agce.h"
#include "losses/functions/py/aul.h"
#include "losses/functions/py/ce.h"
#include "losses/functions/py/fl.h"
#include "losses/functions/py/gce.h"
#include "losses/functions/py/js.h"
#include "losses/functions/py/mae.h"
#include "losses/functions/py/phuber_ce.h"
#include "losses/functions/py/sce.h"
#include "losses/functions/py/taylor_ce.h"
#include "losses/rows/type_list.h"

namespace noisegate {

using PyLosses =
    TypeList<CrossEntropy, FocalLoss, MeanAbsoluteError, ReverseCrossEntropy, GeneralizedCrossEntropy,
             TruncatedGce, SymmetricCrossEntropy, PartiallyHuberisedCrossEntropy, TaylorCrossEntropy,
             AsymmetricUnhingedLoss, AsymmetricGce, AsymmetricExponentialLoss, JensenShannon>;

}  // namespace noisegate
