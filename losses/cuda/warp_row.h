// A row of logits as a loss sees it on the GPU, under the names of the CPU's RowBlock
// (losses/rows/row_block.h): a warp has one row, its lanes every 32nd class. Every lane holds the per-row
// values, and of the per-class values those of its own classes. A loss's term for a class waits where that
// class's gradient will stand: the same lane writes it, reads it and puts the gradient in its place.
#pragma once

#include "engine/cuda/device/reduce.h"
#include "engine/random.h"
#include "losses/rows/device_loss.h"
#include "losses/rows/probability.h"

#include <cstdint>

namespace noisegate::cuda {

/// What rows are made of.
struct RowsOnDevice {
  Span<const float> logits;         // (views·N,K)
  Span<const std::int32_t> labels;  // (N); none: 0 for every sample
  Span<const float> constants;
  std::int64_t samples;
  int classes;
  LossStep step;

  NOISEGATE_DEVICE std::int32_t label_of(std::int64_t sample) const { return labels ? labels[sample] : 0; }
};

class WarpRow {
 public:
  using T = float;
  using Number = float;
  static constexpr int lanes = warp_size, rows = 1;

  /// The row of a sample, of a view; `gradients`, like the logits or none, are written by finish().
  NOISEGATE_DEVICE WarpRow(const Thread& thread, const RowsOnDevice& batch, std::int64_t sample, int view,
                           Span<float> gradients)
      : stride(static_cast<int>(parts(batch.classes, lanes)) * lanes),
        thread_(thread),
        batch_(batch),
        gradients_(gradients),
        sample_(sample),
        begin_((view * batch.samples + sample) * batch.classes),
        label_(batch.label_of(sample)) {
    label_logit = batch.logits[begin_ + label_];
    highest_other = nothing;
    for (int i = 0; i < stride; i += lanes) highest_other = math::max(highest_other, s(i));
    highest_other = warp_max(thread_, highest_other);
  }

  /// The softmax: for losses that need it.
  NOISEGATE_DEVICE void normalise() {
    float total = 0;
    for (int i = 0; i < stride; i += lanes) total += exponential(i);
    other_exponentials = warp_sum(thread_, total);
    margin = label_logit - highest_other - math::log(other_exponentials);
    label = Probability<float>::of_margin(margin);
    log_normaliser = label_logit - label.log_p;
    share_ = label.complement / other_exponentials;
    is_normalised_ = true;
  }

  /// Writes the gradients, if they are wanted, added to those before, if there are any.
  NOISEGATE_DEVICE void finish(Span<const float> gradients_before) const {
    if (!gradients_) return;
    float softmax_factor = 0, label_gradient = label_logit_gradient;
    if (is_normalised_) {
      softmax_factor =
          (label_weight - label.complement * (dlogp_label + dlogp_others_sum_)) / other_exponentials;
      label_gradient += dlogp_label * label.complement - label.p * dlogp_others_sum_ - label_weight;
    }
    for (int i = thread_.lane(); i < batch_.classes; i += lanes) {
      const std::int64_t at = begin_ + i;
      float gradient = label_gradient;
      if (i != label_) {
        gradient = is_normalised_ ? math::exp(batch_.logits[at] - highest_other) * softmax_factor : 0;
        if (has_terms_) gradient += gradients_[at] * terms_factor_;
      }
      gradients_[at] = gradients_before ? gradients_before[at] + gradient : gradient;
    }
  }

  const int stride;  // the classes, rounded up to whole warps
  float label_logit, highest_other;
  float value = 0, label_weight = 0, dlogp_label = 0, label_logit_gradient = 0;
  // From normalise() on:
  float margin = 0, log_normaliser = 0;
  Probability<float> label{};
  float other_exponentials = 1;

