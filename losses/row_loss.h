// Losses of the whole row that can be written as ℓ(log p_y, Σ_{i≠y} term(log p_i)): one pass over the classes
// for the sum and its slopes, then the rest from a number a row. A loss is a functor of
//   term(p_i)                    → its value and its slope over log p_i
//   combine(p_y, sum, classes)   → ℓ, ∂ℓ/∂log p_y and ∂ℓ/∂sum
#pragma once

#include "losses/margin_loss.h"

#include <cmath>

namespace noisegate {

template <class T>
struct Combined {
  T value;
  T own;     // ∂ℓ/∂log p_y
  T others;  // ∂ℓ/∂sum
};

/// ℓ(p_y) / Σ_i ℓ(p_i) of a loss F of p_y (Ma et al. 2020): nce, nfl, ngce.
template <class F>
struct Normalized {
  F loss;

  template <class T>
  NOISEGATE_HD Term<T> term(const Probability<T>& i) const {
    if constexpr (requires { loss.term(i); }) {
      return loss.term(i);
    } else {
      return {loss.value(i), loss.log_slope(i)};
    }
  }
  template <class T>
  NOISEGATE_HD Combined<T> combine(const Probability<T>& y, T sum, int) const {
    const T own = loss.value(y), total = own + sum;
    return {own / total, loss.log_slope(y) * (sum / (total * total)), -own / (total * total)};
  }
};

/// 1 − ℓ(p_y) / Σ_i ℓ(p_i): with a negative loss as ℓ the normalized negative losses (Ye et al. 2023).
template <class F>
struct NormalizedComplement {
  Normalized<F> normalized;

  template <class T>
  NOISEGATE_HD Term<T> term(const Probability<T>& i) const {
    return normalized.term(i);
  }
  template <class T>
  NOISEGATE_HD Combined<T> combine(const Probability<T>& y, T sum, int classes) const {
    const Combined<T> c = normalized.combine(y, sum, classes);
    return {-c.value + 1.0f, -c.own, -c.others};
  }
};

/// Negative cross entropy, A + log p with A = −log 1e-7, p at least 1e-7 (Ye et al. 2023).
struct NegativeCrossEntropy {
  static constexpr double least_p = 1e-7;

  template <class T>
  NOISEGATE_HD T value(const Probability<T>& y) const {
    return math::max(y.log_p - math::constant<T>(std::log(least_p)), T{});
  }
  template <class T>
  NOISEGATE_HD T log_slope(const Probability<T>& y) const {
    return math::select(y.log_p > math::constant<T>(std::log(least_p)), math::constant<T>(1), T{});
  }
};

/// Negative focal loss, A − fl(p) with A = fl(1e-7), p at least 1e-7 (ibid.).
struct NegativeFocalLoss {
  FocalLoss focal;

  template <class T>
  NOISEGATE_HD T value(const Probability<T>& y) const {
    const double a =
        -std::pow(1 - NegativeCrossEntropy::least_p, focal.gamma) * std::log(NegativeCrossEntropy::least_p);
    return math::max(math::constant<T>(a) - focal.value(y), T{});
  }
  template <class T>
  NOISEGATE_HD T log_slope(const Probability<T>& y) const {
    return NegativeCrossEntropy{}.log_slope(y) * -focal.log_slope(y);
  }
  template <class T>
  NOISEGATE_HD Term<T> term(const Probability<T>& y) const {
    const Term<T> loss = focal.term(y);
    return {math::max(a<T>() - loss.value, T{}), NegativeCrossEntropy{}.log_slope(y) * -loss.slope};
  }

