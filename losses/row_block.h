// How the CPU walks the logits: in blocks of as many rows as a register has lanes, so that what is one number
// a row (margin, value, weight) is computed for all rows of the block at once, and what is one number a class
// for as many classes at once. P is Lanes in training, and double, one row and one class at a time, in tests.
//
// load() works out what every loss needs. The parts of a loss (loss_part.h) then add up, for each row,
//   value         ℓ
//   label_weight  w = −∂ℓ/∂Δ, for what reaches the logits through the label's margin alone
//   own, direct   ∂ℓ/∂log p_y, and ∂ℓ/∂log p_i of the other classes, for what does not
//   and, rarely, gradients to the logits themselves
// and finish() makes gradients of them: ∂ℓ/∂s_j = ∂ℓ/∂log p_j − p_j·Σ_i ∂ℓ/∂log p_i.
#pragma once

#include "losses/probability.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

namespace noisegate {

using math::Scalar;

/// What a loss is told of its batch beside the logits.
struct LossBatch {
  std::span<const std::int32_t> labels;  // (N), in [0, classes)
  int classes = 0;
  std::uint64_t seed = 0;  // with `step`: of the losses that draw random labels
  std::uint32_t step = 0;
};

template <class P>
class RowBlock {
 public:
  using T = Scalar<P>;
  static constexpr int lanes = sizeof(P) / sizeof(T);

  /// The rows of a batch; each thread has a block of its own, since this is memory to work in.
  explicit RowBlock(const LossBatch& whole_batch)
      : batch(whole_batch),
        stride((batch.classes + lanes - 1) / lanes * lanes),
        logits_(lanes * stride),
        exponentials_(lanes * stride) {}

  /// Rows [first, first + count) of the batch, count ≤ lanes; `logits` (N,K) are the whole batch's.
  void load(const T* logits, std::int64_t first, int count);
  /// Writes values (N) and gradient (N,K) of the rows loaded, each unless it is null.
  void finish(T* values, T* gradient) const;

  const LossBatch& batch;
  const int stride;  // the classes of a row, rounded up to whole lanes
  std::int64_t first_row = 0;
  int rows = 0;

  // One lane a row; lanes beyond `rows` hold no meaning.
  P margin{};              // Δ
  P label_logit{};         // s_y
  P log_normaliser{};      // log Σ_i e^{s_i}
  Probability<P> label{};  // of class y
  P value{}, label_weight{}, own{}, label_logit_gradient{};

  std::int32_t label_of(int row) const { return batch.labels[first_row + row]; }

  /// The classes of a row from `offset` on, as many as there are lanes, but for the label's: its logit is −∞
  /// here, its p 0, as they are beyond the last class.
  P other_logits(int row, int offset) const { return read(&logits_[row * stride + offset]); }
  P other_p(int row, int offset) const {
    return read(&exponentials_[row * stride + offset]) * get(share_, row);
  }

  /// direct += slopes, for other_logits' classes. Slopes of those that are none must be 0.
  void add_direct(int row, int offset, P slopes) {
    add_logit_gradient(row, offset, slopes);
    set(direct_sum_, row, get(direct_sum_, row) + sum(slopes));
  }
  /// The same for ∂ℓ/∂s_i; the label's goes to label_logit_gradient.
  void add_logit_gradient(int row, int offset, P slopes) {
    if (!has_direct_) direct_.assign(lanes * stride, T{});
    has_direct_ = true;
    T* at = &direct_[row * stride + offset];
    write(at, read(at) + slopes);
  }

  /// other_logits of a row as log p_i, 0 where there is no other class.
  P other_log_p(int row, int offset) const {
    const P logits = other_logits(row, offset);
    return math::select(is_other(logits), logits - get(log_normaliser, row), P{});
  }
  static auto is_other(const P& logits) { return logits > -std::numeric_limits<T>::infinity(); }

  static T get(const P& values, int row) {
    if constexpr (lanes == 1)
      return values;
    else
      return values[row];
  }
  static void set(P& values, int row, T value) {
    if constexpr (lanes == 1)
      values = value;
    else
      values[row] = value;
  }
  static T sum(const P& values) {
    T total{};
    for (int i = 0; i < lanes; ++i) total += get(values, i);
    return total;
  }
  static T highest(const P& values) {
    T result = get(values, 0);
    for (int i = 1; i < lanes; ++i) result = math::max(result, get(values, i));
    return result;
  }
  static P read(const T* from) {
    P values;
    std::memcpy(&values, from, sizeof values);
    return values;
  }
  static void write(T* to, const P& values) { std::memcpy(to, &values, sizeof values); }

 private:
  void load_row(const T* logits, int row);

  P share_{};  // p_i of another class = share_·e^{s_i − shift}
  P shift_{}, others_{};
  P direct_sum_{};
  std::vector<T> logits_, exponentials_, direct_;
  bool has_direct_ = false;
};

template <class P>
void RowBlock<P>::load_row(const T* logits, int row) {
  constexpr T nothing = -std::numeric_limits<T>::infinity();
  T* copy = &logits_[row * stride];
  std::memcpy(copy, logits, batch.classes * sizeof(T));
  std::fill(copy + batch.classes, copy + stride, nothing);
  const std::int32_t label_class = label_of(row);
  set(label_logit, row, copy[label_class]);
  copy[label_class] = nothing;

  P top = read(copy);
  for (int i = lanes; i < stride; i += lanes) top = math::max(top, read(copy + i));
  const T shift = highest(top);
  P total{};
  for (int i = 0; i < stride; i += lanes) {
    const P exponential = math::exp(read(copy + i) - shift);
    write(&exponentials_[row * stride + i], exponential);
    total += exponential;
  }
  set(shift_, row, shift);
  set(others_, row, sum(total));
}

template <class P>
void RowBlock<P>::load(const T* logits, std::int64_t first, int count) {
  first_row = first;
  rows = count;
  label_logit = shift_ = P{};
  others_ = math::constant<P>(1);
  for (int row = 0; row < rows; ++row) load_row(logits + (first + row) * batch.classes, row);

  margin = label_logit - shift_ - math::log(others_);
  label = Probability<P>::of_margin(margin);
  log_normaliser = label_logit - label.log_p;
  share_ = label.complement / others_;
  value = label_weight = own = label_logit_gradient = direct_sum_ = P{};
  if (has_direct_) std::fill(direct_.begin(), direct_.end(), T{});
}

template <class P>
void RowBlock<P>::finish(T* values, T* gradient) const {
  for (int row = 0; values && row < rows; ++row) values[first_row + row] = get(value, row);
  if (!gradient) return;
  // Of p_j·Σ ∂ℓ/∂log p_i and the margin's share of w, both proportional to e^{s_j}.
  const P factor = (label_weight - label.complement * (own + direct_sum_)) / others_;
  const P label_gradient =
      own * label.complement - label.p * direct_sum_ - label_weight + label_logit_gradient;
  for (int row = 0; row < rows; ++row) {
    T* out = gradient + (first_row + row) * batch.classes;
    const T row_factor = get(factor, row);
    const T* direct = has_direct_ ? &direct_[row * stride] : nullptr;
    const T* exponential = &exponentials_[row * stride];
    if (direct) {
      for (int i = 0; i < batch.classes; ++i) out[i] = direct[i] + exponential[i] * row_factor;
    } else {
      for (int i = 0; i < batch.classes; ++i) out[i] = exponential[i] * row_factor;
    }
    out[label_of(row)] = get(label_gradient, row);
  }
}

}  // namespace noisegate
