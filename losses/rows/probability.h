// A softmax probability with what losses need beside it, each exact where the others have rounded to 0 or 1.
#pragma once

#include "engine/math.h"

#include <limits>

namespace noisegate {

/// The least normal float, below which no logarithm is taken; and the spacing of the numbers above 1.
inline constexpr double least_normal = std::numeric_limits<float>::min();
template <class T>
inline constexpr T spacing_at_one = std::numeric_limits<T>::epsilon();

/// p, 1 − p and their logarithms, of one class or, with Lanes, of sixteen. What a loss does not read costs
/// nothing: it is never computed.
template <class T>
struct Probability {
  T p, complement, log_p, log_complement;

  /// From the margin Δ = s_y − log Σ_{i≠y} e^{s_i} of class y, of which p_y is the sigmoid.
  NOISEGATE_HD static Probability of_margin(T margin) {
    const T smaller = math::log1p(math::exp(-math::abs(margin)));
    const auto positive = margin > T{};
    const T log_p = math::select(positive, -smaller, margin - smaller);
    const T log_complement = math::select(positive, -margin - smaller, -smaller);
    return {math::exp(log_p), math::exp(log_complement), log_p, log_complement};
  }
};

}  // namespace noisegate
