// Wide residual networks (Zagoruyko and Komodakis 2016) of depth D = 6n + 4 and width K: three stages of n
// pre-activation blocks with 16·K, 32·K and 64·K channels.
//
// style=sln is the network of "Noise against noise" (Chen et al. 2021): convolutions and shortcuts with bias,
// the stride on a block's second 3×3, the shortcut taken from the unactivated input, and a last batch norm
// whose running statistics take 0.9 of each batch's. Its code defines an initialisation of its own and never
// applies it, so the weights start as PyTorch's defaults. style=original is the network of the paper's code:
// no biases, the stride on the first 3×3, the shortcut taken from the activated input, convolutions
// He-normal, the linear bias zero. Parameter names of both (conv1, layer1.0.bn1, layer1.0.conv1,
// layer1.0.shortcut.0, bn1, linear) follow the code of SLN.
#pragma once

#include "layers/batch_norm.h"
#include "layers/conv2d.h"
#include "layers/linear.h"
#include "layers/named_model.h"

#include <memory>
#include <vector>

namespace noisegate {

struct WideResNetOptions {
  enum class Style { sln, original };

  int depth = 28;  // 6n + 4
  int width = 2;
  Style style = Style::sln;
};

/// x (N,H,W,channels) → logits (N,classes).
class WideResNet : public Module {
 public:
  WideResNet(const WideResNetOptions& options, int channels, int classes, std::uint64_t seed);
  Variable forward(const Variable& x) override;

 private:
  std::shared_ptr<Conv2d> conv1_;
  std::vector<std::shared_ptr<Module>> blocks_;
  std::shared_ptr<BatchNorm> bn1_;
  std::shared_ptr<Linear> linear_;
};

/// The entry of "wrn-28-2" and all other "wrn-D-K".
NamedModel wide_resnet_model();

}  // namespace noisegate
