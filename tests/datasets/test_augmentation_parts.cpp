// Each part of an augmentation on one image, against what it is defined to do.
#include "datasets/augment/affine.h"
#include "datasets/augment/augment_image.h"
#include "datasets/augment/colour.h"
#include "datasets/augment/cutout.h"
#include "datasets/augment/randaugment.h"
#include "datasets/augment/resample.h"
#include "tests/check_error.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <string>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

Image random_image(int height, int width, int channels, std::uint64_t seed = 1) {
  Image image(height, width, channels);
  Philox random(seed, Purpose::test);
  for (std::uint8_t& value : image.pixels) value = static_cast<std::uint8_t>(random.below(256));
  for (std::size_t i = 3; channels == 4 && i < image.pixels.size(); i += 4) image.pixels[i] = 0;
  return image;
}

std::uint8_t at(const Image& image, int y, int x, int c = 0) {
  return image.pixels[(y * image.width + x) * image.channels + c];
}

AugmentationKey key_of(std::uint32_t sample, std::uint32_t view = 0) {
  return {7, 3, sample, view};
}

/// RandAugment's operation of this name.
Image operated(const std::string& name, const Image& image, int m, int sign = 1) {
  for (int i = 0; i < randaugment_operations; ++i) {
    if (randaugment_operation(i).name != name) continue;
    Image result = image;
    randaugment_operation(i).apply(result, m, sign);
    return result;
  }
  FAIL("no operation ", name);
  return {};
}

std::vector<float> augmented(const Image& image, const std::string& spec, const AugmentationKey& key,
                             ImageFit fit = {}) {
  if (fit.height == 0) fit = {image.height, image.width};
  const PixelTable table(image.channels, {0, 0, 0}, {1 / 255.0f, 1 / 255.0f, 1 / 255.0f});
  std::vector<float> output(static_cast<std::size_t>(fit.height) * fit.width * image.channels);
  augment_image(image, fit, Augmentation::parse(spec), key, table, output.data());
  return output;
}

/// The values of an image that was not normalised.
std::vector<float> values(const Image& image) {
  return {image.pixels.begin(), image.pixels.end()};
}

void check_close(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-5));
}

}  // namespace

TEST_CASE("rotations by quarter turns move every pixel to its place") {
  const Image image = random_image(6, 6, 3);
  const Image quarter = warp(image, AffineMap::rotation(90, 6, 6));
  const Image half = warp(image, AffineMap::rotation(180, 6, 6));
  for (int y = 0; y < 6; ++y)
    for (int x = 0; x < 6; ++x)
      for (int c = 0; c < 3; ++c) {
        CHECK(at(quarter, 5 - x, y, c) == at(image, y, x, c));  // counter-clockwise
        CHECK(at(half, 5 - y, 5 - x, c) == at(image, y, x, c));
      }
  CHECK(warp(image, AffineMap::rotation(0, 6, 6)).pixels == image.pixels);
}

TEST_CASE("a rotation takes the nearest pixel and leaves black what it uncovers") {
  const Image image = random_image(21, 15, 1);
  const double degrees = 15, radians = degrees * std::acos(-1.0) / 180;
  const Image turned = warp(image, AffineMap::rotation(degrees, 21, 15));
  int uncovered = 0;
  for (int y = 0; y < 21; ++y)
    for (int x = 0; x < 15; ++x) {
      const double dx = x + 0.5 - 7.5, dy = y + 0.5 - 10.5;
      const int column = static_cast<int>(std::floor(std::cos(radians) * dx - std::sin(radians) * dy + 7.5));
      const int row = static_cast<int>(std::floor(std::sin(radians) * dx + std::cos(radians) * dy + 10.5));
      const bool inside = row >= 0 && row < 21 && column >= 0 && column < 15;
      CHECK(at(turned, y, x) == (inside ? at(image, row, column) : 0));
      uncovered += !inside;
    }
  CHECK(uncovered > 0);
}

TEST_CASE("shears and translations") {
  const Image image = random_image(8, 8, 1);
  const Image moved = warp(image, AffineMap::translation(2, -3));
  const Image sheared = warp(image, AffineMap::shear_x(0.5));
  for (int y = 0; y < 8; ++y)
    for (int x = 0; x < 8; ++x) {
      CHECK(at(moved, y, x) == (x + 2 < 8 && y >= 3 ? at(image, y - 3, x + 2) : 0));
      const int column = static_cast<int>(std::floor(x + 0.5 + 0.5 * (y + 0.5)));
      CHECK(at(sheared, y, x) == (column < 8 ? at(image, y, column) : 0));
    }
}