 private:
  template <class T>
  NOISEGATE_HD T a() const {
    const double p = NegativeCrossEntropy::least_p;
    return math::constant<T>(-std::pow(1 - p, focal.gamma) * std::log(p));
  }
};

/// Mean square error, Σ_i (1[i=y] − p_i)² = (1 − p_y)² + Σ_{i≠y} p_i² (Ghosh et al. 2017).
struct MeanSquareError {
  template <class T>
  NOISEGATE_HD Term<T> term(const Probability<T>& i) const {
    return {i.p * i.p, 2.0f * i.p * i.p};
  }
  template <class T>
  NOISEGATE_HD Combined<T> combine(const Probability<T>& y, T sum, int) const {
    return {y.complement * y.complement + sum, -2.0f * y.complement * y.p, math::constant<T>(1)};
  }
};

/// Label smoothing, KL(t ‖ p) with t = (1−α) e_y + α/K (Szegedy et al. 2016; negative α: Wei et al. 2021).
/// Its constant Σ t log t leaves out what is negative of t.
struct LabelSmoothing {
  double alpha;

  template <class T>
  NOISEGATE_HD Term<T> term(const Probability<T>& i) const {
    return {i.log_p, math::constant<T>(1)};
  }
  template <class T>
  NOISEGATE_HD Combined<T> combine(const Probability<T>& y, T sum, int classes) const {
    const double other = alpha / classes, label = 1 - alpha + other;
    const double constant = entropy_term(label) + (classes - 1) * entropy_term(other);
    return {math::constant<T>(constant) - math::constant<T>(label) * y.log_p - math::constant<T>(other) * sum,
            math::constant<T>(-label), math::constant<T>(-other)};
  }
  NOISEGATE_HD static double entropy_term(double t) { return t > 0 ? t * std::log(t) : 0; }
};

/// Soft bootstrapping, −Σ t_i log p_i with t = β e_y + (1−β) p, of which p has its gradient too (Reed et al.
/// 2014).
struct SoftBootstrapping {
  double beta;

  template <class T>
  NOISEGATE_HD Term<T> term(const Probability<T>& i) const {
    return {i.p * i.log_p, i.p * (i.log_p + 1.0f)};
  }
  template <class T>
  NOISEGATE_HD Combined<T> combine(const Probability<T>& y, T sum, int) const {
    const T label = math::constant<T>(beta), rest = math::constant<T>(1 - beta);
    const Term<T> own = term(y);
    return {-label * y.log_p - rest * (sum + own.value), -label - rest * own.slope, -rest};
  }
};

/// `F` is one of the functors above.
template <class F>
struct RowRule {
  static constexpr bool needs_softmax = true;
  F loss;

  template <class Block>
  NOISEGATE_DEVICE void add_to(Block& block, typename Block::T factor) const {
    using P = typename Block::Number;
    const F copy = loss;  // copies, which what is written through `to` cannot change: they stay in registers
    const int end = block.stride;
    const auto slopes = block.new_slopes();
    P sums{}, slope_sums{};
    for (int row = 0; row < block.rows; ++row) {
      const auto others = block.others(row);
      const auto to = block.slopes_of(slopes, row);
      P sum{}, slope_sum{};
      for (int i = 0; i < end; i += block.lanes) {
        const Term<P> term = other_term<P>(copy, others, i);
        sum += term.value;
        slope_sum += term.slope;
        block.write(to, i, term.slope);
      }
      block.set(sums, row, block.sum(sum));
      block.set(slope_sums, row, block.sum(slope_sum));
    }
    const Combined<P> combined = loss.combine(block.label, sums, block.classes());
    block.value += combined.value * factor;
    block.own += combined.own * factor;
    block.add_direct(combined.others * factor, slope_sums);
  }

 private:
  /// The terms of a row's classes from i on, 0 where there is no other class.
  template <class P, class Others>
  NOISEGATE_DEVICE static Term<P> other_term(const F& loss_of, const Others& others, int i) {
    const P p = others.p(i), complement = -p + 1.0f, least = math::constant<P>(least_normal);
    const Term<P> term =
        loss_of.term(Probability<P>{p, complement, others.log_p(i), math::log(math::max(complement, least))});
    const auto exist = others.exist(i);
    return {math::select(exist, term.value, P{}), math::select(exist, term.slope, P{})};
  }
};

}  // namespace noisegate
