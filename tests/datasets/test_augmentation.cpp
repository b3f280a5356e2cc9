#include "datasets/augment/augmentation.h"
#include "datasets/augment/crop_flip.h"
#include "engine/device.h"
#include "tests/check_error.h"

#include <algorithm>
#include <set>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

constexpr std::array<float, 3> mean = {0.5f, 0.4f, 0.3f};
constexpr std::array<float, 3> deviation = {0.25f, 0.2f, 0.5f};

Tensor random_images(std::int64_t samples, std::int64_t height, std::int64_t width, std::int64_t channels) {
  std::vector<std::uint8_t> pixels(samples * height * width * channels);
  Philox random(3, Purpose::test);
  for (std::uint8_t& pixel : pixels) pixel = static_cast<std::uint8_t>(random.below(256));
  return Tensor::from(pixels, {samples, height, width, channels});
}

std::vector<float> batch_of(const Tensor& images, const std::vector<std::int32_t>& positions,
                            const std::string& augmentation, std::uint64_t seed = 5, std::uint32_t epoch = 2,
                            int view = 0) {
  return make_batch(images, positions, Augmentation::parse(augmentation), mean, deviation, seed, epoch, view)
      .to_vector<float>();
}

AugmentationKey key(std::uint64_t seed, std::uint32_t epoch, std::uint32_t sample, std::uint32_t view = 0) {
  return {seed, epoch, sample, view};
}

float normalised(int pixel, int channel) {
  return (pixel / 255.0f - mean[channel]) / deviation[channel];
}

/// The plain way: a padded copy, the crop of it, the crop turned round; then normalised.
std::vector<float> reference_sample(const Tensor& images, std::int32_t position, int padding,
                                    const CropFlip& draw) {
  const auto height = images.size(1), width = images.size(2), channels = images.size(3);
  const auto pixels = images.to_vector<std::uint8_t>();
  const auto padded_width = width + 2 * padding;
  std::vector<int> padded((height + 2 * padding) * padded_width * channels, 0);
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x)
      for (std::int64_t c = 0; c < channels; ++c)
        padded[((y + padding) * padded_width + x + padding) * channels + c] =
            pixels[((position * height + y) * width + x) * channels + c];

  std::vector<float> sample;
  for (std::int64_t y = 0; y < height; ++y) {
    std::vector<float> row;
    for (std::int64_t x = 0; x < width; ++x) {
      const auto from = (draw.flip ? width - 1 - x : x) + draw.left + padding;
      for (int c = 0; c < channels; ++c)
        row.push_back(normalised(padded[((y + draw.top + padding) * padded_width + from) * channels + c], c));
    }
    sample.insert(sample.end(), row.begin(), row.end());
  }
  return sample;
}

}  // namespace

TEST_CASE("augmentation specs") {
  const Augmentation none = Augmentation::parse("none");
  CHECK(!none.crop);
  CHECK_FALSE(none.flip);
  const Augmentation both = Augmentation::parse("crop:4+flip");
  CHECK(both.crop == 4);
  CHECK(both.flip);
  CHECK(Augmentation::parse("flip+crop:padding=2").crop == 2);
  CHECK(Augmentation::parse("crop").crop == 4);

  check_error([] { Augmentation::parse("crop:4+mirror"); },
              {"--augment", "mirror", "none, randaugment, crop"});
  check_error([] { Augmentation::parse("crop:4+crop:2"); }, {"crop", "twice"});
  check_error([] { Augmentation::parse("none+flip"); }, {"none stands alone"});
  check_error([] { Augmentation::parse("crop:-1"); }, {"padding"});
  check_error([] { Augmentation::parse("flip:1"); }, {"flip", "no parameters"});
  check_error([] { Augmentation::parse(""); }, {"--augment"});
  check_error([] { Augmentation::parse("crop:4+"); }, {"--augment"});
}

TEST_CASE("without augmentation a batch is the normalised images, in the order asked for") {
  const Tensor images = random_images(4, 5, 3, 3);
  const std::vector<std::int32_t> positions = {2, 0, 2};
  const auto pixels = images.to_vector<std::uint8_t>();
  const std::vector<float> batch = batch_of(images, positions, "none");
  REQUIRE(batch.size() == 3 * 5 * 3 * 3);
  for (std::size_t b = 0; b < positions.size(); ++b)
    for (int i = 0; i < 45; ++i) CHECK(batch[b * 45 + i] == normalised(pixels[positions[b] * 45 + i], i % 3));
}

TEST_CASE("crop and flip are those of the plain way") {
  for (const int channels : {1, 3}) {
    const Tensor images = random_images(40, 8, 6, channels);
    std::vector<std::int32_t> positions(40);
    for (int i = 0; i < 40; ++i) positions[i] = 39 - i;
    const std::vector<float> batch = batch_of(images, positions, "crop:3+flip");
    const std::size_t size = 8 * 6 * channels;
    for (std::size_t b = 0; b < positions.size(); ++b) {
      const CropFlip draw = CropFlip::draw(3, true, key(5, 2, positions[b]));
      const std::vector<float> expected = reference_sample(images, positions[b], 3, draw);
      CHECK(std::equal(expected.begin(), expected.end(), batch.begin() + b * size));
    }
  }
}