TEST_CASE("rotations are drawn evenly over ± the angle") {
  double sum = 0, largest = 0;
  for (std::uint32_t sample = 0; sample < 4000; ++sample) {
    const AffineMap map = draw_rotation(15, 32, 32, key_of(sample));
    const double degrees = std::asin(static_cast<double>(map.yx) / 65536) * 180 / std::acos(-1.0);
    CHECK(std::abs(degrees) < 15.01);
    largest = std::max(largest, std::abs(degrees));
    sum += degrees;
  }
  CHECK(largest > 14.9);
  CHECK(std::abs(sum / 4000) < 0.55);  // four standard deviations of the mean
}

TEST_CASE("a hue shift by whole thirds swaps channels, and by nothing changes nothing") {
  for (int i = 0; i < 200; ++i) {
    const Image image = random_image(1, 1, 4, i);
    for (const auto& [shift, order] :
         {std::pair{0, std::array{0, 1, 2}}, {21845, {2, 0, 1}}, {43691, {1, 2, 0}}}) {
      Image shifted = image;
      colour::adjust_hue(shifted, shift);
      for (int c = 0; c < 3; ++c) CHECK(at(shifted, 0, 0, c) == at(image, 0, 0, order[c]));
    }
    // Value and saturation stay: the largest and the smallest channel.
    Image shifted = image;
    colour::adjust_hue(shifted, -7000);
    const auto range = [](const Image& one) {
      return std::minmax({at(one, 0, 0, 0), at(one, 0, 0, 1), at(one, 0, 0, 2)});
    };
    CHECK(range(shifted) == range(image));
  }
}

TEST_CASE("hue follows the HSV circle") {
  // From pure red by a twelfth of the circle: half way to yellow.
  Image image(1, 1, 4);
  image.pixels = {200, 0, 0, 0};
  colour::adjust_hue(image, colour::one / 12);
  CHECK(image.pixels == std::vector<std::uint8_t>{200, 100, 0, 0});
  colour::adjust_hue(image, -colour::one / 12);
  CHECK(image.pixels == std::vector<std::uint8_t>{200, 0, 0, 0});
  colour::adjust_hue(image, -colour::one / 12);
  CHECK(image.pixels == std::vector<std::uint8_t>{200, 0, 100, 0});
}

TEST_CASE("brightness, contrast and saturation blend with black, the mean grey and the pixel's grey") {
  const Image image = random_image(9, 7, 4);
  const double factor = 1.3;
  const auto fixed = static_cast<std::int32_t>(std::lround(factor * colour::one));
  double mean = 0;
  for (std::size_t i = 0; i < image.pixels.size(); i += 4)
    mean += 0.299 * image.pixels[i] + 0.587 * image.pixels[i + 1] + 0.114 * image.pixels[i + 2];
  mean = std::round(mean / 63);
  CHECK(colour::mean_grey(image) == static_cast<int>(mean));

  Image bright = image, contrasted = image, saturated = image;
  colour::adjust_brightness(bright, fixed);
  colour::adjust_contrast(contrasted, fixed);
  colour::adjust_saturation(saturated, fixed);
  const auto near = [](std::uint8_t value, double expected) {
    return std::abs(value - std::clamp(expected, 0.0, 255.0)) <= 0.51;
  };
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    if (i % 4 == 3) continue;  // the byte that is not used
    const double value = image.pixels[i];
    const std::uint8_t* pixel = image.pixels.data() + i / 4 * 4;
    const double grey = std::round(0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2]);
    CHECK(near(bright.pixels[i], factor * value));
    CHECK(near(contrasted.pixels[i], mean + factor * (value - mean)));
    CHECK(near(saturated.pixels[i], grey + factor * (value - grey)));
  }
  const Image one_channel = random_image(4, 4, 1);
  Image same = one_channel;
  colour::adjust_saturation(same, fixed);
  colour::adjust_hue(same, fixed / 4);
  CHECK(same.pixels == one_channel.pixels);
}

