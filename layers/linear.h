// A fully connected layer with bias. Maths: linear in engine/ops.h.
#pragma once

#include "layers/initialization.h"
#include "layers/module.h"

namespace noisegate {

/// x (N,inputs) → (N,outputs).
class Linear : public Module {
 public:
  Linear(int inputs, int outputs, Initializer& initializer);
  /// A layer that follows flatten, whose columns run over (H,W,C) = `image` here and over (C,H,W) in PyTorch.
  Linear(Shape image, int outputs, Initializer& initializer);

  Variable forward(const Variable& x) override;

 private:
  Linear(std::int64_t inputs, int outputs, Interchange interchange, Initializer& initializer);

  Variable weight_, bias_;
};

}  // namespace noisegate
