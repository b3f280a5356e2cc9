#include "layers/preact_resnet.h"

#include <fmt/format.h>

namespace noisegate {
namespace {

class PreActBlock : public Module {
 public:
  PreActBlock(int inputs, int width, int stride, Initializer& initializer) {
    bn1_ = add_module("bn1", std::make_shared<BatchNorm>(inputs));
    conv1_ = add_module(
        "conv1", std::make_shared<Conv2d>(inputs, width, Conv2dOptions{.stride = stride}, initializer));
    bn2_ = add_module("bn2", std::make_shared<BatchNorm>(width));
    conv2_ = add_module("conv2", std::make_shared<Conv2d>(width, width, Conv2dOptions{}, initializer));
    if (stride == 1 && inputs == width) return;
    const Conv2dOptions pointwise{.kernel = 1, .stride = stride};
    shortcut_ = add_module("shortcut.0", std::make_shared<Conv2d>(inputs, width, pointwise, initializer));
  }

  Variable forward(const Variable& x) override {
    const Variable activated = bn1_->relu(x);
    const Variable shortcut = shortcut_ ? shortcut_->forward(activated) : x;
    const Variable hidden = bn2_->relu((*conv1_)(activated));
    return add((*conv2_)(hidden), shortcut);
  }

 private:
  std::shared_ptr<BatchNorm> bn1_, bn2_;
  std::shared_ptr<Conv2d> conv1_, conv2_, shortcut_;
};

}  // namespace

PreActResNet::PreActResNet(const std::vector<int>& blocks, int channels, int classes, std::uint64_t seed) {
  Initializer initializer(seed, InitializationScheme{});
  int inputs = 32;
  conv1_ = add_module("conv1", std::make_shared<Conv2d>(channels, inputs, Conv2dOptions{}, initializer));
  for (std::size_t stage = 0; stage < blocks.size(); ++stage) {
    const int width = 32 << stage;
    for (int i = 0; i < blocks[stage]; ++i) {
      const int stride = stage > 0 && i == 0 ? 2 : 1;
      auto block = std::make_shared<PreActBlock>(inputs, width, stride, initializer);
      blocks_.push_back(add_module(fmt::format("layer{}.{}", stage + 1, i), block));
      inputs = width;
    }
  }
  bn_ = add_module("bn", std::make_shared<BatchNorm>(inputs));
  linear_ = add_module("linear", std::make_shared<Linear>(inputs, classes, initializer));
}

Variable PreActResNet::forward(const Variable& x) {
  Variable features = (*conv1_)(x);
  for (const auto& block : blocks_) features = (*block)(features);
  return (*linear_)(global_average_pool(bn_->relu(features)));
}

NamedModel preact_resnet34_model() {
  const auto make = [](const Values& values, const ModelRequest& request) -> std::unique_ptr<Module> {
    require_side(values, request, 4);
    return std::make_unique<PreActResNet>(std::vector{5, 5, 5}, request.format.channels, request.classes,
                                          request.seed);
  };
  return {{{.name = "preact-resnet34",
            .what = "pre-activation ResNet, widths 32 64 128, five blocks each (GJS)",
            .paper = "He et al., Identity Mappings in Deep Residual Networks, ECCV 2016"},
           make}};
}

}  // namespace noisegate
