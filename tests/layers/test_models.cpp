// The models: parameter counts of the published code, shapes, names, initialisation, and that each one
// learns.
#include "engine/optimizer.h"
#include "engine/random.h"
#include "layers/models.h"
#include "losses/registry.h"
#include "tests/check_error.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace noisegate {
namespace {

constexpr ImageFormat cifar{32, 32, 3};
constexpr ImageFormat mnist{28, 28, 1};

std::unique_ptr<Module> model_of(const std::string& text, ImageFormat format = cifar, int classes = 10,
                                 std::uint64_t seed = 1) {
  return make_model(Spec(text, "--model"), format, classes, seed);
}

std::vector<std::string> names(const Module& model) {
  std::vector<std::string> all;
  for (const NamedParameter& parameter : model.parameters()) all.push_back(parameter.name);
  for (const NamedBuffer& buffer : model.buffers()) all.push_back(buffer.name);
  return all;
}

bool has_name(const Module& model, const std::string& name) {
  const std::vector<std::string> all = names(model);
  return std::find(all.begin(), all.end(), name) != all.end();
}

Tensor random_images(int count, ImageFormat format) {
  Philox random(7, Purpose::test);
  std::vector<float> pixels(static_cast<std::size_t>(count) * format.height * format.width * format.channels);
  for (float& pixel : pixels) pixel = random.normal();
  return Tensor::from(pixels, Shape{count, format.height, format.width, format.channels});
}

Tensor random_labels(int count, int classes) {
  Philox random(8, Purpose::test);
  std::vector<std::int32_t> labels(count);
  for (std::int32_t& label : labels) label = static_cast<std::int32_t>(random.below(classes));
  return Tensor::from(labels);
}

std::vector<float> weights(const Module& model) {
  std::vector<float> all;
  for (const NamedParameter& parameter : model.parameters()) {
    const auto values = parameter.variable.value().to_vector<float>();
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

std::vector<float> weight(const Module& model, const std::string& name) {
  for (const NamedParameter& parameter : model.parameters()) {
    if (parameter.name == name) return parameter.variable.value().to_vector<float>();
  }
  FAIL("no parameter ", name);
  return {};
}

float largest(const std::vector<float>& values) {
  float magnitude = 0;
  for (const float value : values) magnitude = std::max(magnitude, std::abs(value));
  return magnitude;
}

double deviation(const std::vector<float>& values) {
  double squares = 0;
  for (const float value : values) squares += static_cast<double>(value) * value;
  return std::sqrt(squares / static_cast<double>(values.size()));
}

/// Steps of SGD on one batch of 32 random images with random labels, until the loss is below `target`; the
/// last loss.
double overfit(const std::string& text, ImageFormat format, double learning_rate, int most_steps,
               double target = 0.02) {
  auto model = model_of(text, format);
  const Tensor images = random_images(32, format), labels = random_labels(32, 10);
  const auto loss = make_loss(Spec("ce", "--loss"));
  Sgd sgd(model->variables(), {.momentum = 0.9});

  double value = 0;
  for (int step = 0; step < most_steps; ++step) {
    const Variable mean = (*loss)((*model)(Variable(images)), labels);
    value = mean.value().item();
    if (value < target) break;
    backward(mean);
    sgd.step(learning_rate);
  }
  return value;
}

TEST_CASE("parameter counts are those of the published code") {
  struct Case {
    const char* model;
    ImageFormat format;
    int classes;
    std::int64_t parameters;
  };
  const Case cases[] = {
      {"resnet18", cifar, 10, 11'173'962},
      {"resnet18", cifar, 100, 11'220'132},
      {"resnet34", cifar, 10, 21'282'122},
      {"resnet34", cifar, 100, 21'328'292},
      {"resnet50", cifar, 10, 23'520'842},
      {"resnet50", cifar, 100, 23'705'252},
      {"resnet50:stem=imagenet", {224, 224, 3}, 1000, 25'557'032},  // torchvision's
      {"resnet18:imagenet", {224, 224, 3}, 1000, 11'689'512},       // torchvision's
      {"wrn-28-2", cifar, 10, 1'469'642},
      {"wrn-28-2", cifar, 100, 1'481'252},
      {"wrn-28-10:style=original", cifar, 10, 36'479'194},  // Zagoruyko and Komodakis 2016: 36.5M
      {"preact-resnet34", cifar, 10, 1'860'138},
      {"preact-resnet34", cifar, 100, 1'871'748},
      {"cnn8", cifar, 10, 1'639'794},
      {"cnn4", mnist, 10, 422'090},
  };
  for (const Case& c : cases) {
    CAPTURE(c.model);
    CAPTURE(c.classes);
    CHECK(model_of(c.model, c.format, c.classes)->parameter_count() == c.parameters);
  }
}

TEST_CASE("the dropped biases are all that style=original saves") {
  // 25 convolutions with bias in wrn-28-2: the stem (16), 24 in blocks, and three shortcuts.
  const std::int64_t biases = 16 + 9 * (32 + 64 + 128);
  CHECK(model_of("wrn-28-2")->parameter_count() - model_of("wrn-28-2:original")->parameter_count() == biases);
}

TEST_CASE("logits have a row an image and a column a class") {
  const struct {
    const char* model;
    ImageFormat format;
  } cases[] = {
      {"resnet18", {8, 8, 3}},
      {"resnet34", {9, 13, 1}},
      {"resnet50", {8, 8, 3}},
      {"resnet50:stem=imagenet", {33, 35, 3}},
      {"preact-resnet34", {7, 5, 3}},
      {"wrn-10-1", {28, 28, 1}},
      {"wrn-16-2:style=original", {11, 6, 4}},
      {"cnn8", {9, 17, 3}},
      {"cnn4", {5, 7, 1}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.model);
    auto model = model_of(c.model, c.format, 7);
    for (const bool training : {true, false}) {
      model->set_training(training);
      const NoGrad no_grad;
      const Variable logits = (*model)(Variable(random_images(3, c.format)));
      CHECK(logits.shape() == Shape{3, 7});
      for (const float logit : logits.value().to_vector<float>()) CHECK(std::isfinite(logit));
    }
  }
}

TEST_CASE("parameter names are those of the published code") {
  const struct {
    const char* model;
    std::vector<std::string> present, absent;
  } cases[] = {
      {"resnet34",
       {"conv1.weight", "bn1.running_var", "layer1.0.conv1.weight", "layer4.2.bn2.bias",
        "layer2.0.shortcut.0.weight", "layer2.0.shortcut.1.running_mean", "linear.weight", "linear.bias"},
       {"conv1.bias", "layer1.0.shortcut.0.weight", "layer2.1.shortcut.0.weight"}},
      {"resnet50", {"layer1.0.shortcut.0.weight", "layer3.5.conv3.weight", "layer3.5.bn3.weight"}, {}},
      {"resnet50:stem=imagenet",
       {"layer1.0.downsample.0.weight", "layer1.0.downsample.1.running_mean", "fc.weight"},
       {"linear.weight", "layer1.0.shortcut.0.weight"}},
      {"wrn-28-2",
       {"conv1.bias", "layer1.0.bn1.weight", "layer1.0.conv1.bias", "layer1.0.shortcut.0.bias",
        "layer3.3.conv2.weight", "bn1.running_mean", "linear.bias"},
       {"layer1.4.conv1.weight", "layer1.1.shortcut.0.weight", "layer1.0.shortcut.1.weight"}},
      {"wrn-28-2:style=original", {"layer1.0.shortcut.0.weight"}, {"conv1.bias", "layer1.0.conv1.bias"}},
      {"preact-resnet34",
       {"conv1.weight", "layer1.4.bn1.bias", "layer2.0.shortcut.0.weight", "layer3.4.conv2.weight",
        "bn.running_var"},
       {"conv1.bias", "layer1.0.shortcut.0.weight", "layer1.5.bn1.bias", "bn1.weight"}},
      {"cnn8",
       {"block1.0.conv.0.weight", "block1.0.conv.0.bias", "block3.1.conv.1.running_mean", "fc1.0.weight",
        "fc1.1.bias", "fc2.weight"},
       {"block4.0.conv.0.weight"}},
      {"cnn4",
       {"block2.0.conv.0.weight", "fc1.0.bias"},
       {"block1.1.conv.0.weight", "block3.0.conv.0.weight"}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.model);
    const auto model = model_of(c.model);
    const std::vector<std::string> all = names(*model);
    CHECK(std::set<std::string>(all.begin(), all.end()).size() == all.size());
    for (const std::string& name : c.present) CHECK_MESSAGE(has_name(*model, name), name);
    for (const std::string& name : c.absent) CHECK_MESSAGE(!has_name(*model, name), name);
  }
}

TEST_CASE("every listed model can be made") {
  for (const Description& info : list_models()) {
    CAPTURE(info.name);
    CHECK(model_of(info.name)->parameter_count() > 0);
    CHECK(!info.what.empty());
  }
}

TEST_CASE("the same seed gives the same weights, another seed others") {
  CHECK(weights(*model_of("wrn-10-1", cifar, 10, 5)) == weights(*model_of("wrn-10-1", cifar, 10, 5)));
  CHECK(weights(*model_of("wrn-10-1", cifar, 10, 5)) != weights(*model_of("wrn-10-1", cifar, 10, 6)));
}

TEST_CASE("two layers of one shape start differently") {
  const auto model = model_of("resnet18");
  CHECK(weight(*model, "layer1.0.conv1.weight") != weight(*model, "layer1.0.conv2.weight"));
}

TEST_CASE("weights start as in the published code") {
  // A uniform distribution over ±b has the deviation b/√3 and comes close to its ends.
  const auto check_uniform = [](const std::vector<float>& values, double bound) {
    CHECK(largest(values) <= bound);
    CHECK(largest(values) > 0.99 * bound);
    CHECK(deviation(values) == doctest::Approx(bound / std::sqrt(3)).epsilon(0.02));
  };
  SUBCASE("resnet with the cifar stem: He-uniform, Xavier-uniform") {
    const auto model = model_of("resnet18", cifar, 100);
    check_uniform(weight(*model, "layer2.0.conv1.weight"), std::sqrt(6.0 / (9 * 64)));
    check_uniform(weight(*model, "layer2.0.shortcut.0.weight"), std::sqrt(6.0 / 64));
    check_uniform(weight(*model, "linear.weight"), std::sqrt(6.0 / (512 + 100)));
    CHECK(largest(weight(*model, "linear.bias")) <= std::sqrt(1.0 / 512));
  }
  SUBCASE("resnet with the imagenet stem: He-normal over the outputs") {
    const auto model = model_of("resnet18:imagenet", {224, 224, 3}, 100);
    const auto values = weight(*model, "layer2.0.conv1.weight");
    CHECK(deviation(values) == doctest::Approx(std::sqrt(2.0 / (9 * 128))).epsilon(0.02));
    CHECK(largest(values) > 3.5 * std::sqrt(2.0 / (9 * 128)));
    check_uniform(weight(*model, "fc.weight"), std::sqrt(1.0 / 512));
  }
  SUBCASE("wide resnet of SLN: PyTorch's defaults") {
    const auto model = model_of("wrn-28-2");
    check_uniform(weight(*model, "layer3.1.conv2.weight"), std::sqrt(1.0 / (9 * 128)));
    CHECK(largest(weight(*model, "layer3.1.conv2.bias")) <= std::sqrt(1.0 / (9 * 128)));
    CHECK(largest(weight(*model, "layer3.1.conv2.bias")) > 0);
    check_uniform(weight(*model, "linear.weight"), std::sqrt(1.0 / 128));
  }
  SUBCASE("original wide resnet: He-normal, no bias at the start") {
    const auto model = model_of("wrn-28-2:original");
    CHECK(deviation(weight(*model, "layer3.1.conv2.weight")) ==
          doctest::Approx(std::sqrt(2.0 / (9 * 128))).epsilon(0.02));
    CHECK(largest(weight(*model, "linear.bias")) == 0);
  }
  SUBCASE("cnn8: He-uniform, Xavier-uniform") {
    const auto model = model_of("cnn8");
    check_uniform(weight(*model, "block2.1.conv.0.weight"), std::sqrt(6.0 / (9 * 128)));
    check_uniform(weight(*model, "fc1.0.weight"), std::sqrt(6.0 / (3136 + 256)));
  }
  SUBCASE("batch norm: scale 1, shift 0, statistics 0 and 1") {
    const auto model = model_of("wrn-10-1");
    CHECK(weight(*model, "bn1.weight") == std::vector<float>(64, 1));
    CHECK(weight(*model, "bn1.bias") == std::vector<float>(64, 0));
    for (const NamedBuffer& buffer : model->buffers()) {
      const float start = buffer.name.ends_with("running_var") ? 1 : 0;
      CHECK(buffer.tensor.to_vector<float>() == std::vector<float>(buffer.tensor.numel(), start));
    }
  }
}

TEST_CASE("SLN's last batch norm takes 0.9 of a batch's statistics, the others 0.1") {
  const auto running_mean = [](Module& model, const std::string& name) {
    for (const NamedBuffer& buffer : model.buffers()) {
      if (buffer.name == name) return buffer.tensor.to_vector<float>();
    }
    return std::vector<float>{};
  };
  // After two equal batches the running mean is m·(1 − (1−momentum)²), after one m·momentum.
  const auto ratio = [&](const std::string& text, const std::string& name) {
    auto model = model_of(text, {8, 8, 3});
    const Variable images(random_images(4, {8, 8, 3}));
    const NoGrad no_grad;
    (*model)(images);
    const float once = running_mean(*model, name).at(0);
    (*model)(images);
    return running_mean(*model, name).at(0) / once;
  };
  CHECK(ratio("wrn-10-1", "bn1.running_mean") == doctest::Approx(1.1).epsilon(1e-4));
  CHECK(ratio("wrn-10-1", "layer1.0.bn1.running_mean") == doctest::Approx(1.9).epsilon(1e-4));
  CHECK(ratio("wrn-10-1:original", "bn1.running_mean") == doctest::Approx(1.9).epsilon(1e-4));
}

TEST_CASE("inference leaves the running statistics alone and does not depend on the rest of the batch") {
  auto model = model_of("wrn-10-1", {8, 8, 3});
  model->set_training(false);
  const NoGrad no_grad;
  const auto before = model->buffers().front().tensor.to_vector<float>();
  const auto batch = (*model)(Variable(random_images(4, {8, 8, 3}))).value().to_vector<float>();
  const auto single = (*model)(Variable(random_images(1, {8, 8, 3}))).value().to_vector<float>();
  CHECK(model->buffers().front().tensor.to_vector<float>() == before);
  for (std::size_t k = 0; k < single.size(); ++k) CHECK(single[k] == doctest::Approx(batch[k]).epsilon(1e-5));
}

TEST_CASE("every model overfits 32 images") {
  CHECK(overfit("resnet18", {8, 8, 3}, 0.02, 60) < 0.02);
  CHECK(overfit("resnet34", {8, 8, 3}, 0.02, 60) < 0.02);
  CHECK(overfit("resnet50", {8, 8, 3}, 0.02, 60) < 0.02);
  CHECK(overfit("resnet18:stem=imagenet", {32, 32, 3}, 0.02, 60) < 0.02);
  CHECK(overfit("preact-resnet34", {8, 8, 3}, 0.05, 100) < 0.02);
  CHECK(overfit("wrn-28-2", {8, 8, 3}, 0.05, 100) < 0.02);
  CHECK(overfit("wrn-16-2:style=original", {8, 8, 3}, 0.05, 100) < 0.02);
  CHECK(overfit("cnn8", {16, 16, 3}, 0.02, 60) < 0.02);
  CHECK(overfit("cnn4", mnist, 0.02, 60) < 0.02);
}

TEST_CASE("what cannot be made is refused in a sentence") {
  check_error([] { model_of("alexnet"); }, {"--model 'alexnet'", "resnet18", "wrn-28-2", "cnn4"});
  check_error([] { model_of("wrn-27-2"); }, {"'wrn-27-2'", "6n + 4", "27"});
  check_error([] { model_of("wrn-4-2"); }, {"'wrn-4-2'", "6n + 4"});
  check_error([] { model_of("wrn-28-0"); }, {"'wrn-28-0'", "width", "0"});
  check_error([] { model_of("wrn-28-1000"); }, {"width", "100"});
  for (const char* text : {"wrn-28", "wrn-28-", "wrn--2", "wrn-28-2x", "wrn-99999999999999999999-2"}) {
    CAPTURE(text);
    check_error([&] { model_of(text); }, {text, "there is no"});
  }
  check_error([] { model_of("resnet18:stem=mnist"); }, {"stem must be one of cifar, imagenet, not 'mnist'"});
  check_error([] { model_of("wrn-28-10:style=orignal"); },
              {"style must be one of sln, original, not 'orignal'"});
  check_error([] { model_of("resnet18:style=sln"); }, {"style", "stem"});
  check_error([] { model_of("cnn8:width=3"); }, {"cnn8", "takes no parameters"});
  check_error([] { model_of("cnn8", {7, 32, 3}); }, {"'cnn8'", "8x8", "7x32"});
  check_error([] { model_of("resnet50:stem=imagenet", {28, 28, 1}); }, {"32x32", "28x28"});
  check_error([] { model_of("resnet18", {32, 32, 0}); }, {"channel"});
  check_error([] { model_of("resnet18", cifar, 0); }, {"class"});
  check_error([] { (*model_of("wrn-10-1"))(Variable(random_images(2, mnist))); }, {"(2, 28, 28, 1)"});
}

}  // namespace
}  // namespace noisegate
