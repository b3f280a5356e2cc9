// Elementary functions of sixteen floats at once, within two units in the last place over their range, by
// argument reduction and a Taylor series whose remainder is below float's rounding.
#pragma once

#include "engine/lanes.h"

#include <bit>
#include <cmath>
#include <initializer_list>
#include <limits>

namespace noisegate::math {

inline Lanes select(LaneMask condition, Lanes a, Lanes b) {
  return condition ? a : b;
}

namespace detail {

/// x = n·ln 2 + r with |r| ≤ ln 2 / 2; ln 2 in two parts, so that n·ln 2 is taken off without rounding.
struct Reduced {
  LaneMask n;
  Lanes r;
};
inline Reduced reduce(Lanes x) {
  constexpr float log2_e = 1.44269504088896341f, ln2_high = 0.693359375f, ln2_low = -2.12194440054690583e-4f;
  constexpr float to_integer = 0x1.8p23f;  // adding it rounds away the fraction
  const Lanes n = (x * log2_e + to_integer) - to_integer;
  return {__builtin_convertvector(n, LaneMask), (x - n * ln2_high) - n * ln2_low};
}

/// e^r − 1 for |r| ≤ ln 2 / 2, by its series to r^7: the next term is below 6e-9.
inline Lanes expm1_of_reduced(Lanes r) {
  Lanes sum = broadcast(1.0f / 5040);
  for (const float coefficient : {1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f})
    sum = sum * r + coefficient;
  return sum * (r * r) + r;
}

/// 2^n for −126 ≤ n ≤ 127.
inline Lanes power_of_two(LaneMask n) {
  return std::bit_cast<Lanes>((n + 127) << 23);
}

constexpr float least_exponent = -87.33654f, largest_exponent = 88.72283f;  // of float's normal numbers

}  // namespace detail

/// e^x; 0 below float's normal numbers, infinity above them.
inline Lanes exp(Lanes x) {
  using namespace detail;
  const Lanes inside = select(x < least_exponent, broadcast(least_exponent),
                              select(x > largest_exponent, broadcast(largest_exponent), x));
  const auto [n, r] = reduce(inside);
  const LaneMask half = n >> 1;  // 2^128 itself is no float
  const Lanes power = (expm1_of_reduced(r) + 1.0f) * power_of_two(half) * power_of_two(n - half);
  constexpr float infinity = std::numeric_limits<float>::infinity();
  return select(x < least_exponent, Lanes{}, select(x > largest_exponent, broadcast(infinity), power));
}

/// e^x − 1, exact for small x too; for x up to 88.
inline Lanes expm1(Lanes x) {
  using namespace detail;
  const auto [n, r] = reduce(select(x < least_exponent, broadcast(least_exponent), x));
  const Lanes power = power_of_two(n);
  return power * expm1_of_reduced(r) + (power - 1.0f);
}

/// log x for x ≥ 0; for 0 and denormals that of the least normal number, −87.3. NaN stays NaN.
inline Lanes log(Lanes x) {
  constexpr float least = std::numeric_limits<float>::min(), ln2_high = 0.693359375f,
                  ln2_low = -2.12194440054690583e-4f;
  constexpr std::int32_t mantissa = 0x007fffff, one = 0x3f800000, above_root_two = 0x3fb504f3;
  const LaneMask bits = std::bit_cast<LaneMask>(select(x < least, broadcast(least), x));
  // x = 2^n·(1 + f), with 1 + f between √½ and √2.
  const LaneMask fraction = (bits & mantissa) | one;
  const LaneMask halve = fraction > above_root_two ? LaneMask{} + 1 : LaneMask{};
  const Lanes n = __builtin_convertvector(((bits >> 23) & 0xff) - 127 + halve, Lanes);
  const Lanes f = std::bit_cast<Lanes>(fraction - (halve << 23)) - 1.0f;
  // log(1 + f) = 2·artanh s = 2s + s·R, R = 2/3·s² + 2/5·s⁴ + …, with s = f/(2 + f) and 2s = f − s·f.
  const Lanes s = f / (f + 2.0f), square = s * s;
  const Lanes rest = square * (square * (square * (square * (2.0f / 9) + 2.0f / 7) + 2.0f / 5) + 2.0f / 3);
  const Lanes log_fraction = f - s * (f - rest);
  return select(x == x, n * ln2_high + (n * ln2_low + log_fraction), x);  // NaN has no exponent
}

/// log(1 + x) for x > −1, exact for small x too.
inline Lanes log1p(Lanes x) {
  const Lanes sum = x + 1.0f;
  return log(sum) + (x - (sum - 1.0f)) / sum;  // what rounding took from the sum
}

inline Lanes sqrt(Lanes x) {
  float values[lane_count];  // an array becomes one instruction, the vector's elements would not
  std::memcpy(values, &x, sizeof x);
  for (float& value : values) value = std::sqrt(value);
  std::memcpy(&x, values, sizeof x);
  return x;
}

/// 1/√x for normal x > 0. Newton's steps from a first guess by the exponent cost less than root and division.
inline Lanes rsqrt(Lanes x) {
  constexpr std::int32_t magic = 0x5f375a86;  // halves and negates the exponent, within 0.2% for the rest
  Lanes y = std::bit_cast<Lanes>(magic - (std::bit_cast<LaneMask>(x) >> 1));
  for (int step = 0; step < 3; ++step) y = y * (1.5f - 0.5f * x * y * y);
  return y;
}

}  // namespace noisegate::math