TEST_CASE("RandAugment: magnitudes of its operations") {
  const Image image = random_image(40, 40, 4);
  CHECK(operated("identity", image, 30).pixels == image.pixels);
  for (const char* name : {"shear-x", "shear-y", "translate-x", "translate-y", "rotate", "brightness",
                           "colour", "contrast", "sharpness", "posterize"})
    CHECK_MESSAGE(operated(name, image, 0).pixels == image.pixels, name);
  CHECK(operated("translate-x", image, 30, -1).pixels == warp(image, AffineMap::translation(-18, 0)).pixels);
  CHECK(operated("translate-y", image, 10).pixels == warp(image, AffineMap::translation(0, 6)).pixels);
  CHECK(operated("rotate", image, 30).pixels == warp(image, AffineMap::rotation(30, 40, 40)).pixels);
  CHECK(operated("shear-y", image, 15).pixels == warp(image, AffineMap::shear_y(0.15)).pixels);
  Image dark = image;
  colour::adjust_brightness(dark, colour::one - colour::one * 9 / 100);
  CHECK(operated("brightness", image, 3, -1).pixels == dark.pixels);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    const int value = image.pixels[i];
    CHECK(operated("posterize", image, 30).pixels[i] == (value & 0xf0));
    CHECK(operated("solarize", image, 3).pixels[i] == (value >= 229.5 ? 255 - value : value));
    if (i == 60) break;  // each call works on the whole image
  }
  CHECK(operated("posterize", image, 3).pixels == image.pixels);  // eight bits stay
}

TEST_CASE("RandAugment: auto-contrast stretches each channel, equalize spreads it") {
  Image image(16, 16, 1);
  for (int i = 0; i < 256; ++i) image.pixels[i] = static_cast<std::uint8_t>(100 + i % 52);
  const Image stretched = operated("auto-contrast", image, 0);
  for (int i = 0; i < 256; ++i) CHECK(stretched.pixels[i] == 255 * (i % 52) / 51);

  Image two(32, 32, 1);  // three quarters dark, one quarter light
  for (int i = 0; i < 1024; ++i) two.pixels[i] = i < 768 ? 10 : 20;
  const Image equal = operated("equalize", two, 0);
  CHECK(equal.pixels[0] == 0);
  CHECK(equal.pixels[1023] == 255);
  const Image flat = Image(8, 8, 3);
  CHECK(operated("auto-contrast", flat, 0).pixels == flat.pixels);
  CHECK(operated("equalize", flat, 0).pixels == flat.pixels);
}

TEST_CASE("RandAugment: sharpness leaves flat areas and borders alone and steepens edges") {
  Image edge(5, 6, 1);
  for (int y = 0; y < 5; ++y)
    for (int x = 0; x < 6; ++x) edge.pixels[y * 6 + x] = x < 3 ? 100 : 150;
  const Image sharp = operated("sharpness", edge, 30);
  CHECK(at(sharp, 2, 2) < 100);
  CHECK(at(sharp, 2, 3) > 150);
  CHECK(at(sharp, 2, 1) == 100);
  CHECK(at(sharp, 0, 2) == 100);
  CHECK(at(sharp, 4, 3) == 150);
}

TEST_CASE("RandAugment draws all operations and another one for each view") {
  const Image image = random_image(32, 32, 4);
  std::set<std::string> results;
  int differing_views = 0;
  for (std::uint32_t sample = 0; sample < 300; ++sample) {
    Image first = image, second = image;
    RandAugment{.n = 1, .m = 10}.apply(first, key_of(sample));
    RandAugment{.n = 1, .m = 10}.apply(second, key_of(sample, 1));
    results.emplace(first.pixels.begin(), first.pixels.end());
    differing_views += first.pixels != second.pixels;
  }
  // identity, posterize, solarize, auto-contrast, equalize once each and nine others with two signs; a random
  // image is already stretched, so that auto-contrast is the identity.
  CHECK(results.size() == 22);
  CHECK(differing_views > 240);
}

TEST_CASE("resampling: equal sizes copy, windows beyond the image are black, mirrors turn round") {
  const Image image = random_image(7, 9, 3);
  Image copy(7, 9, 3);
  resample(image, {0, 7, 7}, {0, 9, 9}, copy);
  CHECK(copy.pixels == image.pixels);
  Image mirrored(7, 9, 3);
  resample(image, {0, 7, 7}, {0, 9, 9, 0, true}, mirrored);
  Image window(4, 5, 3);
  resample(image, {0, 7, 7, -2}, {0, 9, 9, 6}, window);
  for (int y = 0; y < 7; ++y)
    for (int x = 0; x < 9; ++x) CHECK(at(mirrored, y, x, 1) == at(image, y, 8 - x, 1));
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 5; ++x)
      CHECK(at(window, y, x, 2) == (y >= 2 && x < 3 ? at(image, y - 2, x + 6, 2) : 0));
}

