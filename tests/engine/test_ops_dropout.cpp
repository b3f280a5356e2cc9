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

constexpr std::uint64_t seed = 42;

Tensor dropped(const Tensor& x, std::uint64_t with_seed, std::uint32_t step) {
  return dropout(Variable(x), 0.5f, with_seed, step).value();
}

}  // namespace

TEST_CASE("dropout: values, gradient and mask") {
  const std::vector<std::vector<std::int64_t>> shapes{{1},      {9},          {3, 7},
                                                      {4, 256}, {2, 3, 5, 3}, {2, 4, 4, 16}};
  for (const auto& shape : shapes) {
    for (const float probability : {0.0f, 0.25f, 0.9f}) {
      CAPTURE(shape.size());
      CAPTURE(probability);
      loops::check({.inputs = {normal(shape)},
                    .op = [=](const Variables& v) { return dropout(v[0], probability, seed, 3); },
                    .loops =
                        [=](const Arrays& a) {
                          return loops::dropout(a[0], loops::dropout_uniforms(shape, seed, 3),
                                                static_cast<double>(probability));
                        }});
    }
  }
}

TEST_CASE("dropout: about the given part falls out, and the mean stays") {
  const std::vector<double> y =
      loops::to_array(dropout(Variable(Tensor::full({100, 1000}, 1, test_device)), 0.3f, seed, 0).value())
          .values;
  const auto zeros = static_cast<double>(std::count(y.begin(), y.end(), 0.0));
  CHECK(zeros / 1e5 == doctest::Approx(0.3).epsilon(0.02));
  CHECK(loops::dot(y, y) / 1e5 == doctest::Approx(1 / 0.7).epsilon(0.02));
}

TEST_CASE("dropout: another mask for another seed, step and row, the same for the same") {
  const Tensor x = Tensor::full({2, 64}, 1, test_device);
  const auto mask = [&](std::uint64_t with_seed, std::uint32_t step) {
    return dropped(x, with_seed, step).to_vector<float>();
  };
  CHECK(mask(1, 0) == mask(1, 0));
  CHECK(mask(1, 0) != mask(2, 0));
  CHECK(mask(1, 0) != mask(1, 1));
  const std::vector<float> rows = mask(1, 0);
  CHECK(std::vector<float>(rows.begin(), rows.begin() + 64) !=
        std::vector<float>(rows.begin() + 64, rows.end()));
}

TEST_CASE("dropout: a row's mask does not depend on the rows around it") {
  const std::vector<float> one = dropped(Tensor::full({1, 64}, 1, test_device), 1, 0).to_vector<float>();
  const std::vector<float> many = dropped(Tensor::full({5, 64}, 1, test_device), 1, 0).to_vector<float>();
  CHECK(std::equal(one.begin(), one.end(), many.begin()));
}

TEST_CASE("dropout: a probability outside [0, 1) is refused") {
  const Variable x(Tensor::zeros({2, 2}));
  check_error([&] { dropout(x, 1.0f, 0, 0); }, {"dropout", "1"});
  check_error([&] { dropout(x, -0.5f, 0, 0); }, {"dropout", "-0.5"});
  check_error([&] { dropout(x, std::numeric_limits<float>::quiet_NaN(), 0, 0); }, {"dropout", "nan"});
}
