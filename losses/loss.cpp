#include "losses/loss.h"

#include "engine/error.h"
#include "engine/trace.h"
#include "losses/loss_kernels.h"

namespace noisegate {

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

}  // namespace noisegate
