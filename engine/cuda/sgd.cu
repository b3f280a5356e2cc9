// One launch for every parameter of a model, and one for their momentum averages.
#include "engine/cuda/backend.h"
#include "engine/cuda/device/memory.h"
#include "engine/cuda/device/multi_tensor.h"
#include "engine/sgd_update.h"

namespace noisegate::cuda {
namespace {

struct Parameter {
  Span<float> value, velocity;
  Span<const float> grad;
  float weight_decay, l1_decay;

  NOISEGATE_HD std::int64_t size() const { return value.size(); }
};

struct Averaged {
  Span<float> average;
  Span<const float> value;

  NOISEGATE_HD std::int64_t size() const { return value.size(); }
};

struct SquareOfGradient {
  NOISEGATE_DEVICE double operator()(const Parameter& parameter, std::int64_t i) const {
    const double gradient = parameter.grad[i];
    return gradient * gradient;
  }
};
struct Root {
  NOISEGATE_DEVICE double operator()(double sum) const { return math::sqrt(sum); }
};

struct Update {
  static constexpr int threads = 256;
  Table<Parameter> table;
  SgdUpdate step;  // rate is the step's, clip and decays are each parameter's
  float clip_norm;
  Span<const float> norm;  // none: no clipping
  Span<const StepScalars> scalars;

  NOISEGATE_DEVICE void operator()(const Thread& thread) const {
    const Share<Parameter> share = table.share(thread.block());
    const Parameter& parameter = share.entry;
    SgdUpdate update = step;
    update.rate = static_cast<float>(scalars[0].learning_rate);
    if (norm && norm[0] + 1e-6f > clip_norm) update.clip = clip_norm / (norm[0] + 1e-6f);
    update.weight_decay = parameter.weight_decay;
    update.l1_decay = parameter.l1_decay;
    for (std::int64_t i = share.begin + thread.index(); i < share.end; i += threads)
      update(parameter.value[i], parameter.velocity[i], parameter.grad[i]);
  }
};

struct Average {
  static constexpr int threads = 256;
  Table<Averaged> table;
  float decay;

  NOISEGATE_DEVICE void operator()(const Thread& thread) const {
    const Share<Averaged> share = table.share(thread.block());
    for (std::int64_t i = share.begin + thread.index(); i < share.end; i += threads) {
      float& average = share.entry.average[i];
      average = decay * average + (1 - decay) * share.entry.value[i];
    }
  }
};

}  // namespace

Tensor CudaBackend::sgd(std::span<ParameterUpdate> parameters, const SgdStep& step) {
  Tables<Parameter> tables;
  for (ParameterUpdate& update : parameters)
    tables.add({output(update.value), output(update.velocity), input(update.grad), update.weight_decay,
                update.l1_decay});
  const Tensor norm = step.clip_norm > 0 ? sum_over(stream_, tables, SquareOfGradient{}, Root{}) : Tensor();
  const SgdUpdate update{0, step.momentum, step.nesterov, 1, 0, 0};
  const Span<const StepScalars> scalars(step.scalars, 1);
  for (const Table<Parameter>& table : tables)
    launch(stream_, table.blocks(), Update{table, update, step.clip_norm, input(norm), scalars});
  return norm;
}

void CudaBackend::exponential_average(std::span<Tensor> averages, std::span<const Tensor> values,
                                      float decay) {
  Tables<Averaged> tables;
  for (std::size_t i = 0; i < averages.size(); ++i) tables.add({output(averages[i]), input(values[i])});
  for (const Table<Averaged>& table : tables) launch(stream_, table.blocks(), Average{table, decay});
}

}  // namespace noisegate::cuda
