#include "datasets/augment/augmentation.h"

#include "datasets/augment/augment_image.h"
#include "engine/error.h"
#include "engine/spec.h"

#include <algorithm>
#include <vector>

namespace noisegate {
namespace {

struct Part {
  AugmentationInfo info;
  void (*read)(Spec&, Augmentation&);
};

void read_none(Spec& spec, Augmentation&) {
  spec.expect({});
}
void read_crop(Spec& spec, Augmentation& augmentation) {
  spec.expect({"padding"});
  augmentation.crop = spec.integer("padding", 4, 0, 64);
}
void read_resized_crop(Spec& spec, Augmentation& augmentation) {
  spec.expect({"scale", "ratio"});
  augmentation.resized_crop = ResizedCrop{.scale = spec.number("scale", 0.08, 0.001, 1),
                                          .ratio = spec.number("ratio", 4.0 / 3, 1, 10)};
}
void read_flip(Spec& spec, Augmentation& augmentation) {
  spec.expect({});
  augmentation.flip = true;
}
void read_rotation(Spec& spec, Augmentation& augmentation) {
  spec.expect({"degrees"});
  augmentation.rotation = spec.number("degrees", 15, 0, 180);
}
void read_randaugment(Spec& spec, Augmentation& augmentation) {
  spec.expect({"n", "m"});
  augmentation.randaugment =
      RandAugment{.n = spec.integer("n", 2, 1, 16), .m = spec.integer("m", 9, 0, RandAugment::most)};
}
void read_jitter(Spec& spec, Augmentation& augmentation) {
  spec.expect({"brightness", "contrast", "saturation", "hue"});
  augmentation.jitter = ColourJitter{.brightness = spec.number("brightness", 0.4, 0, 1),
                                     .contrast = spec.number("contrast", 0.4, 0, 1),
                                     .saturation = spec.number("saturation", 0.4, 0, 1),
                                     .hue = spec.number("hue", 0.1, 0, 0.5)};
}
void read_cutout(Spec& spec, Augmentation& augmentation) {
  spec.expect({"side"});
  augmentation.cutout = spec.integer("side", 16, 1, 1024);
}

const std::vector<Part>& parts() {
  static const std::vector<Part> all = {
      {{"none", "the images as they are"}, read_none},
      {{"randaugment", "n operations of 14, of magnitude m of 30, on the image as it was read; n=2, m=9"},
       read_randaugment},
      {{"crop", "a random crop of the image with black pixels around it; padding=4"}, read_crop},
      {{"resized-crop",
        "a random box of the image, resized; scale=0.08 (least share of the area), ratio=1.333"},
       read_resized_crop},
      {{"flip", "left to right, every other time"}, read_flip},
      {{"rotation", "by a random angle up to ±degrees, nearest pixel, black outside; degrees=15"},
       read_rotation},
      {{"jitter", "of colours, in random order; brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1"},
       read_jitter},
      {{"cutout", "a square set to the mean colour, anywhere; side=16"}, read_cutout},
  };
  return all;
}

void read_part(Spec& spec, Augmentation& augmentation) {
  std::vector<std::string> known;
  for (const Part& part : parts()) {
    if (part.info.name == spec.name()) return part.read(spec, augmentation);
    known.push_back(part.info.name);
  }
  spec.unknown(known);
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

std::vector<AugmentationInfo> list_augmentations() {
  std::vector<AugmentationInfo> infos;
  for (const Part& part : parts()) infos.push_back(part.info);
  return infos;
}

Augmentation Augmentation::parse(const std::string& text) {
  Augmentation augmentation;
  std::vector<std::string> seen;
  const auto has_seen = [&](const std::string& name) {
    return std::find(seen.begin(), seen.end(), name) != seen.end();
  };
  for (const std::string& term : split_sum(text)) {
    Spec spec(term, "--augment");
    if (has_seen(spec.name())) reject("--augment '{}' names {} twice", text, spec.name());
    seen.push_back(spec.name());
    read_part(spec, augmentation);
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
