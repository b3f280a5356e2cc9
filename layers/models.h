// The models by name. Parameter counts and initialisation follow the reference code of the papers that train
// them, and so do parameter names, so that weights can be exchanged with PyTorch.
#pragma once

#include "engine/registry.h"
#include "layers/module.h"

#include <memory>
#include <string>
#include <vector>

namespace noisegate {

struct ImageFormat {
  int height = 32, width = 32, channels = 3;
};

/// The entry of all wide ResNets: "wrn-28-2".
std::vector<Description> list_models();

/// Throws Error for an unknown model name, without making a model; does not check its parameters.
void require_model(const Spec& spec);

/// `spec`: resnet18, resnet34, resnet50, preact-resnet34, wrn-D-K (any D = 6n+4), cnn8, cnn4, with their
/// parameters (`stem=cifar|imagenet`, `style=sln|original`, …). Weights are drawn from (seed,
/// Purpose::initialisation), the same for every device. Throws Error for an unknown name or key and for
/// images that the model cannot take.
std::unique_ptr<Module> make_model(const Spec& spec, ImageFormat format, int classes, std::uint64_t seed,
                                   Device device = Device::cpu);

}  // namespace noisegate
