// Noise that looks at images or replaces them: instance and openset.
#include "noise/models.h"
#include "noise/transition.h"
#include "tests/check_error.h"

#include <cmath>
#include <set>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

constexpr int classes = 10, side = 8, image_bytes = side * side * 3;

/// Images of random pixels; `sample` and `stream` decide each.
Tensor random_images(int samples, std::uint32_t stream = 0) {
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < samples; ++i) {
    Philox random(7, Purpose::test, stream, i);
    for (int k = 0; k < image_bytes; ++k) pixels.push_back(static_cast<std::uint8_t>(random.below(256)));
  }
  return Tensor::from(pixels, {samples, side, side, 3});
}

/// The same image again and again.
Tensor copies_of(const Tensor& images, int sample, int copies) {
  std::vector<std::uint8_t> pixels;
  const auto* image = images.data<std::uint8_t>() + sample * image_bytes;
  for (int i = 0; i < copies; ++i) pixels.insert(pixels.end(), image, image + image_bytes);
  return Tensor::from(pixels, {copies, side, side, 3});
}

NoiseInput input_of(const Labels& truth, const Tensor& images, std::uint64_t seed = 1) {
  return {.truth = truth, .classes = classes, .seed = seed, .images = images};
}

NoisySet noisy(const std::string& spec, const NoiseInput& input) {
  return make_noise(Spec(spec, "--noise"), input);
}

Labels taking_turns(int samples) {
  Labels labels(samples);
  for (int i = 0; i < samples; ++i) labels[i] = i % classes;
  return labels;
}

std::string image(const Tensor& images, int sample) {
  const auto* begin = images.data<std::uint8_t>() + sample * image_bytes;
  return {begin, begin + image_bytes};
}

}  // namespace

TEST_CASE("instance noise has the rate that is asked for") {
  const NoiseInput input = input_of(taking_turns(20000), random_images(20000));
  for (const double rate : {0.3, 0.4, 0.5}) {
    const NoisySet set = noisy(fmt::format("instance:{}", rate), input);
    // 0.5 points are more than two standard deviations even for independent samples; the seed is fixed.
    CHECK(std::abs(noise_rate(input.truth, set.given) - rate) < 0.005);
    CHECK(set.truth == input.truth);
  }
  // Flip rates are truncated to [0, 1]: at 0, half of the normal distribution is cut off, whose mean is then
  // 0.1·√(2/π).
  CHECK(std::abs(noise_rate(input.truth, noisy("instance:0", input).given) - 0.0798) < 0.01);
}

TEST_CASE("instance noise is decided by the image") {
  const Tensor images = random_images(200);
  // All copies of an image that flip take the same wrong label, since the softmax over raw pixels is all but
  // one-hot; images of one class differ in it.
  std::set<std::int32_t> mistakes;
  for (int sample = 0; sample < 20; ++sample) {
    const Labels given = noisy("instance:0.5", input_of(Labels(50, 3), copies_of(images, sample, 50))).given;
    std::set<std::int32_t> mistakes_of_image(given.begin(), given.end());
    CHECK(mistakes_of_image.erase(3) == 1);
    CHECK(mistakes_of_image.size() == 1);
    mistakes.merge(mistakes_of_image);
  }
  CHECK(mistakes.size() >= 5);

  // An image's label does not depend on the others: the same at the same place of another set.
  const Labels truth = taking_turns(200);
  const Labels given = noisy("instance:0.5", input_of(truth, images)).given;
  const NoiseInput half =
      input_of({truth.begin(), truth.begin() + 100},
               Tensor::from(std::vector<std::uint8_t>(images.data<std::uint8_t>(),
                                                      images.data<std::uint8_t>() + 100 * image_bytes),
                            {100, side, side, 3}));
  CHECK(noisy("instance:0.5", half).given == Labels(given.begin(), given.begin() + 100));
  CHECK(noisy("instance:0.5", input_of(truth, random_images(200, 1))).given != given);
}

TEST_CASE("instance noise: the same seed gives the same labels, on every machine") {
  const Tensor images = random_images(20);
  const Labels truth = taking_turns(20);
  CHECK(noisy("instance:0.5", input_of(truth, images, 7)).given ==
        Labels{9, 4, 2, 2, 4, 5, 3, 5, 8, 5, 9, 1, 6, 3, 1, 5, 6, 7, 8, 0});
  CHECK(noisy("instance:0.5", input_of(truth, images, 7)).given !=
        noisy("instance:0.5", input_of(truth, images, 8)).given);
}

TEST_CASE("instance noise needs images and two classes") {
  check_error(
      [] {
        noisy("instance:0.4", {.truth = {0, 1}, .classes = 2});
      },
      {"instance", "images in memory"});
  check_error([] { noisy("instance:0.4", {.truth = {0}, .classes = 1, .images = random_images(1)}); },
              {"two classes"});
  check_error([] { noisy("instance:2", input_of({0}, random_images(1))); }, {"rate", "2"});
}

TEST_CASE("openset replaces images and keeps labels") {
  const int samples = 400;
  const Tensor images = random_images(samples), others = random_images(250, 1);
  NoiseInput input = input_of(taking_turns(samples), images);
  input.dataset = "ours";
  input.data = "folder";
  std::string asked_for;
  input.images_of = [&](const std::string& dataset, const std::filesystem::path& folder) {
    asked_for = dataset + " in " + folder.string();
    return others;
  };
  const NoisySet set = noisy("openset:0.4,dataset=theirs,data=there", input);
  CHECK(asked_for == "theirs in there");
  CHECK(set.given == input.truth);
  CHECK(noise_rate(set.truth, set.given) == 0.4);

  std::set<std::string> foreign, used;
  for (int i = 0; i < 250; ++i) foreign.insert(image(others, i));
  for (int i = 0; i < samples; ++i) {
    if (set.truth[i] == no_class) {
      CHECK(foreign.contains(image(set.images, i)));
      used.insert(image(set.images, i));
    } else {
      CHECK(set.truth[i] == input.truth[i]);
      CHECK(image(set.images, i) == image(images, i));
    }
  }
  CHECK(used.size() == 160);                                    // none of them twice
  CHECK(image(input.images, 0) == image(random_images(1), 0));  // the input is left as it was
  const TransitionMatrix t(set.truth, set.given, classes);
  for (int label = 0; label < classes; ++label)
    CHECK(t.samples(label) == 24);  // of 40: as many of each class

  CHECK(noisy("openset:0.4,dataset=theirs", input).truth == set.truth);
  CHECK(asked_for == "theirs in folder");
  input.seed = 2;
  CHECK(noisy("openset:0.4,dataset=theirs", input).truth != set.truth);

  check_error([&] { noisy("openset:0.7,dataset=theirs", input); }, {"openset", "250 images"});
  check_error([&] { noisy("openset:0.4,dataset=ours", input); }, {"another dataset"});
  input.images = Tensor::from(std::vector<std::uint8_t>(samples * 12), {samples, 2, 2, 3});
  check_error([&] { noisy("openset:0.4,dataset=theirs", input); }, {"8x8x3", "2x2x3"});
  check_error([&] { noisy("openset:0.4", {.truth = {0, 1}, .classes = 2}); }, {"images in memory"});
}
