#include "layers/resnet.h"

#include <utility>

#include <fmt/format.h>

namespace noisegate {
namespace {

using Stem = ResNetOptions::Stem;

InitializationScheme initialization(Stem stem) {
  using Scheme = InitializationScheme;
  if (stem == Stem::imagenet) return {.convolution = Scheme::Convolution::he_normal};
  return {.convolution = Scheme::Convolution::he_uniform, .linear = Scheme::Linear::xavier_uniform};
}

/// The way around a block's convolutions: the identity, or a 1×1 convolution and batch norm where the shape
/// changes.
class Shortcut {
 public:
  Shortcut() = default;
  Shortcut(std::shared_ptr<Conv2d> convolution, std::shared_ptr<BatchNorm> norm)
      : convolution_(std::move(convolution)), norm_(std::move(norm)) {}

  Variable operator()(const Variable& x) const { return convolution_ ? (*norm_)((*convolution_)(x)) : x; }

 private:
  std::shared_ptr<Conv2d> convolution_;
  std::shared_ptr<BatchNorm> norm_;
};

struct BlockShape {
  int inputs, width, stride;
  Stem stem;
};

class Block : public Module {
 protected:
  Shortcut add_shortcut(const BlockShape& shape, int outputs, Initializer& initializer) {
    if (shape.stride == 1 && shape.inputs == outputs) return {};
    const std::string name = shape.stem == Stem::cifar ? "shortcut" : "downsample";
    const Conv2dOptions pointwise{.kernel = 1, .stride = shape.stride};
    auto convolution = std::make_shared<Conv2d>(shape.inputs, outputs, pointwise, initializer);
    return {add_module(name + ".0", convolution),
            add_module(name + ".1", std::make_shared<BatchNorm>(outputs))};
  }
};

class BasicBlock : public Block {
 public:
  static constexpr int expansion = 1;

  BasicBlock(const BlockShape& shape, Initializer& initializer) {
    const auto [inputs, width, stride, stem] = shape;
    conv1_ = add_module(
        "conv1", std::make_shared<Conv2d>(inputs, width, Conv2dOptions{.stride = stride}, initializer));
    bn1_ = add_module("bn1", std::make_shared<BatchNorm>(width));
    conv2_ = add_module("conv2", std::make_shared<Conv2d>(width, width, Conv2dOptions{}, initializer));
    bn2_ = add_module("bn2", std::make_shared<BatchNorm>(width));
    shortcut_ = add_shortcut(shape, width, initializer);
  }

  Variable forward(const Variable& x) override {
    const Variable hidden = bn1_->relu((*conv1_)(x));
    return bn2_->add_relu((*conv2_)(hidden), shortcut_(x));
  }

 private:
  std::shared_ptr<Conv2d> conv1_, conv2_;
  std::shared_ptr<BatchNorm> bn1_, bn2_;
  Shortcut shortcut_;
};

class Bottleneck : public Block {
 public:
  static constexpr int expansion = 4;

  Bottleneck(const BlockShape& shape, Initializer& initializer) {
    const auto [inputs, width, stride, stem] = shape;
    const int outputs = expansion * width;
    const Conv2dOptions pointwise{.kernel = 1};
    conv1_ = add_module("conv1", std::make_shared<Conv2d>(inputs, width, pointwise, initializer));
    bn1_ = add_module("bn1", std::make_shared<BatchNorm>(width));
    conv2_ = add_module("conv2",
                        std::make_shared<Conv2d>(width, width, Conv2dOptions{.stride = stride}, initializer));
    bn2_ = add_module("bn2", std::make_shared<BatchNorm>(width));
    conv3_ = add_module("conv3", std::make_shared<Conv2d>(width, outputs, pointwise, initializer));
    bn3_ = add_module("bn3", std::make_shared<BatchNorm>(outputs));
    shortcut_ = add_shortcut(shape, outputs, initializer);
  }

