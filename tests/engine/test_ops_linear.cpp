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

OpCase case_of(std::int64_t batch, std::int64_t inputs, std::int64_t outputs, bool bias) {
  OpCase test;
  test.inputs = {normal({batch, inputs}, 1), normal({outputs, inputs}, 2)};
  if (bias) test.inputs.push_back(normal({outputs}, 3));
  test.op = [=](const Variables& v) { return linear(v[0], v[1], bias ? v[2] : Variable()); };
  test.loops = [=](const Arrays& a) { return loops::linear(a[0], a[1], bias ? a[2] : Array<double>()); };
  return test;
}

}  // namespace

TEST_CASE("linear: sizes of all kinds, with and without bias") {
  for (const std::int64_t batch : {1, 2, 7, 33}) {
    for (const std::int64_t inputs : {1, 3, 16, 65}) {
      for (const std::int64_t outputs : {1, 10, 17}) {
        for (const bool bias : {true, false}) {
          CAPTURE(batch);
          CAPTURE(inputs);
          CAPTURE(outputs);
          CAPTURE(bias);
          loops::check(case_of(batch, inputs, outputs, bias));
        }
      }
    }
  }
}

TEST_CASE("linear: the sizes of the networks") {
  loops::check(case_of(16, 512, 100, true));
  loops::check(case_of(4, 3136, 32, true));
}

TEST_CASE("linear: only the gradients that are asked for") {
  OpCase test = case_of(4, 5, 6, true);
  for (int mask = 0; mask < 8; ++mask) {
    CAPTURE(mask);
    test.differentiate = {(mask & 1) != 0, (mask & 2) != 0, (mask & 4) != 0};
    loops::check(test);
  }
}

TEST_CASE("linear: what does not fit is named with its shapes") {
  const auto variable = [](const Shape& shape) { return Variable(Tensor::zeros(shape)); };
  check_error([&] { linear(variable({2, 3}), variable({4, 5}), {}); }, {"linear", "(2, 3)", "(4, 5)"});
  check_error(
      [&] {
        linear(variable({2, 3}), variable({4, 3}), variable({3}));
      },
      {"linear", "(3)", "(4, 3)"});
  check_error([&] { linear(variable({2, 1, 1, 3}), variable({4, 3}), {}); }, {"linear", "(2, 1, 1, 3)"});
}
