#include "engine/ops.h"
#include "tests/check_error.h"
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

void check_max_pool(const std::vector<std::int64_t>& shape, PoolWindow window) {
  INFO("x (", shape[0], ", ", shape[1], ", ", shape[2], ", ", shape[3], "), size ", window.size, ", stride ",
       window.stride, ", padding ", window.padding);
  OpCase test;
  test.inputs = {normal(shape)};
  test.op = [=](const Variables& v) { return max_pool2d(v[0], window); };
  test.loops = [=](const Arrays& a) {
    return loops::max_pool2d(a[0], window.size, window.stride, window.padding);
  };
  loops::check(test);
}

void check_average_pool(const std::vector<std::int64_t>& shape, PoolWindow window) {
  INFO("x (", shape[0], ", ", shape[1], ", ", shape[2], ", ", shape[3], "), size ", window.size, ", stride ",
       window.stride, ", padding ", window.padding);
  OpCase test;
  test.inputs = {normal(shape)};
  test.op = [=](const Variables& v) { return average_pool2d(v[0], window); };
  test.loops = [=](const Arrays& a) {
    return loops::average_pool2d(a[0], window.size, window.stride, window.padding);
  };
  loops::check(test);
}

void check_windows(const std::function<void(const std::vector<std::int64_t>&, PoolWindow)>& check) {
  for (const std::int64_t channels : {1, 3, 16, 17}) {
    check({2, 6, 8, channels}, {.size = 2, .stride = 2});
    check({2, 7, 5, channels}, {.size = 2, .stride = 2});  // the last row and column are left out
    check({2, 7, 6, channels}, {.size = 3, .stride = 2, .padding = 1});  // ResNet-50's stem
    check({2, 7, 6, channels}, {.size = 3, .stride = 1});                // windows overlap
    check({2, 7, 8, channels}, {.size = 2, .stride = 3});                // windows leave gaps
    check({1, 1, 1, channels}, {.size = 1, .stride = 1});
    check({1, 1, 1, channels}, {.size = 2, .stride = 1, .padding = 1});
    check({1, 1, 5, channels}, {.size = 3, .stride = 2, .padding = 1});
    check({2, 4, 4, channels}, {.size = 4, .stride = 4});
  }
}

}  // namespace

TEST_CASE("max_pool2d: windows of all kinds") {
  check_windows(check_max_pool);
}

TEST_CASE("average_pool2d: windows of all kinds") {
  check_windows(check_average_pool);
}

TEST_CASE("max_pool2d: padding never wins, be all values negative") {
  const Variable x(Tensor::full({1, 2, 2, 16}, -5, test_device));
  const Variable y = max_pool2d(x, {.size = 3, .stride = 1, .padding = 1});
  CHECK(y.value().to_vector<float>() == std::vector<float>(64, -5));
}

TEST_CASE("max_pool2d: the gradient goes to the first of equal values") {
  const Variable x(Tensor::full({1, 2, 2, 1}, 3, test_device), true);
  backward(sum(max_pool2d(x, {})));
  CHECK(x.grad().to_vector<float>() == std::vector<float>{1, 0, 0, 0});
}

TEST_CASE("max_pool2d: a NaN is not lost") {
  std::vector<float> values(16, 1);
  values[5] = std::numeric_limits<float>::quiet_NaN();
  const Variable y = max_pool2d(Variable(Tensor::from(values, {1, 4, 4, 1}).to(test_device)), {});
  CHECK(std::isnan(y.value().to_vector<float>()[0]));
}

TEST_CASE("global_average_pool") {
  for (const std::int64_t channels : {1, 3, 16, 17, 48}) {
    for (const std::vector<std::int64_t>& image : {std::vector<std::int64_t>{1, 1}, {4, 4}, {3, 7}}) {
      OpCase test;
      test.inputs = {normal({3, image[0], image[1], channels})};
      test.op = [](const Variables& v) { return global_average_pool(v[0]); };
      test.loops = [](const Arrays& a) { return loops::global_average_pool(a[0]); };
      loops::check(test);
    }
  }
}

TEST_CASE("flatten keeps the order of height, width, channels") {
  for (const std::int64_t channels : {1, 3, 16}) {
    OpCase test;
    test.inputs = {normal({2, 3, 2, channels})};
    test.op = [](const Variables& v) { return flatten(v[0]); };
    test.loops = [](const Arrays& a) { return loops::flatten(a[0]); };
    loops::check(test);
  }
}

TEST_CASE("pooling: what does not fit is named with its shapes") {
  const Variable x(Tensor::zeros({2, 4, 4, 3})), rows(Tensor::zeros({2, 4}));
  check_error([&] { max_pool2d(x, {.size = 5, .stride = 1}); }, {"max_pool2d", "(2, 4, 4, 3)", "5"});
  check_error([&] { average_pool2d(x, {.size = 5, .stride = 1}); }, {"average_pool2d", "(2, 4, 4, 3)", "5"});
  check_error([&] { max_pool2d(x, {.size = 2, .stride = 0}); }, {"max_pool2d", "stride 0"});
  check_error([&] { max_pool2d(x, {.size = 2, .stride = 1, .padding = 2}); }, {"max_pool2d", "padding 2"});
  check_error([&] { average_pool2d(x, {.size = 0, .stride = 1}); }, {"average_pool2d", "0"});
  check_error([&] { max_pool2d(rows, {}); }, {"max_pool2d", "(2, 4)"});
  check_error([&] { average_pool2d(rows, {}); }, {"average_pool2d", "(2, 4)"});
  check_error([&] { global_average_pool(rows); }, {"global_average_pool", "(2, 4)"});
  check_error([&] { flatten(rows); }, {"flatten", "(2, 4)"});
}
