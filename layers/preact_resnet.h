// The pre-activation residual network that GJS calls PreAct-ResNet-34 and that label confidence (Ahn et al.
// 2023) trains: 3×3 stem without norm, stages of widths 32, 64, 128 with five blocks each, the shortcut taken
// from the activated input where the shape changes (He et al., "Identity mappings in deep residual networks",
// 2016).
//
// Parameter names (conv1, layer1.0.bn1, layer1.0.conv1, layer2.0.shortcut.0, bn, linear) and initialisation
// (PyTorch's defaults) are those of GJS's code.
#pragma once

#include "layers/batch_norm.h"
#include "layers/conv2d.h"
#include "layers/linear.h"
#include "layers/named_model.h"

#include <memory>
#include <vector>

namespace noisegate {

/// x (N,H,W,channels) → logits (N,classes).
class PreActResNet : public Module {
 public:
  /// `blocks` per stage: {5, 5, 5}.
  PreActResNet(const std::vector<int>& blocks, int channels, int classes, std::uint64_t seed);
  Variable forward(const Variable& x) override;

 private:
  std::shared_ptr<Conv2d> conv1_;
  std::vector<std::shared_ptr<Module>> blocks_;
  std::shared_ptr<BatchNorm> bn_;
  std::shared_ptr<Linear> linear_;
};

NamedModel preact_resnet34_model();

}  // namespace noisegate
