#include "engine/cuda/reduce.h"
#include "losses/cuda/margin_loss.h"
#include "losses/schemes/clipped_loss.h"

namespace noisegate::cuda {
namespace {

/// A warp takes a sample, and its lanes every 32nd class.
template <class F>
struct MarginLoss {
  static constexpr int threads = 128;
  F loss;
  MarginBend bend;
  Span<const float> logits;
  Span<const std::int32_t> labels;
  Span<float> values, gradient;

  NOISEGATE_DEVICE void operator()(const Thread& thread) const {
    const std::int64_t sample = std::int64_t{thread.block()} * (threads / warp_size) + thread.warp();
    if (sample >= labels.size()) return;
    const std::int64_t classes = logits.size() / labels.size(), row = sample * classes;
    const std::int32_t label = labels[sample];
    const Others others = others_of(thread, row, classes, label);

    const float margin = logits[row + label] - others.highest - math::log(others.exponentials);
    const auto y = Probability<float>::of_margin(margin * bend.scale + bend.shift);
    if (values && thread.lane() == 0) values[sample] = loss.value(y) * bend.factor;
    if (!gradient) return;
    const float w = weight(loss, y) * bend.factor * bend.scale;
    for (std::int64_t i = thread.lane(); i < classes; i += warp_size)
      gradient[row + i] =
          i == label ? -w : w * (math::exp(logits[row + i] - others.highest) / others.exponentials);
  }

 private:
  struct Others {
    float highest, exponentials;  // the largest logit but the label's, and Σ e^{s − highest}
  };

  NOISEGATE_DEVICE Others others_of(const Thread& thread, std::int64_t row, std::int64_t classes,
                                    std::int32_t label) const {
    float highest = logits[row + (label == 0 ? 1 : 0)], exponentials = 0;
    for (std::int64_t i = thread.lane(); i < classes; i += warp_size)
      if (i != label) highest = math::max(highest, logits[row + i]);
    highest = warp_max(thread, highest);
    for (std::int64_t i = thread.lane(); i < classes; i += warp_size)
      if (i != label) exponentials += math::exp(logits[row + i] - highest);
    return {highest, warp_sum(thread, exponentials)};
  }
};

}  // namespace

template <class F>
void margin_loss(Stream stream, const F& loss, const MarginBend& bend, Span<const float> logits,
                 Span<const std::int32_t> labels, Span<float> values, Span<float> gradient) {
  launch(stream, parts(labels.size(), MarginLoss<F>::threads / warp_size),
         MarginLoss<F>{loss, bend, logits, labels, values, gradient});
}

// Each of them, and each with its gradient clipped.
#define NOISEGATE_FOR_LOSS(F)                                                                    \
  template void margin_loss(Stream, const F&, const MarginBend&, Span<const float>,              \
                            Span<const std::int32_t>, Span<float>, Span<float>);                 \
  template void margin_loss(Stream, const ClippedLoss<F>&, const MarginBend&, Span<const float>, \
                            Span<const std::int32_t>, Span<float>, Span<float>);
NOISEGATE_FOR_LOSS(CrossEntropy)
NOISEGATE_FOR_LOSS(FocalLoss)
NOISEGATE_FOR_LOSS(MeanAbsoluteError)
NOISEGATE_FOR_LOSS(GeneralizedCrossEntropy)
NOISEGATE_FOR_LOSS(TruncatedGce)
NOISEGATE_FOR_LOSS(SymmetricCrossEntropy)
NOISEGATE_FOR_LOSS(PartiallyHuberisedCrossEntropy)
NOISEGATE_FOR_LOSS(TaylorCrossEntropy)
NOISEGATE_FOR_LOSS(AsymmetricUnhingedLoss)
NOISEGATE_FOR_LOSS(AsymmetricGce)
NOISEGATE_FOR_LOSS(AsymmetricExponentialLoss)
NOISEGATE_FOR_LOSS(JensenShannon)
#undef NOISEGATE_FOR_LOSS

}  // namespace noisegate::cuda
