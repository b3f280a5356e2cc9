// Where a loss of p_y is clipped in a step, when τ follows a course (losses/schemes/clipping.h).
#include "engine/cuda/reduce.h"
#include "losses/cuda/loss_kernels.h"
#include "losses/schemes/clipped_loss.h"

namespace noisegate::cuda {
namespace {

/// By one warp: P is where the loss is as steep as τ. The CPU halves the interval 60 times; the lanes look at
/// 31 points at once, which is five halvings.
template <class F>
struct MoveClipPoint {
  static constexpr int threads = warp_size, rounds = 12;
  F loss;
  ClipCourse::Kind kind;
  double factor, progress;
  const StepScalars* scalars;
  Span<ClipMemory> memory;
  Span<float> point;

  NOISEGATE_DEVICE void operator()(const Thread& thread) const {
    ClipMemory next = memory[0];
    if (kind == ClipCourse::Kind::ema) {
      next.inverse_tau = factor * next.inverse_tau + 1 - factor;
      next.tau = 1 / next.inverse_tau;
    } else {
      next.tau = factor * (1 - (scalars ? scalars->progress : progress));
    }
    double low = 1e-7, width = (1 - 1e-7) - 1e-7;
    for (int round = 0; round < rounds; ++round) {
      const bool inside = thread.lane() < warp_size - 1;
      const double p = low + width * (thread.lane() + 1) / warp_size;
      low += width * warp_sum(thread, inside && steepness(loss, p) > next.tau ? 1 : 0) / warp_size;
      width /= warp_size;
    }
    next.threshold = low + width;
    const ClipPoint at = no_steeper(clip_point(loss, next.threshold), next.tau);
    thread.warp_barrier();
    if (thread.lane() != 0) return;
    memory[0] = next;
    point[0] = static_cast<float>(at.threshold);
    point[1] = static_cast<float>(at.tau);
    point[2] = static_cast<float>(at.value_at_threshold);
  }
};

template <class F>
void move_clip_point(const F& loss, const ClipCourse& course) {
  Tensor point = course.point;
  launch(stream_of_losses, 1,
         MoveClipPoint<F>{loss, course.kind, course.factor, course.progress, course.scalars,
                          values_in<ClipMemory>(course.memory), output(point)});
}

template <class... Fs>
void offer_courses(FunctorList<Fs...>) {
  ((DeviceClipCourse<Fs>::run = move_clip_point<Fs>), ...);
}

}  // namespace

void offer_clip_courses() {
  offer_courses(MarginLosses());
}

}  // namespace noisegate::cuda
