// A backend may keep images in a layout of its own between ops: the CPU's convolutions return
// Layout::blocked16 where the channels are a multiple of 16. Here every op takes what a convolution made,
// beside operands in the plain layout.
#include "engine/ops.h"
#include "tests/reference_check.h"

#include <doctest/doctest.h>

using namespace noisegate;
namespace loops = noisegate::reference;
using loops::Array;
using loops::Arrays;
using loops::normal;
using loops::OpCase;

namespace {

using Variables = std::vector<Variable>;
using Op = std::function<Variable(const Variables&)>;
using Loops = std::function<Array<double>(const Arrays&)>;

// Where the inputs of every chain stand.
enum Input { x, weight, image, scale, shift, next_weight, classifier, pool_classifier };

/// Their convolution, a "made" image (2, 5, 4, K) beside the plain `image` of that shape.
Variable made(const Variables& v) {
  return conv2d(v[x], v[weight], {}, {.padding = 1});
}
Array<double> made(const Arrays& a) {
  return loops::conv2d(a[x], a[weight], {}, 1, 1);
}

/// Runs a chain over channel counts of both kinds. `used`: the inputs that it depends on beside x and weight.
void check_chain(const Op& op, const Loops& reference, const std::vector<Input>& used = {}) {
  for (const std::int64_t channels : {16, 32, 17}) {
    CAPTURE(channels);
    OpCase test;
    test.inputs = {normal({2, 5, 4, 16}, 1),
                   normal({channels, 3, 3, 16}, 2),
                   normal({2, 5, 4, channels}, 3),
                   normal({channels}, 4),
                   normal({channels}, 5),
                   normal({16, 3, 3, channels}, 6),
                   normal({3, 5 * 4 * channels}, 7),
                   normal({3, channels}, 8)};
    test.inputs[weight] = loops::map(test.inputs[weight], [](double w) { return w / 16; });
    test.op = op;
    test.loops = reference;
    test.differentiate.assign(test.inputs.size(), false);
    test.differentiate[x] = test.differentiate[weight] = true;
    for (const Input input : used) test.differentiate[input] = true;
    loops::check(test);
  }
}

Variable normalize(const Variables& v, const Variable& images, BatchNormOptions options,
                   const Variable& residual = {}) {
  const std::int64_t channels = v[scale].shape()[0];
  Tensor mean = Tensor::full({channels}, 0.25f), variance = Tensor::full({channels}, 2);
  return batch_norm(images, v[scale], v[shift], mean, variance, options, residual);
}

Array<double> normalize(const Arrays& a, const Array<double>& images, bool training) {
  const std::int64_t channels = a[scale].channels();
  const loops::Moments<double> running{Array<double>({channels}, 0.25), Array<double>({channels}, 2.0)};
  return loops::batch_norm(images, a[scale], a[shift], training ? loops::moments(images) : running, 1e-5);
}

}  // namespace

TEST_CASE("a convolution's output into another convolution") {
  check_chain([](const Variables& v) { return conv2d(made(v), v[next_weight], {}, {.padding = 1}); },
              [](const Arrays& a) { return loops::conv2d(made(a), a[next_weight], {}, 1, 1); },
              {next_weight});
  check_chain([](const Variables& v) { return conv2d(made(v), v[next_weight], {}, {.stride = 2}); },
              [](const Arrays& a) { return loops::conv2d(made(a), a[next_weight], {}, 2, 0); },
              {next_weight});
}

TEST_CASE("a convolution's output into pooling") {
  check_chain([](const Variables& v) { return max_pool2d(made(v), {}); },
              [](const Arrays& a) { return loops::max_pool2d(made(a), 2, 2, 0); });
  check_chain([](const Variables& v) { return max_pool2d(made(v), {.size = 3, .stride = 2, .padding = 1}); },
              [](const Arrays& a) { return loops::max_pool2d(made(a), 3, 2, 1); });
  check_chain(
      [](const Variables& v) { return average_pool2d(made(v), {.size = 3, .stride = 2, .padding = 1}); },
      [](const Arrays& a) { return loops::average_pool2d(made(a), 3, 2, 1); });
  check_chain([](const Variables& v) { return global_average_pool(made(v)); },
              [](const Arrays& a) { return loops::global_average_pool(made(a)); });
}

TEST_CASE("a convolution's output through a pool into another convolution") {
  check_chain(
      [](const Variables& v) { return conv2d(max_pool2d(made(v), {}), v[next_weight], {}, {.padding = 1}); },
      [](const Arrays& a) {
        return loops::conv2d(loops::max_pool2d(made(a), 2, 2, 0), a[next_weight], {}, 1, 1);
      },
      {next_weight});
  check_chain(
      [](const Variables& v) {
        return conv2d(average_pool2d(made(v), {}), v[next_weight], {}, {.padding = 1});
      },
      [](const Arrays& a) {
        return loops::conv2d(loops::average_pool2d(made(a), 2, 2, 0), a[next_weight], {}, 1, 1);
      },
      {next_weight});
}

TEST_CASE("a convolution's output into a classifier") {
  check_chain([](const Variables& v) { return linear(flatten(made(v)), v[classifier], {}); },
              [](const Arrays& a) { return loops::linear(loops::flatten(made(a)), a[classifier], {}); },
              {classifier});
  check_chain([](const Variables& v) { return linear(global_average_pool(made(v)), v[pool_classifier], {}); },
              [](const Arrays& a) {
                return loops::linear(loops::global_average_pool(made(a)), a[pool_classifier], {});
              },
              {pool_classifier});
}