TEST_CASE("resampling is the triangle filter's weighted mean") {
  const Image image = random_image(23, 31, 1);
  for (const auto& [height, width] : {std::pair{11, 12}, {40, 50}, {23, 7}, {1, 1}}) {
    Image small(height, width, 1);
    const double top = 2, box_height = 20, left = 3, box_width = 25;
    resample(image, {top, box_height, height}, {left, box_width, width}, small);
    const auto weight = [](int i, double start, double length, int outputs, int output) {
      const double step = length / outputs, reach = std::max(1.0, step);
      const double centre = start + (output + 0.5) * step;
      return std::max(0.0, 1 - std::abs(i + 0.5 - centre) / reach);
    };
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) {
        double sum = 0, total = 0;
        for (int r = 2; r < 22; ++r)
          for (int c = 3; c < 28; ++c) {
            const double w = weight(r, top, box_height, height, y) * weight(c, left, box_width, width, x);
            sum += w * at(image, r, c);
            total += w;
          }
        CHECK(std::abs(at(small, y, x) - sum / total) <= 1.05);  // it is rounded twice
      }
  }
}

TEST_CASE("a plain image stays plain at any size") {
  Image image(50, 40, 3);
  std::fill(image.pixels.begin(), image.pixels.end(), std::uint8_t{77});
  Image target(13, 17, 3);
  resample(image, {0.5, 48.25, 13}, {1.25, 33.5, 17}, target);
  CHECK(std::all_of(target.pixels.begin(), target.pixels.end(), [](auto value) { return value == 77; }));
}

TEST_CASE("resized crops have the share and the aspect that they may have, and lie inside") {
  double smallest = 1, largest = 0;
  for (std::uint32_t sample = 0; sample < 2000; ++sample) {
    const CropBox box = ResizedCrop{}.draw(300, 400, key_of(sample));
    REQUIRE(box.top >= 0);
    REQUIRE(box.left >= 0);
    REQUIRE(box.top + box.height <= 300);
    REQUIRE(box.left + box.width <= 400);
    const double share = box.height * box.width / 120000.0;
    const double aspect = static_cast<double>(box.width) / box.height;
    CHECK(aspect > 0.73);
    CHECK(aspect < 1.36);
    smallest = std::min(smallest, share);
    largest = std::max(largest, share);
  }
  CHECK(smallest < 0.1);
  CHECK(smallest > 0.075);
  CHECK(largest > 0.85);
}

TEST_CASE("a resized crop of an image that no box fits takes its middle") {
  const CropBox wide = ResizedCrop{.scale = 1}.draw(10, 1000, key_of(1));
  CHECK(wide.height == 10);
  CHECK(wide.width == 13);
  CHECK(wide.left == 493);
  const CropBox tall = ResizedCrop{.scale = 1}.draw(1000, 10, key_of(1));
  CHECK(tall.width == 10);
  CHECK(tall.height == 13);
}

TEST_CASE("cutout sets a square to zero after normalising; its centre lies anywhere") {
  Image image(32, 32, 3);
  std::fill(image.pixels.begin(), image.pixels.end(), std::uint8_t{200});
  bool whole = false, at_border = false;
  for (std::uint32_t sample = 0; sample < 200; ++sample) {
    const Cutout square = Cutout::draw(16, 32, 32, key_of(sample));
    const auto output = augmented(image, "cutout:16", key_of(sample));
    int zeros = 0;
    for (int y = 0; y < 32; ++y)
      for (int x = 0; x < 32; ++x) {
        CHECK((output[(y * 32 + x) * 3] == 0) == square.contains(y, x));
        zeros += square.contains(y, x);
      }
    whole |= zeros == 256;
    at_border |= zeros == 64 || zeros == 72;
    CHECK(zeros >= 64);
    CHECK(zeros <= 256);
  }
  CHECK(whole);
  CHECK(at_border);
}

TEST_CASE("parts that leave the image alone give the image") {
  const Image image = random_image(12, 10, 3);
  check_close(augmented(image, "rotation:0", key_of(1)), values(image));
  check_close(
      augmented(image, "resized-crop:scale=1,ratio=1+jitter:brightness=0,contrast=0,saturation=0,hue=0",
                key_of(1), {10, 10}),
      augmented(image, "resized-crop:scale=1,ratio=1", key_of(1), {10, 10}));
}

