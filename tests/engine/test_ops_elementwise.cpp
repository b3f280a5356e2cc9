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

/// Scalars, odd counts, vectors, matrices, images.
const std::vector<std::vector<std::int64_t>> shapes{{},       {1},          {7},          {3, 5},
                                                    {33, 10}, {2, 3, 5, 3}, {1, 4, 4, 16}};

using Op = std::function<Variable(const Variables&)>;
using Loops = std::function<Array<double>(const Arrays&)>;

void check_unary(const Op& op, const Loops& reference) {
  for (const auto& shape : shapes) {
    CAPTURE(shape.size());
    loops::check({.inputs = {normal(shape)}, .op = op, .loops = reference});
  }
}

void check_binary(const Op& op, const Loops& reference) {
  for (const auto& shape : shapes) {
    for (int mask = 0; mask < 4; ++mask) {
      CAPTURE(shape.size());
      CAPTURE(mask);
      loops::check({.inputs = {normal(shape, 1), normal(shape, 2)},
                    .op = op,
                    .loops = reference,
                    .differentiate = {(mask & 1) != 0, (mask & 2) != 0}});
    }
  }
}

}  // namespace

TEST_CASE("add, subtract, multiply") {
  check_binary([](const Variables& v) { return add(v[0], v[1]); },
               [](const Arrays& a) { return loops::add(a[0], a[1]); });
  check_binary([](const Variables& v) { return subtract(v[0], v[1]); },
               [](const Arrays& a) { return loops::subtract(a[0], a[1]); });
  check_binary([](const Variables& v) { return multiply(v[0], v[1]); },
               [](const Arrays& a) { return loops::multiply(a[0], a[1]); });
}

TEST_CASE("part of a tensor, wherever it begins") {
  std::vector<float> values(50), squares;
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  const Tensor whole = Tensor::from(values).to(test_device);
  for (int begin = 0; begin < 6; ++begin) {
    squares.clear();
    for (std::size_t i = begin; i < values.size(); ++i) squares.push_back(values[i] * values[i]);
    const Variable part(whole.slice(begin, 50));
    CHECK(square(part).value().to_vector<float>() == squares);
    CHECK(multiply(part, part).value().to_vector<float>() == squares);
  }
}

TEST_CASE("the same variable on both sides") {
  check_unary([](const Variables& v) { return add(v[0], v[0]); },
              [](const Arrays& a) { return loops::affine(a[0], 2.0, 0.0); });
  check_unary([](const Variables& v) { return multiply(v[0], v[0]); },
              [](const Arrays& a) { return loops::square(a[0]); });
  check_unary([](const Variables& v) { return add(subtract(v[0], v[0]), v[0]); },
              [](const Arrays& a) { return a[0]; });
}

TEST_CASE("affine, exp, log, square, sigmoid, relu") {
  check_unary([](const Variables& v) { return affine(v[0], -1.5f, 0.25f); },
              [](const Arrays& a) { return loops::affine(a[0], -1.5, 0.25); });
  check_unary([](const Variables& v) { return exp(v[0]); }, [](const Arrays& a) { return loops::exp(a[0]); });
  check_unary([](const Variables& v) { return log(affine(square(v[0]), 1, 0.5f)); },
              [](const Arrays& a) { return loops::log(loops::affine(loops::square(a[0]), 1.0, 0.5)); });
  check_unary([](const Variables& v) { return square(v[0]); },
              [](const Arrays& a) { return loops::square(a[0]); });
  check_unary([](const Variables& v) { return sigmoid(v[0]); },
              [](const Arrays& a) { return loops::sigmoid(a[0]); });
  check_unary([](const Variables& v) { return relu(v[0]); },
              [](const Arrays& a) { return loops::relu(a[0]); });
}

TEST_CASE("relu: value and gradient at zero are zero, and a NaN stays one") {
  const Variable x(Tensor::from<float>({0.f, -0.f, std::numeric_limits<float>::quiet_NaN()}).to(test_device),
                   true);
  const Variable y = relu(x);
  CHECK(y.value().to_vector<float>()[0] == 0);
  CHECK(std::isnan(y.value().to_vector<float>()[2]));
  backward(sum(y));
  CHECK(x.grad().to_vector<float>()[0] == 0);
  CHECK(x.grad().to_vector<float>()[1] == 0);
}

TEST_CASE("sigmoid and its gradient stay finite far out") {
  const Variable x(Tensor::from<float>({-200.f, -90.f, 90.f, 200.f}).to(test_device), true);
  const Variable y = sigmoid(x);
  CHECK(loops::deviation(loops::to_array(y.value()).values, {0, 0, 1, 1}) <= 1e-6);
  backward(sum(y));
  CHECK(loops::largest(loops::to_array(x.grad()).values) <= 1e-6);
}

TEST_CASE("sum and mean of everything") {
  check_unary([](const Variables& v) { return sum(v[0]); }, [](const Arrays& a) { return loops::sum(a[0]); });
  check_unary([](const Variables& v) { return mean(v[0]); },
              [](const Arrays& a) { return loops::mean(a[0]); });
}

TEST_CASE("sum: a million numbers lose no more than rounding") {
  const Variable x(Tensor::full({1000, 1000}, 0.1f, test_device));
  CHECK(sum(x).value().item() == doctest::Approx(1e6 * static_cast<double>(0.1f)).epsilon(1e-6));
  CHECK(mean(x).value().item() == doctest::Approx(0.1).epsilon(1e-6));
}

TEST_CASE("row_sum") {
  for (const std::int64_t rows : {1, 2, 33}) {
    for (const std::int64_t columns : {1, 10, 17}) {
      loops::check({.inputs = {normal({rows, columns})},
                    .op = [](const Variables& v) { return row_sum(v[0]); },
                    .loops = [](const Arrays& a) { return loops::row_sum(a[0]); }});
    }
  }
}

TEST_CASE("gather") {
  for (const std::int64_t rows : {1, 5, 33}) {
    std::vector<std::int32_t> index(rows);
    for (std::int64_t n = 0; n < rows; ++n) index[n] = static_cast<std::int32_t>((n * 7 + 3) % 10);
    loops::check({.inputs = {normal({rows, 10})},
                  .op = [=](const Variables& v) { return gather(v[0], Tensor::from(index).to(test_device)); },
                  .loops = [=](const Arrays& a) { return loops::gather(a[0], index); }});
  }
}

TEST_CASE("elementwise, reductions, gather: what does not fit is named with its shapes") {
  const Variable a(Tensor::zeros({2, 3})), b(Tensor::zeros({3, 2})), image(Tensor::zeros({2, 2, 2, 1}));
  check_error([&] { add(a, b); }, {"add", "(2, 3)", "(3, 2)"});
  check_error([&] { subtract(a, b); }, {"subtract", "(2, 3)", "(3, 2)"});
  check_error([&] { multiply(a, b); }, {"multiply", "(2, 3)", "(3, 2)"});
  check_error([&] { row_sum(image); }, {"row_sum", "(2, 2, 2, 1)"});
  check_error([&] { gather(image, Tensor::zeros({2}, DType::i32)); }, {"gather", "(2, 2, 2, 1)"});
  check_error([&] { gather(a, Tensor::zeros({3}, DType::i32)); }, {"gather", "(3)", "(2, 3)"});
  check_error([&] { gather(a, Tensor::zeros({2})); }, {"gather", "float32"});
}
