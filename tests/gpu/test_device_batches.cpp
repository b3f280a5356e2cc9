// Batches made on the (emulated) GPU beside those of make_batch: the same numbers, to the bit.
#include "datasets/augment/affine.h"
#include "datasets/batches/device_batches.h"
#include "engine/device_value.h"
#include "engine/memory.h"
#include "tests/check_error.h"
#include "tests/test_device.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

constexpr std::array<float, 3> mean = {0.5f, 0.4f, 0.3f};
constexpr std::array<float, 3> deviation = {0.25f, 0.2f, 0.5f};
const std::vector<std::int32_t> positions = {4, 0, 2, 4, 1};

Tensor random_images(std::int64_t height, std::int64_t width, std::int64_t channels) {
  constexpr std::int64_t samples = 5;
  std::vector<std::uint8_t> pixels(samples * height * width * channels);
  Philox random(3, Purpose::test);
  for (std::uint8_t& pixel : pixels) pixel = static_cast<std::uint8_t>(random.below(256));
  return Tensor::from(pixels, {samples, height, width, channels});
}

const DeviceValue<StepScalars>& epoch_two() {
  static const DeviceValue<StepScalars> scalars({.epoch = 2}, test_device);
  return scalars;
}

DeviceBatch batch_of(const Tensor& images, const std::string& augmentation) {
  return {.images = images.to(test_device),
          .positions = Tensor::from(positions).to(test_device),
          .augmentation = Augmentation::parse(augmentation),
          .mean = mean,
          .deviation = deviation,
          .seed = 0x1234567890ull,
          .scalars = epoch_two().data()};
}

std::vector<float> expected(const Tensor& images, const DeviceBatch& batch, std::uint32_t epoch) {
  return make_batch(images, positions, batch.augmentation, mean, deviation, batch.seed, epoch, batch.view)
      .to_vector<float>();
}

/// The upper half of the float nearest to it that ends in zeros: rounding by arithmetic.
std::uint16_t nearest_bf16(float value) {
  if (value == 0) return 0;
  const float unit = std::ldexp(1.0f, std::ilogb(value) - 7);
  const float rounded = std::nearbyint(value / unit) * unit;
  std::uint32_t bits;
  std::memcpy(&bits, &rounded, sizeof bits);
  return static_cast<std::uint16_t>(bits >> 16);
}

const std::vector<std::string> augmentations = {"none",
                                                "flip",
                                                "crop:3",
                                                "crop:2+flip",
                                                "rotation:15",
                                                "crop:4+flip+rotation:180",
                                                "cutout:3",
                                                "crop:1+flip+rotation:30+cutout:5",
                                                "jitter",
                                                "jitter:contrast=0",
                                                "crop:2+flip+rotation:40+jitter+cutout:4"};

}  // namespace

TEST_CASE("every augmentation of the device makes the CPU's batch") {
  const std::vector<Shape> sizes = {{5, 3, 1, 1}, {9, 7, 0, 3}, {19, 21, 0, 3}, {8, 6, 0, 1}};
  for (const Shape& size : sizes) {
    const Tensor images = random_images(size[0], size[1], size[3]);
    for (const std::string& augmentation : augmentations) {
      CAPTURE(augmentation);
      CAPTURE(size[0]);
      DeviceBatch batch = batch_of(images, augmentation);
      REQUIRE(augments_on_device(batch.augmentation));
      for (const int view : {0, 3}) {
        batch.view = view;
        const Tensor made = make_device_batch(batch);
        CHECK(made.shape() == Shape{5, size[0], size[1], size[3]});
        CHECK(made.to_vector<float>() == expected(images, batch, 2));
      }
    }
  }
}

TEST_CASE("the epoch comes from device memory") {
  const Tensor images = random_images(6, 6, 3);
  DeviceBatch batch = batch_of(images, "crop:2+flip");
  const DeviceValue<StepScalars> scalars({.epoch = 7}, test_device);
  batch.scalars = scalars.data();
  CHECK(make_device_batch(batch).to_vector<float>() == expected(images, batch, 7));
  CHECK(expected(images, batch, 7) != expected(images, batch, 2));
}

TEST_CASE("a batch in bfloat16 is the float32 one, rounded to the nearest") {
  for (const std::string augmentation : {"crop:2+flip+cutout:3", "jitter"}) {
    const Tensor images = random_images(9, 7, 3);
    DeviceBatch batch = batch_of(images, augmentation);
    batch.dtype = DType::bf16;
    const Tensor made = make_device_batch(batch).to(Device::cpu);
    CHECK(made.dtype() == DType::bf16);
    const auto* bits = static_cast<const std::uint16_t*>(made.raw());
    const std::vector<float> exact = expected(images, batch, 2);
    std::vector<std::uint16_t> rounded;
    for (const float value : exact) rounded.push_back(nearest_bf16(value));
    CHECK(std::vector<std::uint16_t>(bits, bits + exact.size()) == rounded);
  }
}

TEST_CASE("no rotation's sine or cosine is so near the middle of two that libraries could round it apart") {
  double nearest = 1;
  for (int step = 0; step <= 180 * 1024; ++step) {
    const double radians = step / 1024.0 * 3.14159265358979323846 / 180;
    for (const double value : {std::cos(radians), std::sin(radians)}) {
      const double scaled = std::abs(value) * AffineMap::one;
      nearest = std::min(nearest, std::abs(scaled - std::floor(scaled) - 0.5));
    }
  }
  CHECK(nearest > 1e-8);  // a double's last digit there is 7e-12
}

TEST_CASE("what cannot be made on the device is refused in a sentence") {
  const Tensor images = random_images(4, 4, 3);
  CHECK_FALSE(augments_on_device(Augmentation::parse("randaugment")));
  CHECK_FALSE(augments_on_device(Augmentation::parse("resized-crop+flip")));
  check_error([&] { make_device_batch(batch_of(images, "resized-crop")); }, {"resized-crop"});
  check_error([&] { make_device_batch(batch_of(random_images(4, 4, 2), "flip")); }, {"channels", "2"});
  DeviceBatch batch = batch_of(images, "flip");
  batch.images = images;
  check_error([&] { make_device_batch(batch); }, {"u8", "cpu"});
  batch = batch_of(images, "flip");
  batch.positions = Tensor::zeros({2}, DType::f32, test_device);
  check_error([&] { make_device_batch(batch); }, {"positions", "float32"});
  batch = batch_of(images, "flip");
  batch.view = 256;
  check_error([&] { make_device_batch(batch); }, {"views", "256"});
  batch.view = 0;
  batch.dtype = DType::i32;
  check_error([&] { make_device_batch(batch); }, {"bf16", "int32"});
}