TEST_CASE("padding is black before normalising") {
  const std::vector<std::uint8_t> white(16 * 3, 255);
  const Tensor image = Tensor::from(white, {1, 4, 4, 3});
  bool padded = false;
  for (std::uint32_t epoch = 0; epoch < 20; ++epoch) {
    const CropFlip draw = CropFlip::draw(4, false, key(5, epoch, 0));
    const std::vector<float> batch = batch_of(image, {0}, "crop:4", 5, epoch);
    if (draw.top >= 0) continue;
    padded = true;
    for (int c = 0; c < 3; ++c) CHECK(batch[c] == -mean[c] / deviation[c]);
  }
  CHECK(padded);
}

TEST_CASE("draws cover all crops and flip every other sample") {
  std::set<std::pair<int, int>> crops;
  int flips = 0;
  for (std::uint32_t sample = 0; sample < 10000; ++sample) {
    const CropFlip draw = CropFlip::draw(4, true, key(1, 0, sample));
    CHECK(std::max(std::abs(draw.top), std::abs(draw.left)) <= 4);
    crops.insert({draw.top, draw.left});
    flips += draw.flip;
  }
  CHECK(crops.size() == 81);
  CHECK(std::abs(flips - 5000) < 200);  // four standard deviations

  // Whether a sample is flipped does not depend on whether there is a crop.
  for (std::uint32_t sample = 0; sample < 100; ++sample)
    CHECK(CropFlip::draw(4, true, key(1, 0, sample)).flip == CropFlip::draw(0, true, key(1, 0, sample)).flip);
}

TEST_CASE("a sample looks the same in any batch and on any number of threads, and new in each epoch") {
  const Tensor images = random_images(8, 8, 8, 3);
  const std::size_t size = 8 * 8 * 3;
  const std::vector<float> together = batch_of(images, {0, 1, 2, 3, 4, 5, 6, 7}, "crop:2+flip");
  const std::vector<float> alone = batch_of(images, {6}, "crop:2+flip");
  CHECK(std::equal(alone.begin(), alone.end(), together.begin() + 6 * size));

  const int threads = thread_count();
  set_thread_count(3);
  CHECK(batch_of(images, {0, 1, 2, 3, 4, 5, 6, 7}, "crop:2+flip") == together);
  set_thread_count(threads);

  CHECK(batch_of(images, {0, 1, 2, 3, 4, 5, 6, 7}, "crop:2+flip", 5, 3) != together);
  CHECK(batch_of(images, {0, 1, 2, 3, 4, 5, 6, 7}, "crop:2+flip", 6, 2) != together);
}

TEST_CASE("views of a sample are augmented independently; the first is the one there is without views") {
  const Tensor images = random_images(200, 8, 8, 3);
  std::vector<std::int32_t> positions(200);
  for (int i = 0; i < 200; ++i) positions[i] = i;
  const auto view = [&](int v) { return batch_of(images, positions, "crop:2+flip", 5, 2, v); };
  CHECK(view(0) == make_batch(images, positions, Augmentation::parse("crop:2+flip"), mean, deviation, 5, 2)
                       .to_vector<float>());
  CHECK(view(1) != view(0));
  CHECK(view(2) != view(1));
  CHECK(view(1) == view(1));
  CHECK(batch_of(images, positions, "none", 5, 2, 1) == batch_of(images, positions, "none"));

  // Independent: of 10,000 samples, both views crop alike in one of 25 and flip alike in every other.
  int same_crop = 0, same_flip = 0;
  for (std::uint32_t sample = 0; sample < 10000; ++sample) {
    const CropFlip a = CropFlip::draw(2, true, key(5, 2, sample)),
                   b = CropFlip::draw(2, true, key(5, 2, sample, 1));
    same_crop += a.top == b.top && a.left == b.left;
    same_flip += a.flip == b.flip;
  }
  CHECK(std::abs(same_crop - 400) < 80);    // four standard deviations
  CHECK(std::abs(same_flip - 5000) < 200);  // the same
  check_error([&] { view(-1); }, {"views", "-1"});
  check_error([&] { view(256); }, {"views", "256"});
}

TEST_CASE("samples that are not there are refused") {
  const Tensor images = random_images(4, 2, 2, 3);
  check_error([&] { batch_of(images, {0, 4}, "none"); }, {"sample 4", "set of 4"});
  check_error([&] { batch_of(images, {-1}, "none"); }, {"sample -1"});
  check_error([&] { batch_of(random_images(1, 2, 2, 4), {0}, "none"); }, {"3 channels", "4"});
}