  Variable forward(const Variable& x) override {
    Variable hidden = bn1_->relu((*conv1_)(x));
    hidden = bn2_->relu((*conv2_)(hidden));
    return bn3_->add_relu((*conv3_)(hidden), shortcut_(x));
  }

 private:
  std::shared_ptr<Conv2d> conv1_, conv2_, conv3_;
  std::shared_ptr<BatchNorm> bn1_, bn2_, bn3_;
  Shortcut shortcut_;
};

}  // namespace

ResNet::ResNet(const ResNetOptions& options, int channels, int classes, std::uint64_t seed)
    : stem_(options.stem) {
  Initializer initializer(seed, initialization(stem_));
  const auto stem = stem_ == Stem::cifar ? Conv2dOptions{} : Conv2dOptions{.kernel = 7, .stride = 2};
  conv1_ = add_module("conv1", std::make_shared<Conv2d>(channels, 64, stem, initializer));
  bn1_ = add_module("bn1", std::make_shared<BatchNorm>(64));

  int inputs = 64;
  for (std::size_t stage = 0; stage < options.blocks.size(); ++stage) {
    const int width = 64 << stage;
    for (int i = 0; i < options.blocks[stage]; ++i) {
      const BlockShape shape{inputs, width, stage > 0 && i == 0 ? 2 : 1, stem_};
      std::shared_ptr<Module> block;
      if (options.bottleneck) {
        block = std::make_shared<Bottleneck>(shape, initializer);
      } else {
        block = std::make_shared<BasicBlock>(shape, initializer);
      }
      blocks_.push_back(add_module(fmt::format("layer{}.{}", stage + 1, i), block));
      inputs = width * (options.bottleneck ? Bottleneck::expansion : BasicBlock::expansion);
    }
  }
  const std::string name = stem_ == Stem::cifar ? "linear" : "fc";
  classifier_ = add_module(name, std::make_shared<Linear>(inputs, classes, initializer));
}

Variable ResNet::forward(const Variable& x) {
  Variable features = bn1_->relu((*conv1_)(x));
  if (stem_ == Stem::imagenet) features = max_pool2d(features, {.size = 3, .stride = 2, .padding = 1});
  for (const auto& block : blocks_) features = (*block)(features);
  return (*classifier_)(global_average_pool(features));
}

namespace {

std::unique_ptr<Module> make_resnet(const Values& values, const ModelRequest& request,
                                    std::vector<int> blocks, bool bottleneck) {
  const bool imagenet = values.word("stem") == "imagenet";
  require_side(values, request, imagenet ? 32 : 8);
  const ResNetOptions options{.blocks = std::move(blocks),
                              .bottleneck = bottleneck,
                              .stem = imagenet ? ResNetOptions::Stem::imagenet : ResNetOptions::Stem::cifar};
  return std::make_unique<ResNet>(options, request.format.channels, request.classes, request.seed);
}

NamedModel entry(const char* name, const char* what, decltype(NamedModel::make) make) {
  return {{{.name = name,
            .what = what,
            .paper = "He et al., Deep Residual Learning, CVPR 2016",
            .parameters = {parameter::one_of("stem", {"cifar", "imagenet"},
                                             "3x3, or 7x7 and a pool, for images of 224 pixels")}},
           make}};
}

}  // namespace

NamedModel resnet18_model() {
  return entry("resnet18", "ResNet-18", [](const Values& values, const ModelRequest& request) {
    return make_resnet(values, request, {2, 2, 2, 2}, /*bottleneck=*/false);
  });
}

NamedModel resnet34_model() {
  return entry("resnet34", "ResNet-34", [](const Values& values, const ModelRequest& request) {
    return make_resnet(values, request, {3, 4, 6, 3}, /*bottleneck=*/false);
  });
}

NamedModel resnet50_model() {
  return entry("resnet50", "ResNet-50 with bottleneck blocks",
               [](const Values& values, const ModelRequest& request) {
                 return make_resnet(values, request, {3, 4, 6, 3}, /*bottleneck=*/true);
               });
}

}  // namespace noisegate
