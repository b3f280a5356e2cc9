// The kernel of a part of a loss: value and gradient of a sample by one warp, from the maths that the CPU's
// loops call as well.
#pragma once

#include "engine/cuda/device/memory.h"
#include "losses/cuda/losses.h"
#include "losses/cuda/warp_row.h"

namespace noisegate::cuda {

template <class Rule, int views>
struct LossOfSamples {
  static constexpr int threads = 128;
  Rule rule;
  RowsOnDevice batch;
  float factor;
  Span<const float> values_before, gradients_before;
  Span<float> values, gradients;

  NOISEGATE_DEVICE void operator()(const Thread& thread) const {
    const std::int64_t sample = std::int64_t{thread.block()} * (threads / warp_size) + thread.warp();
    if (sample >= batch.samples) return;
    WarpRow row(thread, batch, sample, 0, gradients);
    if constexpr (views == 1) {
      if constexpr (Rule::needs_softmax) row.normalise();
      rule.add_to(row, factor);
    } else {
      WarpRow second(thread, batch, sample, 1, gradients);
      row.normalise();
      second.normalise();
      rule.add_to(row, second);
      second.finish(gradients_before);
    }
    row.finish(gradients_before);
    if (thread.lane() == 0) values[sample] = values_before ? values_before[sample] + row.value : row.value;
  }
};

template <class Rule, int views = 1>
void run_part(const Rule& rule, const DeviceLossCall& call) {
  using Kernel = LossOfSamples<Rule, views>;
  Tensor values = call.values, gradients = call.gradients;
  const RowsOnDevice batch{input(call.logits), input<std::int32_t>(call.labels),      input(call.constants),
                           call.samples(),     static_cast<int>(call.logits.size(1)), call.step};
  launch(stream_of_losses, parts(batch.samples, Kernel::threads / warp_size),
         Kernel{rule, batch, call.factor, input(call.values_before), input(call.gradients_before),
                output(values), gradients.defined() ? output(gradients) : Span<float>()});
}

/// Makes the rule's kernel known to the CPU's code.
template <class Rule, int views = 1>
void offer() {
  DeviceLoss<Rule>::run = run_part<Rule, views>;
}

}  // namespace noisegate::cuda
