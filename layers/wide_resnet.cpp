#include "layers/wide_resnet.h"

#include "engine/error.h"

#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace noisegate {
namespace {

using Style = WideResNetOptions::Style;

InitializationScheme initialization(Style style) {
  if (style == Style::sln) return {};
  return {.convolution = InitializationScheme::Convolution::he_normal,
          .linear_bias = InitializationScheme::LinearBias::zero};
}

class WideBlock : public Module {
 public:
  WideBlock(int inputs, int width, int stride, Style style, Initializer& initializer) : style_(style) {
    const bool bias = style == Style::sln;
    const Conv2dOptions first{.stride = style == Style::original ? stride : 1, .bias = bias};
    const Conv2dOptions second{.stride = style == Style::sln ? stride : 1, .bias = bias};
    bn1_ = add_module("bn1", std::make_shared<BatchNorm>(inputs));
    conv1_ = add_module("conv1", std::make_shared<Conv2d>(inputs, width, first, initializer));
    bn2_ = add_module("bn2", std::make_shared<BatchNorm>(width));
    conv2_ = add_module("conv2", std::make_shared<Conv2d>(width, width, second, initializer));
    if (stride == 1 && inputs == width) return;
    const Conv2dOptions pointwise{.kernel = 1, .stride = stride, .bias = bias};
    shortcut_ = add_module("shortcut.0", std::make_shared<Conv2d>(inputs, width, pointwise, initializer));
  }

  Variable forward(const Variable& x) override {
    const Variable activated = bn1_->relu(x);
    const Variable hidden = bn2_->relu((*conv1_)(activated));
    return add((*conv2_)(hidden), shortcut(x, activated));
  }

 private:
  Variable shortcut(const Variable& x, const Variable& activated) {
    if (!shortcut_) return x;
    return (*shortcut_)(style_ == Style::sln ? x : activated);
  }

  Style style_;
  std::shared_ptr<BatchNorm> bn1_, bn2_;
  std::shared_ptr<Conv2d> conv1_, conv2_, shortcut_;
};

}  // namespace

WideResNet::WideResNet(const WideResNetOptions& options, int channels, int classes, std::uint64_t seed) {
  Initializer initializer(seed, initialization(options.style));
  const Conv2dOptions stem{.bias = options.style == Style::sln};
  conv1_ = add_module("conv1", std::make_shared<Conv2d>(channels, 16, stem, initializer));

  int inputs = 16;
  const int blocks = (options.depth - 4) / 6;
  for (int stage = 0; stage < 3; ++stage) {
    const int width = (16 << stage) * options.width;
    for (int i = 0; i < blocks; ++i) {
      const int stride = stage > 0 && i == 0 ? 2 : 1;
      auto block = std::make_shared<WideBlock>(inputs, width, stride, options.style, initializer);
      blocks_.push_back(add_module(fmt::format("layer{}.{}", stage + 1, i), block));
      inputs = width;
    }
  }
  const float momentum = options.style == Style::sln ? 0.9f : 0.1f;
  bn1_ = add_module("bn1", std::make_shared<BatchNorm>(inputs, momentum));
  linear_ = add_module("linear", std::make_shared<Linear>(inputs, classes, initializer));
}

Variable WideResNet::forward(const Variable& x) {
  Variable features = (*conv1_)(x);
  for (const auto& block : blocks_) features = (*block)(features);
  return (*linear_)(global_average_pool(bn1_->relu(features)));
}

namespace {

/// D and K of "wrn-D-K"; nothing for other names.
std::optional<std::pair<int, int>> parse_wide_resnet(const std::string& name) {
  const std::string prefix = "wrn-";
  if (!name.starts_with(prefix)) return std::nullopt;
  const char* const end = name.data() + name.size();
  int depth = 0, width = 0;
  const auto [dash, depth_error] = std::from_chars(name.data() + prefix.size(), end, depth);
  if (depth_error != std::errc{} || dash == end || *dash != '-') return std::nullopt;
  const auto [rest, width_error] = std::from_chars(dash + 1, end, width);
  if (width_error != std::errc{} || rest != end) return std::nullopt;
  return std::pair{depth, width};
}

void require_wide_resnet(const Spec& spec, int depth, int width) {
  constexpr int deepest = 1000, widest = 100;
  if (depth < 10 || depth > deepest || depth % 6 != 4) {
    reject("{}: the depth of a wide ResNet is 6n + 4 (10, 16, 22, 28, 34, 40, … up to {}), not {}",
           spec.where(), deepest, depth);
  }
  if (width < 1 || width > widest) {
    reject("{}: the width of a wide ResNet is 1 to {}, not {}", spec.where(), widest, width);
  }
}

bool is_wide_resnet(const Spec& spec) {
  const auto wide = parse_wide_resnet(spec.name());
  if (wide) require_wide_resnet(spec, wide->first, wide->second);
  return wide.has_value();
}

std::unique_ptr<Module> make_wide_resnet(const Values& values, const ModelRequest& request) {
  const auto [depth, width] = *parse_wide_resnet(values.spec().name());
  require_side(values, request, 4);
  const bool is_original = values.word("style") == "original";
  const WideResNetOptions options{
      .depth = depth,
      .width = width,
      .style = is_original ? WideResNetOptions::Style::original : WideResNetOptions::Style::sln};
  return std::make_unique<WideResNet>(options, request.format.channels, request.classes, request.seed);
}

}  // namespace

NamedModel wide_resnet_model() {
  return {{{.name = "wrn-28-2",
            .what = "wide ResNet, any wrn-D-K with D = 6n+4",
            .paper = "Zagoruyko and Komodakis, Wide Residual Networks, BMVC 2016",
            .parameters = {parameter::one_of("style", {"sln", "original"},
                                             "the network of Noise against Noise, or that of the paper")}},
           make_wide_resnet},
          is_wide_resnet};
}

}  // namespace noisegate
