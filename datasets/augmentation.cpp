#include "datasets/augmentation.h"

#include "datasets/crop_flip.h"
#include "engine/error.h"
#include "engine/spec.h"

#include <algorithm>
#include <vector>

namespace noisegate {
namespace {

constexpr int pixel_values = 256;

std::vector<std::string> split_sum(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == '+')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

/// What each pixel value becomes, channel by channel: a look-up costs less than the arithmetic, and rounds
/// alike wherever it is done.
std::vector<float> normalised_values(int channels, const std::array<float, 3>& mean,
                                     const std::array<float, 3>& deviation) {
  std::vector<float> table(channels * pixel_values);
  for (int c = 0; c < channels; ++c)
    for (int value = 0; value < pixel_values; ++value)
      table[c * pixel_values + value] = (static_cast<float>(value) / 255.0f - mean[c]) / deviation[c];
  return table;
}

struct ImageSize {
  int height, width, channels;
  std::int64_t numel() const { return std::int64_t{height} * width * channels; }
};

void crop_flip_normalise(const std::uint8_t* image, ImageSize size, const CropFlip& draw,
                         const std::vector<float>& table, float* output) {
  const auto [height, width, channels] = size;
  for (int y = 0; y < height; ++y) {
    const int row = draw.source_row(y);
    const bool row_inside = row >= 0 && row < height;
    for (int x = 0; x < width; ++x) {
      const int column = draw.source_column(x, width);
      const bool inside = row_inside && column >= 0 && column < width;
      const std::uint8_t* pixel = image + (std::int64_t{row} * width + column) * channels;
      for (int c = 0; c < channels; ++c) *output++ = table[c * pixel_values + (inside ? pixel[c] : 0)];
    }
  }
}

void require_positions(std::span<const std::int32_t> positions, std::int64_t samples) {
  for (const std::int32_t position : positions)
    if (position < 0 || position >= samples)
      reject("a batch asks for sample {} of a set of {}", position, samples);
}

}  // namespace

Augmentation Augmentation::parse(const std::string& text) {
  Augmentation augmentation;
  std::vector<std::string> seen;
  for (const std::string& part : split_sum(text)) {
    Spec spec(part, "--augment");
    if (std::find(seen.begin(), seen.end(), spec.name()) != seen.end())
      reject("--augment '{}' names {} twice", text, spec.name());
    seen.push_back(spec.name());
    if (spec.name() == "crop") {
      spec.expect({"padding"});
      augmentation.crop_padding = spec.integer("padding", 4, 0, 16);
    } else if (spec.name() == "flip") {
      spec.expect({});
      augmentation.flip = true;
    } else if (spec.name() == "none") {
      spec.expect({});
    } else {
      spec.unknown({"none", "crop", "flip"});
    }
  }
  if (seen.size() > 1 && std::find(seen.begin(), seen.end(), "none") != seen.end())
    reject("--augment '{}': none stands alone", text);
  return augmentation;
}

Tensor make_batch(const Tensor& images, std::span<const std::int32_t> positions,
                  const Augmentation& augmentation, const std::array<float, 3>& mean,
                  const std::array<float, 3>& deviation, std::uint64_t seed, std::uint32_t epoch, int view) {
  if (view < 0 || view > 255) reject("a batch has views 0 to 255, not {}", view);
  require_positions(positions, images.size(0));
  const ImageSize size{static_cast<int>(images.size(1)), static_cast<int>(images.size(2)),
                       static_cast<int>(images.size(3))};
  if (size.channels > 3) reject("images have at most 3 channels, not {}", size.channels);

  const std::vector<float> table = normalised_values(size.channels, mean, deviation);
  const auto samples = static_cast<std::int64_t>(positions.size());
  Tensor batch = Tensor::empty({samples, size.height, size.width, size.channels});
  const std::uint8_t* pixels = images.data<std::uint8_t>();
  float* output = batch.data<float>();
#pragma omp parallel for
  for (std::int64_t b = 0; b < samples; ++b) {
    const CropFlip draw =
        CropFlip::draw(augmentation.crop_padding, augmentation.flip, seed, epoch, positions[b], view);
    crop_flip_normalise(pixels + positions[b] * size.numel(), size, draw, table, output + b * size.numel());
  }
  return batch;
}

}  // namespace noisegate
