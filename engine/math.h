// The elementary functions under one name for every scalar: float and double, on the host and in CUDA
// kernels, and Lanes, sixteen floats at once. A functor written with them serves the CPU's loops, the CUDA
// kernels and the tests, which call it in double.
#pragma once

#include "engine/host_device.h"

#include <cmath>

#ifndef __CUDACC__
#include "engine/lanes_math.h"
#endif

namespace noisegate::math {

/// The type of one lane.
template <class T>
struct ScalarOf {
  using Type = T;
};
#ifndef __CUDACC__
template <>
struct ScalarOf<Lanes> {
  using Type = float;
};
#endif
template <class T>
using Scalar = typename ScalarOf<T>::Type;

NOISEGATE_HD inline float exp(float x) {
  return ::expf(x);
}
NOISEGATE_HD inline double exp(double x) {
  return ::exp(x);
}
NOISEGATE_HD inline float log(float x) {
  return ::logf(x);
}
NOISEGATE_HD inline double log(double x) {
  return ::log(x);
}
NOISEGATE_HD inline float expm1(float x) {
  return ::expm1f(x);
}
NOISEGATE_HD inline double expm1(double x) {
  return ::expm1(x);
}
NOISEGATE_HD inline float log1p(float x) {
  return ::log1pf(x);
}
NOISEGATE_HD inline double log1p(double x) {
  return ::log1p(x);
}
NOISEGATE_HD inline float sqrt(float x) {
  return ::sqrtf(x);
}
NOISEGATE_HD inline double sqrt(double x) {
  return ::sqrt(x);
}

NOISEGATE_HD inline float rsqrt(float x) {
  return 1 / ::sqrtf(x);
}
NOISEGATE_HD inline double rsqrt(double x) {
  return 1 / ::sqrt(x);
}

/// A constant of a formula as T, in every lane.
template <class T>
NOISEGATE_HD T constant(double value) {
  return T{} + static_cast<Scalar<T>>(value);
}

/// a where `condition` holds, else b, lane by lane. Both are evaluated.
template <class T>
NOISEGATE_HD T select(bool condition, T a, T b) {
  return condition ? a : b;
}

template <class T>
NOISEGATE_HD T max(T a, T b) {
  return select(a > b, a, b);
}

/// |x|.
template <class T>
NOISEGATE_HD T abs(T x) {
  return max(x, -x);
}

}  // namespace noisegate::math
