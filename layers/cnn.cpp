#include "layers/cnn.h"

#include <fmt/format.h>

namespace noisegate {
namespace {

/// Convolution with bias, batch norm, ReLU.
class ConvUnit : public Module {
 public:
  ConvUnit(int inputs, int outputs, Initializer& initializer) {
    conv_ = add_module("conv.0",
                       std::make_shared<Conv2d>(inputs, outputs, Conv2dOptions{.bias = true}, initializer));
    norm_ = add_module("conv.1", std::make_shared<BatchNorm>(outputs));
  }
  Variable forward(const Variable& x) override { return norm_->relu((*conv_)(x)); }

 private:
  std::shared_ptr<Conv2d> conv_;
  std::shared_ptr<BatchNorm> norm_;
};

}  // namespace

Cnn::Cnn(const CnnOptions& options, Shape image, int classes, std::uint64_t seed) {
  Initializer initializer(seed, {.convolution = InitializationScheme::Convolution::he_uniform,
                                 .linear = InitializationScheme::Linear::xavier_uniform});
  auto height = image[0], width = image[1];
  int channels = static_cast<int>(image[2]);
  for (const int stage_width : options.widths) {
    auto& stage = stages_.emplace_back();
    for (int i = 0; i < options.convolutions; ++i) {
      auto unit = std::make_shared<ConvUnit>(channels, stage_width, initializer);
      stage.push_back(add_module(fmt::format("block{}.{}", stages_.size(), i), unit));
      channels = stage_width;
    }
    height /= 2;
    width /= 2;
  }
  fc1_ = add_module("fc1.0",
                    std::make_shared<Linear>(Shape{height, width, channels}, options.hidden, initializer));
  norm_ = add_module("fc1.1", std::make_shared<BatchNorm>(options.hidden));
  fc2_ = add_module("fc2", std::make_shared<Linear>(options.hidden, classes, initializer));
}

Variable Cnn::forward(const Variable& x) {
  Variable features = x;
  for (const auto& stage : stages_) {
    for (const auto& unit : stage) features = (*unit)(features);
    features = max_pool2d(features, {.size = 2, .stride = 2});
  }
  return (*fc2_)(norm_->relu((*fc1_)(flatten(features))));
}

namespace {

std::unique_ptr<Module> make_cnn(const Values& values, const ModelRequest& request,
                                 const CnnOptions& options) {
  require_side(values, request, 1 << options.widths.size());
  const auto [height, width, channels] = request.format;
  return std::make_unique<Cnn>(options, Shape{height, width, channels}, request.classes, request.seed);
}

constexpr const char* agce_paper = "Zhou et al., Asymmetric Loss Functions, ICML 2021";

}  // namespace

NamedModel cnn8_model() {
  return {
      {{"cnn8", "six 3x3 convolutions of widths 64 128 196 with max-pools, two linear layers", agce_paper},
       [](const Values& values, const ModelRequest& request) {
         return make_cnn(values, request, {.widths = {64, 128, 196}, .convolutions = 2, .hidden = 256});
       }}};
}

NamedModel cnn4_model() {
  return {{{"cnn4", "two 3x3 convolutions of widths 32 64 with max-pools, two linear layers (for 28x28)",
            agce_paper},
           [](const Values& values, const ModelRequest& request) {
             return make_cnn(values, request, {.widths = {32, 64}, .convolutions = 1, .hidden = 128});
           }}};
}

}  // namespace noisegate
