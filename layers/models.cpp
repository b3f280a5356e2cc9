#include "layers/models.h"

#include "engine/error.h"
#include "layers/cnn.h"
#include "layers/preact_resnet.h"
#include "layers/resnet.h"
#include "layers/wide_resnet.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/ranges.h>

namespace noisegate {
namespace {

/// What every maker gets: the parsed spec and what the network is to be made for.
struct Request {
  Spec spec;
  ImageFormat format;
  int classes;
  std::uint64_t seed;
};

/// Throws Error unless the images have at least `side` pixels each way, the factor by which the network
/// shrinks them.
void require_side(const Request& request, int side) {
  const ImageFormat& format = request.format;
  if (format.height >= side && format.width >= side) return;
  reject("{} '{}': needs images of at least {}x{} pixels, not {}x{}", request.spec.what(),
         request.spec.text(), side, side, format.height, format.width);
}

/// The position of the word that `key` has among `words`, the first being the default.
std::size_t choose(const Spec& spec, const std::string& key, const std::vector<std::string>& words) {
  const std::string word = spec.word(key, words.front());
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == word) return i;
  }
  reject("{} '{}': {} must be one of {}, not '{}'", spec.what(), spec.text(), key, fmt::join(words, ", "),
         word);
}

std::unique_ptr<Module> make_resnet(Request request, std::vector<int> blocks, bool bottleneck) {
  request.spec.expect({"stem"});
  const bool imagenet = choose(request.spec, "stem", {"cifar", "imagenet"}) == 1;
  require_side(request, imagenet ? 32 : 8);
  const ResNetOptions options{.blocks = std::move(blocks),
                              .bottleneck = bottleneck,
                              .stem = imagenet ? ResNetOptions::Stem::imagenet : ResNetOptions::Stem::cifar};
  return std::make_unique<ResNet>(options, request.format.channels, request.classes, request.seed);
}

std::unique_ptr<Module> make_preact_resnet34(Request request) {
  request.spec.expect({});
  require_side(request, 4);
  return std::make_unique<PreActResNet>(std::vector{5, 5, 5}, request.format.channels, request.classes,
                                        request.seed);
}

std::unique_ptr<Module> make_cnn(Request request, const CnnOptions& options) {
  request.spec.expect({});
  require_side(request, 1 << options.widths.size());
  const auto [height, width, channels] = request.format;
  return std::make_unique<Cnn>(options, Shape{height, width, channels}, request.classes, request.seed);
}

std::unique_ptr<Module> make_wide_resnet(Request request, int depth, int width) {
  request.spec.expect({"style"});
  const bool original = choose(request.spec, "style", {"sln", "original"}) == 1;
  require_side(request, 4);
  const WideResNetOptions options{
      .depth = depth,
      .width = width,
      .style = original ? WideResNetOptions::Style::original : WideResNetOptions::Style::sln};
  return std::make_unique<WideResNet>(options, request.format.channels, request.classes, request.seed);
}

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
    reject("{} '{}': the depth of a wide ResNet is 6n + 4 (10, 16, 22, 28, 34, 40, … up to {}), not {}",
           spec.what(), spec.text(), deepest, depth);
  }
  if (width < 1 || width > widest) {
    reject("{} '{}': the width of a wide ResNet is 1 to {}, not {}", spec.what(), spec.text(), widest, width);
  }
}

std::unique_ptr<Module> make(Request request) {
  require_model(request.spec);
  const std::string& name = request.spec.name();
  if (name == "resnet18") return make_resnet(std::move(request), {2, 2, 2, 2}, /*bottleneck=*/false);
  if (name == "resnet34") return make_resnet(std::move(request), {3, 4, 6, 3}, /*bottleneck=*/false);
  if (name == "resnet50") return make_resnet(std::move(request), {3, 4, 6, 3}, /*bottleneck=*/true);
  if (name == "preact-resnet34") return make_preact_resnet34(std::move(request));
  if (name == "cnn8")
    return make_cnn(std::move(request), {.widths = {64, 128, 196}, .convolutions = 2, .hidden = 256});
  if (name == "cnn4")
    return make_cnn(std::move(request), {.widths = {32, 64}, .convolutions = 1, .hidden = 128});
  const auto [depth, width] = *parse_wide_resnet(name);
  return make_wide_resnet(std::move(request), depth, width);
}

}  // namespace

std::vector<ModelInfo> list_models() {
  return {
      {"resnet18", "ResNet-18; stem=cifar (3x3, default) or imagenet (7x7 and pool, for 224 pixels)"},
      {"resnet34", "ResNet-34; stem as for resnet18"},
      {"resnet50", "ResNet-50 with bottleneck blocks; stem as for resnet18"},
      {"preact-resnet34", "pre-activation ResNet, widths 32 64 128, five blocks each (GJS)"},
      {"wrn-28-2", "wide ResNet, any wrn-D-K with D = 6n+4; style=sln (default) or original"},
      {"cnn8", "six 3x3 convolutions of widths 64 128 196 with max-pools, two linear layers"},
      {"cnn4", "two 3x3 convolutions of widths 32 64 with max-pools, two linear layers (for 28x28)"},
  };
}

void require_model(const Spec& spec) {
  if (const auto wide = parse_wide_resnet(spec.name()))
    return require_wide_resnet(spec, wide->first, wide->second);
  std::vector<std::string> known;
  for (const ModelInfo& model : list_models()) known.push_back(model.name);
  if (std::ranges::find(known, spec.name()) == known.end()) spec.unknown(known);
}

std::unique_ptr<Module> make_model(const Spec& spec, ImageFormat format, int classes, std::uint64_t seed,
                                   Device device) {
  if (format.channels < 1) reject("{} '{}': needs images of one channel or more", spec.what(), spec.text());
  if (classes < 1) reject("{} '{}': needs one class or more, not {}", spec.what(), spec.text(), classes);
  const NewModulesOn on_device(device);
  return make({spec, format, classes, seed});
}

}  // namespace noisegate
