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

OpCase softmax_case(const Array<double>& x) {
  OpCase test;
  test.inputs = {x};
  test.op = [](const Variables& v) { return softmax(v[0]); };
  test.loops = [](const Arrays& a) { return loops::softmax(a[0]); };
  return test;
}

OpCase log_softmax_case(const Array<double>& x) {
  OpCase test;
  test.inputs = {x};
  test.op = [](const Variables& v) { return log_softmax(v[0]); };
  test.loops = [](const Arrays& a) { return loops::log_softmax(a[0]); };
  return test;
}

}  // namespace

TEST_CASE("softmax and log_softmax: rows of all sizes") {
  for (const std::int64_t rows : {1, 2, 33}) {
    for (const std::int64_t classes : {2, 10, 17, 100}) {
      CAPTURE(rows);
      CAPTURE(classes);
      const Array<double> x = loops::affine(normal({rows, classes}), 4.0, 0.0);
      loops::check(softmax_case(x));
      loops::check(log_softmax_case(x));
    }
  }
}

TEST_CASE("softmax of one class is 1, its logarithm 0, the gradients 0") {
  const Variable x(Tensor::from<float>({-3.f, 0.f, 50.f}, {3, 1}).to(test_device), true);
  const Variable p = softmax(x), log_p = log_softmax(x);
  CHECK(p.value().to_vector<float>() == std::vector<float>{1, 1, 1});
  CHECK(log_p.value().to_vector<float>() == std::vector<float>{0, 0, 0});
  backward(add(sum(p), sum(log_p)));
  CHECK(x.grad().to_vector<float>() == std::vector<float>{0, 0, 0});
}

TEST_CASE(
    "softmax and log_softmax: large logits overflow nowhere, small probabilities keep their logarithm") {
  const Array<double> x({3, 4}, {1e4, 1e4 - 1, 0, -1e4, -300, -200, -100, -90, 3e38, 0, -3e38, 1});
  const std::vector<double> p = loops::to_array(softmax(Variable(loops::to_tensor(x))).value()).values;
  const std::vector<double> log_p =
      loops::to_array(log_softmax(Variable(loops::to_tensor(x))).value()).values;
  CHECK(loops::deviation(p, loops::softmax(x).values) <= 1e-6);
  const std::vector<double> expected = loops::log_softmax(x).values;
  for (std::size_t i = 0; i < 8; ++i) CHECK(log_p[i] == doctest::Approx(expected[i]).epsilon(1e-5));
  CHECK(log_p[8] == 0);
  CHECK(log_p[9] == doctest::Approx(-3e38));
}

TEST_CASE("softmax and log_softmax: what does not fit is named with its shape") {
  const Variable x(Tensor::zeros({2, 3, 3, 1}));
  check_error([&] { softmax(x); }, {"softmax", "(2, 3, 3, 1)"});
  check_error([&] { log_softmax(x); }, {"log_softmax", "(2, 3, 3, 1)"});
}