TEST_CASE("a convolution's output into elementwise ops") {
  check_chain([](const Variables& v) { return relu(made(v)); },
              [](const Arrays& a) { return loops::relu(made(a)); });
  check_chain([](const Variables& v) { return affine(made(v), -2, 1); },
              [](const Arrays& a) { return loops::affine(made(a), -2.0, 1.0); });
  check_chain([](const Variables& v) { return sigmoid(made(v)); },
              [](const Arrays& a) { return loops::sigmoid(made(a)); });
  check_chain([](const Variables& v) { return square(made(v)); },
              [](const Arrays& a) { return loops::square(made(a)); });
}

TEST_CASE("a convolution's output and a plain image, on either side") {
  check_chain([](const Variables& v) { return add(made(v), v[image]); },
              [](const Arrays& a) { return loops::add(made(a), a[image]); }, {image});
  check_chain([](const Variables& v) { return add(v[image], made(v)); },
              [](const Arrays& a) { return loops::add(a[image], made(a)); }, {image});
  check_chain([](const Variables& v) { return subtract(v[image], made(v)); },
              [](const Arrays& a) { return loops::subtract(a[image], made(a)); }, {image});
  check_chain([](const Variables& v) { return subtract(made(v), v[image]); },
              [](const Arrays& a) { return loops::subtract(made(a), a[image]); }, {image});
  check_chain([](const Variables& v) { return multiply(made(v), v[image]); },
              [](const Arrays& a) { return loops::multiply(made(a), a[image]); }, {image});
  check_chain([](const Variables& v) { return multiply(v[image], made(v)); },
              [](const Arrays& a) { return loops::multiply(a[image], made(a)); }, {image});
  check_chain([](const Variables& v) { return add(made(v), made(v)); },
              [](const Arrays& a) { return loops::affine(made(a), 2.0, 0.0); });
}

TEST_CASE("a convolution's output into batch norm") {
  for (const bool training : {true, false}) {
    for (const bool with_relu : {true, false}) {
      CAPTURE(training);
      CAPTURE(with_relu);
      const BatchNormOptions options{.training = training, .relu = with_relu};
      const auto end = [=](const Array<double>& y) { return with_relu ? loops::relu(y) : y; };
      check_chain([=](const Variables& v) { return normalize(v, made(v), options); },
                  [=](const Arrays& a) { return end(normalize(a, made(a), training)); }, {scale, shift});
      check_chain([=](const Variables& v) { return normalize(v, made(v), options, v[image]); },
                  [=](const Arrays& a) { return end(loops::add(normalize(a, made(a), training), a[image])); },
                  {scale, shift, image});
      check_chain([=](const Variables& v) { return normalize(v, v[image], options, made(v)); },
                  [=](const Arrays& a) { return end(loops::add(normalize(a, a[image], training), made(a))); },
                  {scale, shift, image});
      check_chain([=](const Variables& v) { return normalize(v, made(v), options, relu(made(v))); },
                  [=](const Arrays& a) {
                    return end(loops::add(normalize(a, made(a), training), loops::relu(made(a))));
                  },
                  {scale, shift});
    }
  }
}

TEST_CASE("a convolution's output into dropout: the mask is that of the plain layout") {
  check_chain([](const Variables& v) { return dropout(made(v), 0.5f, 9, 2); },
              [](const Arrays& a) {
                const Array<double> y = made(a);
                return loops::dropout(y, loops::dropout_uniforms(y.shape, 9, 2), 0.5);
              });
}

TEST_CASE("a convolution's output into reductions") {
  check_chain([](const Variables& v) { return sum(made(v)); },
              [](const Arrays& a) { return loops::sum(made(a)); });
  check_chain([](const Variables& v) { return mean(square(made(v))); },
              [](const Arrays& a) { return loops::mean(loops::square(made(a))); });
  check_chain([](const Variables& v) { return row_sum(flatten(made(v))); },
              [](const Arrays& a) { return loops::row_sum(loops::flatten(made(a))); });
}

TEST_CASE("a variable used twice, once as a convolution takes it and once plain") {
  check_chain(
      [](const Variables& v) { return add(sum(flatten(made(v))), sum(square(max_pool2d(v[x], {})))); },
      [](const Arrays& a) {
        return loops::add(loops::sum(made(a)), loops::sum(loops::square(loops::max_pool2d(a[x], 2, 2, 0))));
      });
  check_chain(
      [](const Variables& v) {
        const Variable y = made(v);
        return add(sum(conv2d(y, v[next_weight], {}, {.padding = 1})), sum(multiply(y, v[image])));
      },
      [](const Arrays& a) {
        const Array<double> y = made(a);
        return loops::add(loops::sum(loops::conv2d(y, a[next_weight], {}, 1, 1)),
                          loops::sum(loops::multiply(y, a[image])));
      },
      {next_weight, image});
  check_chain(
      [](const Variables& v) {
        const Variable y = relu(made(v));
        return add(linear(flatten(y), v[classifier], {}),
                   linear(global_average_pool(y), v[pool_classifier], {}));
      },
      [](const Arrays& a) {
        const Array<double> y = loops::relu(made(a));
        return loops::add(loops::linear(loops::flatten(y), a[classifier], {}),
                          loops::linear(loops::global_average_pool(y), a[pool_classifier], {}));
      },
      {classifier, pool_classifier});
}

TEST_CASE("a residual block whose shortcut is the plain image") {
  check_chain(
      [](const Variables& v) {
        const Variable inside = conv2d(made(v), v[next_weight], {}, {.padding = 1});
        return relu(add(inside, v[x]));
      },
      [](const Arrays& a) {
        const Array<double> inside = loops::conv2d(made(a), a[next_weight], {}, 1, 1);
        return loops::relu(loops::add(inside, a[x]));
      },
      {next_weight});
}
