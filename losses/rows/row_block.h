// How the CPU walks the logits: in blocks of as many rows as a register has lanes. Per-row values (margin,
// value, weight) are vectors over the block's rows, per-class values vectors over classes. P is Lanes in
// training, and double, one row and one class at a time, in tests.
//
// load() and normalise() compute what losses need. The parts of a loss (losses/loss_part.h) then add up, for
// each row,
//   value               ℓ
//   label_weight        w = −∂ℓ/∂Δ, for what reaches the logits through the label's margin alone
//   dlogp_label         ∂ℓ/∂log p_y, for what does not
//   dlogp of the others ∂ℓ/∂log p_i, the same for the other classes, by add_dlogp_others()
//   and, rarely, gradients to the logits themselves
// and finish() makes gradients of them: ∂ℓ/∂s_j = ∂ℓ/∂log p_j − p_j·Σ_i ∂ℓ/∂log p_i.
//
// The parts' maths is written against the names that this block and the GPU's, a warp's row
// (losses/cuda/warp_row.h), have in common.
#pragma once

#include "engine/random.h"
#include "losses/rows/constant_table.h"
#include "losses/rows/loss_step.h"
#include "losses/rows/probability.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

namespace noisegate {

using math::Scalar;

template <class P>
class RowBlock {
 public:
  using T = Scalar<P>;
  using Number = P;
  static constexpr int lanes = sizeof(P) / sizeof(T);

  /// The rows of a batch; each thread has a block of its own, since this is memory to work in.
  explicit RowBlock(const LossBatch& whole_batch)
      : batch(whole_batch),
        stride((batch.classes + lanes - 1) / lanes * lanes),
        capacity(std::clamp(cached_values / stride, 1, lanes)),
        logits_(capacity * stride),
        exponentials_(capacity * stride) {}

  /// Rows [first, first + count) of the batch, count ≤ capacity; `logits` (N,K) are the whole batch's.
  void load(const T* logits, std::int64_t first, int count);
  /// The softmax of the rows loaded: for parts that need it.
  void normalise();
  /// Writes values (N) and gradient (N,K) of the rows loaded, each unless it is null.
  void finish(T* values, T* gradient) const;

  const LossBatch& batch;
  const int stride;    // the classes of a row, rounded up to whole lanes
  const int capacity;  // rows: as many as have lanes, but no more than stay in the first-level cache
  std::int64_t first_row = 0;
  int rows = 0;

  // One lane a row; lanes beyond `rows` hold no meaning.
  P label_logit{};    // s_y
  P highest_other{};  // the largest other logit, by which exponentials are shifted
  P value{}, label_weight{}, dlogp_label{}, label_logit_gradient{};
  // From normalise() on:
  P margin{};              // Δ
  P log_normaliser{};      // log Σ_i e^{s_i}
  Probability<P> label{};  // of class y
  P other_exponentials{};  // Σ_{i≠y} e^{s_i − highest_other}

  int classes() const { return batch.classes; }
  std::int64_t samples() const { return static_cast<std::int64_t>(batch.labels.size()); }
  std::int64_t sample_of(int row) const { return first_row + row; }
  std::int32_t label_of(int row) const { return label_of_sample(first_row + row); }
  std::int32_t label_of_sample(std::int64_t sample) const { return batch.labels[sample]; }
  /// The random numbers of a row's sample in this step.
  Philox random(Purpose purpose, int row) const {
    return {batch.seed, purpose, batch.step, static_cast<std::uint32_t>(first_row + row)};
  }
  /// A row of a table of constants, in this precision.
  const T* row_of(const ConstantTable& table, std::int64_t index) const { return table.row(index, T{}); }
  GivenRow row_of(const GivenRows& given, std::int64_t index) const {
    return given.row(index, batch.classes);
  }

  /// The other classes of a row, from class i on as many as there are lanes. Where there is none, at the
  /// label and beyond the last class, the logit is so low that its exponential and p are 0.
  struct Others {
    const T *logits, *exponentials;
    T share, log_normaliser;

    P s(int i) const { return read(logits + i); }
    auto exist(int i) const { return s(i) > nothing / 2; }
    // From normalise() on:
    P exponential(int i) const { return read(exponentials + i); }  // e^{s − highest_other}
    P p(int i) const { return exponential(i) * share; }
    P log_p(int i) const { return s(i) - log_normaliser; }
  };
  Others others(int row) const {
    return {&logits_[row * stride], &exponentials_[row * stride], get(share_, row), get(log_normaliser, row)};
  }

