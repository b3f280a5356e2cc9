#include "datasets/augment/augmentation.h"

#include "datasets/augment/augment_image.h"
#include "engine/error.h"
#include "engine/registry.h"

#include <algorithm>
#include <vector>

namespace noisegate {
namespace {

/// Puts itself into an augmentation.
using Part = Entry<void (*)(const Values&, Augmentation&)>;

const std::vector<Part>& parts() {
  using namespace parameter;
  static const std::vector<Part> all = {
      {{"none", "the images as they are"}, [](const Values&, Augmentation&) {}},
      {{"randaugment",
        "n operations of 14, of magnitude m of 30, on the image as it was read",
        "Cubuk et al., RandAugment, NeurIPS 2020",
        {integer("n", 2, {1, 16}), integer("m", 9, {0, RandAugment::most})}},
       [](const Values& v, Augmentation& to) {
         to.randaugment = RandAugment{.n = v.integer("n"), .m = v.integer("m")};
       }},
      {{"crop",
        "a random crop of the image with black pixels around it",
        "",
        {integer("padding", 4, {0, 64}, "on each side", "pixels")}},
       [](const Values& v, Augmentation& to) { to.crop = v.integer("padding"); }},
      {{"resized-crop",
        "a random box of the image, resized",
        "Szegedy et al., Going Deeper with Convolutions, CVPR 2015",
        {number("scale", 0.08, {0.001, 1}, "least share of the area"),
         number("ratio", 4.0 / 3, {1, 10}, "largest of the sides")}},
       [](const Values& v, Augmentation& to) {
         to.resized_crop = ResizedCrop{.scale = v.number("scale"), .ratio = v.number("ratio")};
       }},
      {{"flip", "left to right, every other time"}, [](const Values&, Augmentation& to) { to.flip = true; }},
      {{"rotation",
        "by a random angle, nearest pixel, black outside",
        "",
        {number("degrees", 15, {0, 180}, "at most, either way")}},
       [](const Values& v, Augmentation& to) { to.rotation = v.number("degrees"); }},
      {{"jitter",
        "of colours, in random order",
        "",
        {number("brightness", 0.4, {0, 1}), number("contrast", 0.4, {0, 1}),
         number("saturation", 0.4, {0, 1}), number("hue", 0.1, {0, 0.5})}},
       [](const Values& v, Augmentation& to) {
         to.jitter = ColourJitter{.brightness = v.number("brightness"),
                                  .contrast = v.number("contrast"),
                                  .saturation = v.number("saturation"),
                                  .hue = v.number("hue")};
       }},
      {{"cutout",
        "a square set to the mean colour, anywhere",
        "DeVries and Taylor, Improved Regularization with Cutout, 2017",
        {integer("side", 16, {1, 1024}, "", "pixels")}},
       [](const Values& v, Augmentation& to) { to.cutout = v.integer("side"); }},
  };
  return all;
}

std::vector<std::string> split_sum(const std::string& text) {
  std::vector<std::string> terms(1);
  for (const char c : text) {
    if (c == '+')
      terms.emplace_back();
    else
      terms.back() += c;
  }
  return terms;
}

void require_positions(std::span<const std::int32_t> positions, std::int64_t samples) {
  for (const std::int32_t position : positions)
    if (position < 0 || position >= samples)
      reject("a batch asks for sample {} of a set of {}", position, samples);
}

}  // namespace

std::vector<Description> list_augmentations() {
  return {parts().begin(), parts().end()};
}

Augmentation Augmentation::parse(const std::string& text) {
  Augmentation augmentation;
  std::vector<std::string> seen;
  const auto has_seen = [&](const std::string& name) {
    return std::find(seen.begin(), seen.end(), name) != seen.end();
  };
  for (const std::string& term : split_sum(text)) {
    const Spec spec(term, "--augment");
    if (has_seen(spec.name())) reject("--augment '{}' names {} twice", text, spec.name());
    seen.push_back(spec.name());
    make_entry(parts(), spec, augmentation);
  }
  if (seen.size() > 1 && has_seen("none")) reject("--augment '{}': none stands alone", text);
  if (augmentation.crop && augmentation.resized_crop)
    reject("--augment '{}': crop and resized-crop exclude each other", text);
  return augmentation;
}

Tensor make_batch(const Tensor& images, std::span<const std::int32_t> positions,
                  const Augmentation& augmentation, const std::array<float, 3>& mean,
                  const std::array<float, 3>& deviation, std::uint64_t seed, std::uint32_t epoch, int view) {
  if (view < 0 || view >= AugmentationKey::most_views) reject("a batch has views 0 to 255, not {}", view);
  require_positions(positions, images.size(0));
  const int height = static_cast<int>(images.size(1)), width = static_cast<int>(images.size(2)),
            channels = static_cast<int>(images.size(3));
  if (channels > 3) reject("images have at most 3 channels, not {}", channels);

  const PixelTable table(channels, mean, deviation);
  const auto samples = static_cast<std::int64_t>(positions.size());
  const std::int64_t values = std::int64_t{height} * width * channels;
  Tensor batch = Tensor::empty({samples, height, width, channels});
  const std::uint8_t* pixels = images.data<std::uint8_t>();
  float* output = batch.data<float>();
  const bool only_moves = augmentation.only_crop_and_flip();
#pragma omp parallel for
  for (std::int64_t b = 0; b < samples; ++b) {
    const ImageView image(pixels + positions[b] * values, height, width, channels);
    const AugmentationKey key{seed, epoch, static_cast<std::uint32_t>(positions[b]),
                              static_cast<std::uint32_t>(view)};
    if (only_moves)
      crop_and_flip_image(image, augmentation, key, table, output + b * values);
    else
      augment_image(image, {height, width}, augmentation, key, table, output + b * values);
  }
  return batch;
}

}  // namespace noisegate