  NOISEGATE_DEVICE int classes() const { return batch_.classes; }
  NOISEGATE_DEVICE std::int64_t samples() const { return batch_.samples; }
  NOISEGATE_DEVICE std::int64_t sample_of(int) const { return sample_; }
  NOISEGATE_DEVICE std::int32_t label_of(int) const { return label_; }
  NOISEGATE_DEVICE std::int32_t label_of_sample(std::int64_t sample) const { return batch_.label_of(sample); }
  NOISEGATE_DEVICE Philox random(Purpose purpose, int) const {
    return {batch_.step.seed, purpose, batch_.step.draw(), static_cast<std::uint32_t>(sample_)};
  }
  NOISEGATE_DEVICE float constant(int index) const { return batch_.constants[index]; }

  /// A row of the table that the constants are.
  struct TableRow {
    Span<const float> table;
    std::int64_t begin;
    NOISEGATE_DEVICE float operator[](int i) const { return table[begin + i]; }
  };
  NOISEGATE_DEVICE TableRow row_of(DeviceTable, std::int64_t index) const {
    return {batch_.constants, index * batch_.classes};
  }

  struct Others {
    const WarpRow& row;
    NOISEGATE_DEVICE float s(int i) const { return row.s(i); }
    NOISEGATE_DEVICE bool exist(int i) const { return row.exists(i); }
    NOISEGATE_DEVICE float exponential(int i) const { return row.exponential(i); }
    NOISEGATE_DEVICE float p(int i) const { return row.exponential(i) * row.share_; }
    NOISEGATE_DEVICE float log_p(int i) const { return row.s(i) - row.log_normaliser; }
  };
  NOISEGATE_DEVICE Others others(int) const { return {*this}; }

  /// One number per class, once per row; nothing is stored where no gradients are wanted.
  struct Terms {};
  NOISEGATE_DEVICE Terms new_terms() {
    has_terms_ = true;
    return {};
  }
  NOISEGATE_DEVICE static Terms terms_of(Terms terms, int) { return terms; }
  NOISEGATE_DEVICE void add_dlogp_others(float factor, float sum_of_terms) {
    dlogp_others_sum_ += factor * sum_of_terms;
    terms_factor_ = factor;
  }
  NOISEGATE_DEVICE void add_logit_gradient(float factor) { terms_factor_ = factor; }

  NOISEGATE_DEVICE static float get(float value_of_row, int) { return value_of_row; }
  NOISEGATE_DEVICE static void set(float& value_of_row, int, float to) { value_of_row = to; }
  NOISEGATE_DEVICE float sum(float value_of_class) const { return warp_sum(thread_, value_of_class); }
  NOISEGATE_DEVICE float read(const TableRow& from, int i) const { return in_row(i) ? from[mine(i)] : 0; }
  NOISEGATE_DEVICE float read(Terms, int i) const {
    return gradients_ && in_row(i) ? gradients_[begin_ + mine(i)] : 0;
  }
  NOISEGATE_DEVICE void write(Terms, int i, float term) const {
    if (gradients_ && in_row(i)) gradients_[begin_ + mine(i)] = term;
  }
  NOISEGATE_DEVICE float at_class(int index, int i, float number) const {
    return mine(i) == index ? number : 0;
  }

 private:
  static constexpr float nothing = -1e30f;  // the logit of a class that is left out

  NOISEGATE_DEVICE int mine(int i) const { return i + thread_.lane(); }
  NOISEGATE_DEVICE bool in_row(int i) const { return mine(i) < batch_.classes; }
  NOISEGATE_DEVICE bool exists(int i) const { return in_row(i) && mine(i) != label_; }
  NOISEGATE_DEVICE float s(int i) const { return exists(i) ? batch_.logits[begin_ + mine(i)] : nothing; }
  NOISEGATE_DEVICE float exponential(int i) const { return math::exp(s(i) - highest_other); }

  const Thread& thread_;
  const RowsOnDevice& batch_;
  const Span<float> gradients_;
  const std::int64_t sample_, begin_;
  const std::int32_t label_;
  float share_ = 0, dlogp_others_sum_ = 0, terms_factor_ = 0;
  bool is_normalised_ = false, has_terms_ = false;
};

}  // namespace noisegate::cuda