TEST_CASE("crop and flip are the same with and without other parts") {
  const Image image = random_image(16, 12, 3);
  const PixelTable table(3, {0, 0, 0}, {1, 1, 1});
  for (std::uint32_t sample = 0; sample < 30; ++sample) {
    for (const char* spec : {"crop:3+flip", "flip", "crop:2", "none"}) {
      std::vector<float> direct(image.pixels.size()), general(image.pixels.size());
      const Augmentation augmentation = Augmentation::parse(spec);
      crop_and_flip_image(image, augmentation, key_of(sample), table, direct.data());
      augment_image(image, {16, 12}, augmentation, key_of(sample), table, general.data());
      CHECK(direct == general);
    }
  }
}

TEST_CASE("a part that is added changes nothing of what the others draw") {
  const Image image = random_image(16, 16, 3);
  for (std::uint32_t sample = 0; sample < 20; ++sample) {
    const auto without = augmented(image, "crop:2+flip", key_of(sample));
    const auto with = augmented(image, "crop:2+flip+cutout:4", key_of(sample));
    const Cutout square = Cutout::draw(4, 16, 16, key_of(sample));
    for (int y = 0; y < 16; ++y)
      for (int x = 0; x < 16; ++x)
        if (!square.contains(y, x)) CHECK(with[(y * 16 + x) * 3] == without[(y * 16 + x) * 3]);
  }
}

TEST_CASE("jitter is drawn for each sample and keeps grey images grey") {
  const Image image = random_image(8, 8, 3);
  CHECK(augmented(image, "jitter", key_of(1)) == augmented(image, "jitter", key_of(1)));
  CHECK(augmented(image, "jitter", key_of(1)) != augmented(image, "jitter", key_of(2)));
  CHECK(augmented(image, "jitter", key_of(1)) != augmented(image, "jitter", key_of(1, 1)));
  Image grey(4, 4, 3);
  std::fill(grey.pixels.begin(), grey.pixels.end(), std::uint8_t{90});
  const auto output = augmented(grey, "jitter", key_of(3));
  CHECK(std::all_of(output.begin(), output.end(), [&](float value) { return value == output.front(); }));
}

TEST_CASE("images of another size: the shorter side is resized, then the middle or a crop is taken") {
  Image image(20, 40, 1);  // its columns count up, so that a value says where it comes from
  for (int y = 0; y < 20; ++y)
    for (int x = 0; x < 40; ++x) image.pixels[y * 40 + x] = static_cast<std::uint8_t>(4 * x);
  const auto middle = augmented(image, "none", key_of(1), {20, 20, 20});
  for (int x = 0; x < 20; ++x) CHECK(middle[x] == doctest::Approx(4 * (x + 10)));
  std::set<float> lefts;
  for (std::uint32_t sample = 0; sample < 300; ++sample)
    lefts.insert(augmented(image, "crop:0", key_of(sample), {20, 20, 20}).front());
  CHECK(lefts.size() == 21);
  const auto halved = augmented(image, "none", key_of(1), {10, 10, 10});
  for (int x = 0; x < 10; ++x) CHECK(std::abs(halved[x] - 4 * (2 * (x + 5) + 0.5)) <= 1);
}

TEST_CASE("specs of all parts") {
  const Augmentation all = Augmentation::parse(
      "cutout:16+randaugment:n=1,m=3+jitter:brightness=0.2+rotation:15+flip+resized-crop:scale=0.2");
  CHECK(all.cutout == 16);
  CHECK(all.randaugment->n == 1);
  CHECK(all.randaugment->m == 3);
  CHECK(all.jitter->brightness == 0.2);
  CHECK(all.jitter->hue == 0.1);
  CHECK(all.rotation == 15);
  CHECK(all.resized_crop->scale == 0.2);
  CHECK_FALSE(all.only_crop_and_flip());
  CHECK(Augmentation::parse("crop+flip").only_crop_and_flip());
  check_error([] { Augmentation::parse("crop+resized-crop"); }, {"exclude"});
  check_error([] { Augmentation::parse("randaugment:n=1,m=31"); }, {"m"});
  check_error([] { Augmentation::parse("jitter:hue=0.6"); }, {"hue"});
  check_error([] { Augmentation::parse("rotation:200"); }, {"degrees"});
  check_error([] { Augmentation::parse("cutout:0"); }, {"side"});
}
