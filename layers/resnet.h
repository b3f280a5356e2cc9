// Residual networks with post-activation blocks (He et al., "Deep residual learning for image recognition",
// 2016).
//
// stem=cifar: a 3×3 stem of stride 1 without pooling, as in OGC (Ye et al. 2025), GCE (Zhang and Sabuncu
// 2018) and the curriculum view (Ou and Zhang 2023). Parameter names (conv1, bn1, layer1.0.conv1,
// layer1.0.shortcut.0, linear) and initialisation (convolutions He-uniform, linear weight Xavier-uniform, its
// bias PyTorch's) follow the code of OGC and ANL. stem=imagenet: a 7×7 stem of stride 2 and a 3×3 max-pool
// for images of 224 pixels. Names (layer1.0.downsample.0, fc) and initialisation (convolutions He-normal,
// linear PyTorch's) follow torchvision, whose weights can be loaded.
#pragma once

#include "layers/batch_norm.h"
#include "layers/conv2d.h"
#include "layers/linear.h"
#include "layers/named_model.h"

#include <memory>
#include <vector>

namespace noisegate {

struct ResNetOptions {
  enum class Stem { cifar, imagenet };

  std::vector<int> blocks;  // per stage: {3, 4, 6, 3}
  bool bottleneck =
      false;  // 1×1, 3×3, 1×1 convolutions in a block (resnet50) instead of two 3×3 (resnet18, 34)
  Stem stem = Stem::cifar;
};

/// x (N,H,W,channels) → logits (N,classes).
class ResNet : public Module {
 public:
  ResNet(const ResNetOptions& options, int channels, int classes, std::uint64_t seed);
  Variable forward(const Variable& x) override;

 private:
  ResNetOptions::Stem stem_;
  std::shared_ptr<Conv2d> conv1_;
  std::shared_ptr<BatchNorm> bn1_;
  std::vector<std::shared_ptr<Module>> blocks_;
  std::shared_ptr<Linear> classifier_;
};

NamedModel resnet18_model(), resnet34_model(), resnet50_model();

}  // namespace noisegate