  /// Memory for one number per class and row, `stride` from row to row, for one of the functions below.
  T* new_terms() {
    if (used_ == static_cast<int>(terms_.size())) terms_.push_back({std::vector<T>(capacity * stride), P{}});
    return terms_[used_].values.data();
  }
  T* terms_of(T* terms, int row) const { return terms + static_cast<std::ptrdiff_t>(row) * stride; }
  /// ∂ℓ/∂log p_i += factor·terms, of the other classes, with the terms written to new_terms() and their sums
  /// over each row. They must be 0 where there is no other class.
  void add_dlogp_others(const P& factor, const P& sums) {
    dlogp_others_sum_ += factor * sums;
    add_logit_gradient(factor);
  }
  /// The same as ∂ℓ/∂s_i; the label's goes to label_logit_gradient.
  void add_logit_gradient(const P& factor) { terms_[used_++].factor = factor; }

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
    return fold(values, [](T a, T b) { return a + b; });
  }
  static T highest(const P& values) {
    return fold(values, [](T a, T b) { return math::max(a, b); });
  }
  /// The numbers of the classes from i on, in a row.
  static P read(const T* row, int i) { return read(row + i); }
  static P read(const GivenRow& row, int i) {
    P values{};
    const int count = std::min(lanes, row.classes - i);
    for (int lane = 0; lane < count; ++lane) set(values, lane, row[i + lane]);
    return values;
  }
  static void write(T* row, int i, const P& values) { write(row + i, values); }
  /// `value` for class `index`, where that is among the classes from i on, and 0 for the others.
  static P at_class(int index, int i, T value) {
    P values{};
    if (index >= i && index < i + lanes) set(values, index - i, value);
    return values;
  }

 private:
  static P read(const T* from) {
    P values;
    std::memcpy(&values, from, sizeof values);
    return values;
  }
  static void write(T* to, const P& values) { std::memcpy(to, &values, sizeof values); }

  static constexpr int cached_values = 2048;
  static constexpr T nothing = T(-1e30);  // the logit of a class that is left out

  /// All lanes as one, by halves, which the compiler makes vector operations of.
  template <class Fold>
  static T fold(const P& values, Fold two) {
    T folded[lanes];
    std::memcpy(folded, &values, sizeof values);
    for (int half = lanes / 2; half > 0; half /= 2)
      for (int i = 0; i < half; ++i) folded[i] = two(folded[i], folded[i + half]);
    return folded[0];
  }

  struct Terms {
    std::vector<T> values;
    P factor;
  };

  P share_{};  // p_i of another class is its exponential times this
  P dlogp_others_sum_{};
  bool is_normalised_ = false;
  std::vector<T> logits_, exponentials_;
  std::vector<Terms> terms_;
  int used_ = 0;  // of terms_
};

template <class P>
void RowBlock<P>::load(const T* logits, std::int64_t first, int count) {
  first_row = first;
  rows = count;
  value = label_weight = dlogp_label = label_logit_gradient = dlogp_others_sum_ = label_logit =
      highest_other = P{};
  is_normalised_ = false;
  used_ = 0;
  for (int row = 0; row < rows; ++row) {
    T* copy = &logits_[row * stride];
    std::memcpy(copy, logits + (first + row) * batch.classes, batch.classes * sizeof(T));
    std::fill(copy + batch.classes, copy + stride, nothing);
    set(label_logit, row, std::exchange(copy[label_of(row)], nothing));
    P top = read(copy);
    for (int i = lanes; i < stride; i += lanes) top = math::max(top, read(copy + i));
    set(highest_other, row, highest(top));
  }
}

template <class P>
void RowBlock<P>::normalise() {
  other_exponentials = math::constant<P>(1);
  for (int row = 0; row < rows; ++row) {
    const T shift = get(highest_other, row);
    P total{};
    for (int i = 0; i < stride; i += lanes) {
      const P exponential = math::exp(read(&logits_[row * stride + i]) - shift);
      write(&exponentials_[row * stride + i], exponential);
      total += exponential;
    }
    set(other_exponentials, row, sum(total));
  }
  margin = label_logit - highest_other - math::log(other_exponentials);
  label = Probability<P>::of_margin(margin);
  log_normaliser = label_logit - label.log_p;
  share_ = label.complement / other_exponentials;
  is_normalised_ = true;
}

template <class P>
void RowBlock<P>::finish(T* values, T* gradient) const {
  for (int row = 0; values && row < rows; ++row) values[first_row + row] = get(value, row);
  if (!gradient) return;
  P softmax_factor{}, label_gradient = label_logit_gradient;
  if (is_normalised_) {
    // Of p_j·Σ ∂ℓ/∂log p_i and the margin's share of w, both proportional to e^{s_j}.
    softmax_factor =
        (label_weight - label.complement * (dlogp_label + dlogp_others_sum_)) / other_exponentials;
    label_gradient += dlogp_label * label.complement - label.p * dlogp_others_sum_ - label_weight;
  }
  for (int row = 0; row < rows; ++row) {
    T* out = gradient + (first_row + row) * batch.classes;
    const T* exponential = &exponentials_[row * stride];
    const T factor = is_normalised_ ? get(softmax_factor, row) : T{};
    if (used_ == 0) {
      for (int i = 0; i < batch.classes; ++i) out[i] = exponential[i] * factor;
    } else {
      const T* terms = &terms_[0].values[row * stride];
      const T terms_factor = get(terms_[0].factor, row);
      for (int i = 0; i < batch.classes; ++i) out[i] = exponential[i] * factor + terms[i] * terms_factor;
    }
    for (int more = 1; more < used_; ++more) {
      const T* terms = &terms_[more].values[row * stride];
      const T terms_factor = get(terms_[more].factor, row);
      for (int i = 0; i < batch.classes; ++i) out[i] += terms[i] * terms_factor;
    }
    out[label_of(row)] = get(label_gradient, row);
  }
}

}  // namespace noisegate
