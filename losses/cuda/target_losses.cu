// The losses whose targets follow from the label, and the divergence of two views.
#include "losses/cuda/part_kernel.h"
#include "losses/forward_correction.h"
#include "losses/generalized_jensen_shannon.h"
#include "losses/target_loss.h"

namespace noisegate::cuda {

void offer_target_losses() {
  offer<TargetRule<ConfidenceTargets<DeviceTable>>, TargetRule<PeerTargets>,
        TargetRule<BackwardTargets<DeviceTable>>, TargetRule<GivenTargets<DeviceTable>>,
        ForwardCorrection<DeviceTable>>();
  DeviceLoss<GeneralizedJensenShannon>::run = run_part<GeneralizedJensenShannon, 2>;
}

}  // namespace noisegate::cuda
