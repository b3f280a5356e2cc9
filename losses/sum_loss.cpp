#include "losses/sum_loss.h"

#include "losses/rows/for_each_block.h"

namespace noisegate {

std::unique_ptr<Loss> loss_of(std::unique_ptr<LossPart> part) {
  std::vector<WeightedPart> parts;
  parts.push_back({1, std::move(part)});
  return std::make_unique<SumLoss>(std::move(parts));
}

template <class P>
void SumLoss::add_parts(const LossBatch& batch, const Scalar<P>* logits, Scalar<P>* values,
                        Scalar<P>* gradient) const {
  for_each_block<P>(batch, 1, [&](std::vector<RowBlock<P>>& blocks, std::int64_t first, int count) {
    RowBlock<P>& block = blocks.front();
    block.load(logits, first, count);
    if (needs_softmax_) block.normalise();
    for (const WeightedPart& part : parts_) part.loss->add(block, part.factor);
    block.finish(values, gradient);
  });
}

void SumLoss::compute(const LossBatch& batch, const float* logits, float* values, float* gradient) const {
  add_parts<Lanes>(batch, logits, values, gradient);
}
void SumLoss::compute(const LossBatch& batch, const double* logits, double* values, double* gradient) const {
  add_parts<double>(batch, logits, values, gradient);
}

/// Each part adds to what the one before has left, in memory of its own, since it writes the gradients twice.
void SumLoss::compute(const DeviceLossCall& whole) const {
  DeviceLossCall call = whole;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const bool last = i + 1 == parts_.size();
    const auto own = [&](const Tensor& of_whole) {
      return last || !of_whole.defined() ? of_whole
                                         : Tensor::empty(of_whole.shape(), DType::f32, Device::cuda);
    };
    call.values = own(whole.values);
    call.gradients = own(whole.gradients);
    call.factor = static_cast<float>(parts_[i].factor);
    parts_[i].loss->add(call);
    call.values_before = call.values;
    call.gradients_before = call.gradients;
  }
}

std::optional<MarginCurve> SumLoss::curve() const {
  std::vector<std::pair<double, MarginCurve>> curves;
  for (const WeightedPart& part : parts_) {
    const auto curve = part.loss->curve();
    if (!curve) return std::nullopt;
    curves.emplace_back(part.factor, *curve);
  }
  return [curves](double margin, int classes) {
    CurvePoint sum{};
    for (const auto& [factor, curve] : curves) {
      const CurvePoint point = curve(margin, classes);
      sum.value += factor * point.value;
      sum.weight += factor * point.weight;
    }
    return sum;
  };
}

}  // namespace noisegate
