// Convolution with its weight and, where asked for, bias. Maths: conv2d in engine/ops.h.
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

/// x (N,H,W,inputs) → (N,⌈H/stride⌉,⌈W/stride⌉,outputs): an odd kernel, padded by half of it.
class Conv2d : public Module {
 public:
  Conv2d(int inputs, int outputs, Conv2dOptions options, Initializer& initializer);
  Variable forward(const Variable& x) override { return (*this)(x); }
  /// With moments where there are any, for the batch norm behind it.
  VariableWithMoments operator()(const Variable& x) const;

 private:
  Variable weight_, bias_;
  ConvolutionWindow window_;
};

}  // namespace noisegate
