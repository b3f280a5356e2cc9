// Convolution with its weight and an optional bias. Maths: conv2d in engine/ops.h.
#pragma once

#include "engine/ops.h"
#include "layers/initialization.h"
#include "layers/module.h"

namespace noisegate {

struct Conv2dOptions {
  int kernel = 3;
  int stride = 1;
  bool bias = false;
};

/// x (N,H,W,inputs) → (N,⌈H/stride⌉,⌈W/stride⌉,outputs): an odd kernel, padded by half its size.
class Conv2d : public Module {
 public:
  Conv2d(int inputs, int outputs, Conv2dOptions options, Initializer& initializer);
  Variable forward(const Variable& x) override { return (*this)(x); }
  /// Also returns the moments of the output, if the backend has them, for the batch norm that follows.
  VariableWithMoments operator()(const Variable& x) const;

 private:
  Variable weight_, bias_;
  ConvolutionWindow window_;
};

}  // namespace noisegate
