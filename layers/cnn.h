// The plain convolutional networks of "Asymmetric loss functions" (AGCE, AUL, AEL), which Ou and Zhang (2023)
// and ANL also train: stages of 3×3 convolutions with batch norm and ReLU, each ended by a 2×2 max-pool, and
// two linear layers with batch norm and ReLU between them.
//
// Parameter names (block1.0.conv.0, block1.0.conv.1, fc1.0, fc1.1, fc2) and initialisation (convolutions
// He-uniform, linear weights Xavier-uniform, biases PyTorch's) are those of that paper's code.
#pragma once

#include "layers/batch_norm.h"
#include "layers/conv2d.h"
#include "layers/linear.h"
#include "layers/named_model.h"

#include <memory>
#include <vector>

namespace noisegate {

struct CnnOptions {
  std::vector<int> widths;  // one per stage: {64, 128, 196}
  int convolutions = 2;     // per stage
  int hidden = 256;         // width between the two linear layers
};

/// x (N,H,W,C) → logits (N,classes), for images of one size (H,W,C): the first linear layer fits no other.
class Cnn : public Module {
 public:
  Cnn(const CnnOptions& options, Shape image, int classes, std::uint64_t seed);
  Variable forward(const Variable& x) override;

 private:
  std::vector<std::vector<std::shared_ptr<Module>>> stages_;
  std::shared_ptr<Linear> fc1_, fc2_;
  std::shared_ptr<BatchNorm> norm_;
};

NamedModel cnn8_model(), cnn4_model();

}  // namespace noisegate
