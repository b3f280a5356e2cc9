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

/// The mean of the samples' losses as a node whose backward scales the gradients that are there already.
Variable mean_of(const std::vector<float>& values, Tensor gradients, const Variable& logits) {
  double sum = 0;
  for (const float value : values) sum += value;
  const auto samples = static_cast<double>(values.size());
  return record("loss", Tensor::full({}, static_cast<float>(sum / samples)), {logits},
                [gradients = std::move(gradients), samples](const Tensor& grad) {
                  const auto factor = static_cast<float>(grad.item() / samples);
                  return std::vector{backend(gradients).affine(gradients, factor, 0)};
                });
}

/// What a call on the GPU is given of a batch, the gradients left out.
DeviceLossCall device_call(const Variable& logits, const Tensor& labels, int views, Loss::Step step) {
  return {.logits = logits.value(),
          .labels = labels,
          .constants = {},
          .draw = step,
          .values_before = {},
          .gradients_before = {},
          .values = Tensor::empty({logits.shape()[0] / views}, DType::f32, Device::cuda),
          .gradients = {}};
}

/// Row i of each view times weights[i].
void scale_rows(Tensor& gradients, std::span<const float> weights) {
  const std::int64_t rows = gradients.shape()[0], columns = gradients.shape()[1];
  float* row = gradients.data<float>();
  for (std::int64_t i = 0; i < rows; ++i, row += columns) {
    const float weight = weights[i % weights.size()];
    for (std::int64_t j = 0; j < columns; ++j) row[j] *= weight;
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

Variable mean_on_device(const Variable& logits, const Tensor& labels, int views, const Tensor& weights,
                        Loss::Step step, const DeviceCompute& compute) {
  DeviceLossCall call = device_call(logits, labels, views, step);
  if (weights.defined() && (weights.shape() != call.values.shape() || weights.device() != Device::cuda))
    reject("loss: weights {} for {} samples", to_string(weights.shape()), call.samples());
  if (recording({&logits})) call.gradients = Tensor::empty(logits.shape(), DType::f32, Device::cuda);
  compute(call);
  return record("loss", loss_kernels().mean(call.values, weights), {logits},
                [gradients = call.gradients, weights, samples = call.samples()](const Tensor& grad) {
                  return std::vector{loss_kernels().scaled_gradients(gradients, weights, grad, samples)};
                });
}

Variable Loss::operator()(const Variable& logits, const Tensor& labels, Step step) const {
  if (logits.value().device() == Device::cuda) return weighted(logits, labels, Tensor(), step);
  const Trace trace("loss", Trace::Pass::forward);
  const Computed computed = compute_batch(logits, labels, step);
  return mean_of(computed.values, computed.gradients, logits);
}

Variable Loss::weighted(const Variable& logits, const Tensor& labels, const Tensor& weights,
                        Step step) const {
  if (logits.value().device() == Device::cpu)
    return weighted(logits, labels, weights.to_vector<float>(), step);
  const Trace trace("loss", Trace::Pass::forward);
  require_fit(logits, labels);
  return mean_on_device(logits, labels, views(), weights, step,
                        [&](const DeviceLossCall& call) { compute(call); });
}

Variable Loss::weighted(const Variable& logits, const Tensor& labels, std::span<const float> weights,
                        Step step) const {
  const Trace trace("loss", Trace::Pass::forward);
  Computed computed = compute_batch(logits, labels, step);
  if (weights.size() != computed.values.size())
    reject("loss: {} weights for {} samples", weights.size(), computed.values.size());
  for (std::size_t i = 0; i < weights.size(); ++i) computed.values[i] *= weights[i];
  if (computed.gradients.defined()) scale_rows(computed.gradients, weights);
  return mean_of(computed.values, computed.gradients, logits);
}

std::vector<float> Loss::values(const Variable& logits, const Tensor& labels, Step step) const {
  return value_tensor(logits, labels, step).to_vector<float>();
}

Tensor Loss::value_tensor(const Variable& logits, const Tensor& labels, Step step) const {
  if (logits.value().device() == Device::cuda) {
    require_fit(logits, labels);
    const DeviceLossCall call = device_call(logits, labels, views(), step);
    compute(call);
    return call.values;
  }
  const LossBatch batch = batch_of(logits, labels, step);
  Tensor values = Tensor::empty({labels.numel()});
  compute(batch, logits.value().data<float>(), values.data<float>(), nullptr);
  return values;
}

Loss::Computed Loss::compute_batch(const Variable& logits, const Tensor& labels, Step step) const {
  const LossBatch batch = batch_of(logits, labels, step);
  Computed computed{std::vector<float>(batch.labels.size()),
                    recording({&logits}) ? Tensor::empty(logits.shape()) : Tensor()};
  compute(batch, logits.value().data<float>(), computed.values.data(),
          computed.gradients.defined() ? computed.gradients.data<float>() : nullptr);
  return computed;
}

void Loss::require_fit(const Variable& logits, const Tensor& labels) const {
  require_labels(logits, labels, views());
  if (classes() != 0 && classes() != logits.shape()[1])
    reject("loss: it was made for {} classes, the logits {} have {}", classes(), to_string(logits.shape()),
           logits.shape()[1]);
}

LossBatch Loss::batch_of(const Variable& logits, const Tensor& labels, Step step) const {
  require_fit(logits, labels);
  return {{labels.data<std::int32_t>(), static_cast<std::size_t>(labels.numel())},
          static_cast<int>(logits.shape()[1]),
          step.seed,
          step.step};
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
  const PartOf<Rule> part(Rule{{GivenRows(targets)}});
  // The walk over the rows sets one class apart, as a label; with targets for all it may be any.
  if (logits.value().device() == Device::cuda)
    return mean_on_device(logits, {}, 1, {}, {}, [&](const DeviceLossCall& call) { part.add(call); });
  std::vector<WeightedPart> parts;
  parts.push_back({1, std::make_unique<PartOf<Rule>>(part)});
  return SumLoss(std::move(parts))(logits, Tensor::from(std::vector<std::int32_t>(logits.shape()[0])));
}

Variable jensen_shannon(const Variable& logits) {
  if (logits.shape().rank() != 2 || logits.shape()[0] % 2 != 0)
    reject("jensen_shannon: logits {} are not two views of each sample", to_string(logits.shape()));
  // As above: the label is a class like the others here.
  const TwoViewLoss loss(GeneralizedJensenShannon::of_views_alone());
  if (logits.value().device() == Device::cuda)
    return mean_on_device(logits, {}, 2, {}, {}, [&](const DeviceLossCall& call) { loss.compute(call); });
  return loss(logits, Tensor::from(std::vector<std::int32_t>(logits.shape()[0] / 2)));
}

}  // namespace noisegate
