// What ops do to one element, the same for the CPU's loops and the CUDA kernels.
#pragma once

#include "engine/host_device.h"
#include "engine/math.h"

namespace noisegate {

struct Exp {
  NOISEGATE_HD float operator()(float x) const { return math::exp(x); }
};
struct Log {
  NOISEGATE_HD float operator()(float x) const { return math::log(x); }
};
struct Square {
  NOISEGATE_HD float operator()(float x) const { return x * x; }
};
struct Sigmoid {
  NOISEGATE_HD float operator()(float x) const { return 1 / (1 + math::exp(-x)); }
};

// Of the gradient and, as `v`, what the derivative is simplest in: y for exp and sigmoid, else x.
struct ExpBackward {
  NOISEGATE_HD float operator()(float gradient, float v) const { return gradient * v; }
};
struct LogBackward {
  NOISEGATE_HD float operator()(float gradient, float v) const { return gradient / v; }
};
struct SquareBackward {
  NOISEGATE_HD float operator()(float gradient, float v) const { return 2 * gradient * v; }
};
struct SigmoidBackward {
  NOISEGATE_HD float operator()(float gradient, float v) const { return gradient * v * (1 - v); }
};

struct Combine {
  float alpha, beta;
  NOISEGATE_HD float operator()(float a, float b) const { return alpha * a + beta * b; }
};
struct Multiply {
  NOISEGATE_HD float operator()(float a, float b) const { return a * b; }
};
struct Affine {
  float factor, offset;
  NOISEGATE_HD float operator()(float x) const { return factor * x + offset; }
};
struct Relu {
  NOISEGATE_HD float operator()(float x) const { return x < 0 ? 0 : x; }  // NaN stays NaN
};
struct ReluBackward {
  NOISEGATE_HD float operator()(float gradient, float y) const { return y > 0 ? gradient : 0; }
};

}  // namespace noisegate
