// A loss as one op of the graph, value and gradient in one pass over the logits, and its two kinds: sums of
// parts, and the divergence of two views.
#include "losses/loss_op.h"

#include "engine/backend.h"
#include "engine/error.h"
#include "engine/trace.h"
#include "losses/loss_kernels.h"
#include "losses/target_loss.h"

#include <algorithm>

namespace noisegate {
namespace {

/// Below this many logits a second thread costs more than it takes over.
constexpr std::int64_t least_for_threads = 1 << 15;

/// Calls body(blocks, first sample, count) until every sample was in one call; `blocks` are this thread's,
/// one for each view, which have room for `count` samples.
template <class P, class Body>
void for_each_block(const LossBatch& batch, int views, Body body) {
  const auto samples = static_cast<std::int64_t>(batch.labels.size());
#pragma omp parallel if (samples * batch.classes >= least_for_threads)
  {
    std::vector<RowBlock<P>> blocks(views, RowBlock<P>(batch));
    const std::int64_t capacity = blocks.front().capacity;
#pragma omp for schedule(static)
    for (std::int64_t first = 0; first < samples; first += capacity)
      body(blocks, first, static_cast<int>(std::min(capacity, samples - first)));
  }
}

}  // namespace

void require_labels(const Variable& logits, const Tensor& labels, int views) {
  if (logits.shape().rank() != 2 || labels.shape().rank() != 1 || labels.dtype() != DType::i32 ||
      labels.numel() == 0 || logits.shape()[0] != views * labels.numel() || logits.shape()[1] < 2)
    reject("loss: logits {} and labels {} do not fit{}", to_string(logits.shape()), to_string(labels.shape()),
           views == 1 ? "" : ": it compares two views of each sample");
  if (labels.device() != logits.value().device())
    reject("loss: the logits are on the {} and the labels on the {}", to_string(logits.value().device()),
           to_string(labels.device()));
  if (labels.device() != Device::cpu) return;
  const std::int32_t* label = labels.data<std::int32_t>();
  for (std::int64_t i = 0; i < labels.numel(); ++i)
    if (label[i] < 0 || label[i] >= logits.shape()[1])
      reject("loss: label {} is not one of {} classes", label[i], logits.shape()[1]);
}

Variable Loss::weighted(const Variable& logits, const Tensor& labels, const Tensor& weights,
                        const Step& step) const {
  require_fit(logits, labels);
  if (weights.defined() && (weights.shape() != labels.shape() || weights.device() != labels.device()))
    reject("loss: weights {} for {} samples", to_string(weights.shape()), labels.numel());
  return mean(logits, labels, weights, step);
}

Variable Loss::mean(const Variable& logits, const Tensor& labels, const Tensor& weights,
                    const Step& step) const {
  const Trace trace("loss", Trace::Pass::forward);
  const PerSample losses = per_sample(logits, labels, step, recording({&logits}));
  LossKernels& kernels = loss_kernels(logits.value().device());
  return record(
      "loss", kernels.mean(losses.values, weights), {logits},
      [&kernels, gradients = losses.gradients, weights, samples = losses.values.numel()](const Tensor& grad) {
        return std::vector{kernels.scaled_gradients(gradients, weights, grad, samples)};
      });
}

Tensor Loss::value_tensor(const Variable& logits, const Tensor& labels, const Step& step) const {
  require_fit(logits, labels);
  return per_sample(logits, labels, step, false).values;
}

Loss::PerSample Loss::per_sample(const Variable& logits, const Tensor& labels, const Step& step,
                                 bool with_gradients) const {
  const Device device = logits.value().device();
  const std::int64_t samples = logits.shape()[0] / views();
  PerSample losses{Tensor::empty({samples}, DType::f32, device),
                   with_gradients ? Tensor::empty(logits.shape(), DType::f32, device) : Tensor()};
  if (device == Device::cuda) {
    compute(DeviceLossCall{.logits = logits.value(),
                           .labels = labels,
                           .constants = {},
                           .step = step,
                           .values_before = {},
                           .gradients_before = {},
                           .values = losses.values,
                           .gradients = losses.gradients});
    return losses;
  }
  const Tensor known = labels.defined() ? labels : Tensor::zeros({samples}, DType::i32);
  const LossBatch batch{{known.data<std::int32_t>(), static_cast<std::size_t>(samples)},
                        static_cast<int>(logits.shape()[1]),
                        step.seed,
                        step.draw()};
  compute(batch, logits.value().data<float>(), losses.values.data<float>(),
          with_gradients ? losses.gradients.data<float>() : nullptr);
  return losses;
}

void Loss::require_fit(const Variable& logits, const Tensor& labels) const {
  require_labels(logits, labels, views());
  if (classes() != 0 && classes() != logits.shape()[1])
    reject("loss: it was made for {} classes, the logits {} have {}", classes(), to_string(logits.shape()),
           logits.shape()[1]);
}

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

template <class P>
void TwoViewLoss::add_views(const LossBatch& batch, const Scalar<P>* logits, Scalar<P>* values,
                            Scalar<P>* gradient) const {
  const std::int64_t view = static_cast<std::int64_t>(batch.labels.size()) * batch.classes;
  for_each_block<P>(batch, 2, [&](std::vector<RowBlock<P>>& blocks, std::int64_t first, int count) {
    blocks[0].load(logits, first, count);
    blocks[1].load(logits + view, first, count);
    for (RowBlock<P>& block : blocks) block.normalise();
    loss_.add_to(blocks[0], blocks[1]);
    blocks[0].finish(values, gradient);
    blocks[1].finish(nullptr, gradient ? gradient + view : nullptr);
  });
}

void TwoViewLoss::compute(const LossBatch& batch, const float* logits, float* values, float* gradient) const {
  add_views<Lanes>(batch, logits, values, gradient);
}
void TwoViewLoss::compute(const LossBatch& batch, const double* logits, double* values,
                          double* gradient) const {
  add_views<double>(batch, logits, values, gradient);
}

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
  const Loss& loss = TwoViewLoss(GeneralizedJensenShannon::of_views_alone());
  return loss.mean(logits, {}, {}, {});  // as above: the label is a class like the others here
}

}  // namespace noisegate
