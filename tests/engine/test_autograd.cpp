#include "engine/autograd.h"
#include "engine/memory.h"
#include "engine/ops.h"
#include "tests/check_error.h"
#include "tests/test_device.h"

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

Variable leaf(const std::vector<float>& values) {
  return Variable(Tensor::from(values).to(test_device), true);
}

std::vector<float> grad_of(const Variable& variable) {
  return variable.grad().to_vector<float>();
}

/// The identity, which notes its name when the walk comes by.
Variable noting(const char* name, const Variable& x, std::vector<std::string>& visited) {
  return record(name, x.value().clone(), {x}, [name, &visited](const Tensor& grad) {
    visited.emplace_back(name);
    return std::vector{grad};
  });
}

}  // namespace

TEST_CASE("backward: the derivative of a composition") {
  const Variable x = leaf({1, 2, 3});
  backward(sum(square(affine(x, 2, 1))));  // d Σ(2x+1)² = 4(2x+1)
  CHECK(grad_of(x) == std::vector<float>{12, 20, 28});
}

TEST_CASE("backward: every op once, and after all that used what it made") {
  std::vector<std::string> visited;
  const Variable x = leaf({1});
  const Variable a = noting("a", x, visited);
  const Variable b = noting("b", a, visited);
  const Variable c = noting("c", a, visited);
  const Variable d = noting("d", add(b, c), visited);
  backward(add(d, a));
  CHECK(visited == std::vector<std::string>{"d", "c", "b", "a"});
  CHECK(grad_of(x) == std::vector<float>{3});
}

TEST_CASE("backward: a value used along many paths gets the sum of their gradients") {
  const Variable x = leaf({3});
  Variable y = x;
  for (int i = 0; i < 10; ++i) y = add(y, y);
  backward(y);
  CHECK(grad_of(x) == std::vector<float>{1024});
}

TEST_CASE("backward: gradients of leaves add up over calls until they are cleared") {
  Variable x = leaf({3});
  CHECK_FALSE(x.grad().defined());
  backward(square(x));
  backward(square(x));
  CHECK(grad_of(x) == std::vector<float>{12});
  x.clear_grad();
  CHECK_FALSE(x.grad().defined());
  backward(square(x));
  CHECK(grad_of(x) == std::vector<float>{6});
}

TEST_CASE("backward: gradients that share memory on their way do not disturb one another") {
  const Variable a = leaf({1, 2}), b = leaf({3, 4});
  const Variable total = add(a, b);  // hands the same tensor to both
  backward(sum(add(total, square(a))));
  CHECK(grad_of(a) == std::vector<float>{3, 5});
  CHECK(grad_of(b) == std::vector<float>{1, 1});
}

TEST_CASE("backward: a second loss over the same leaf leaves the other's gradient alone") {
  const Variable a = leaf({1}), b = leaf({1});
  backward(add(a, b));
  backward(affine(a, 10, 0));
  CHECK(grad_of(a) == std::vector<float>{11});
  CHECK(grad_of(b) == std::vector<float>{1});
}

TEST_CASE("backward: starts from the seed, and leaves it as it was") {
  const Variable x = leaf({1, 2});
  const Tensor seed = Tensor::from<float>({10.f, 100.f}).to(test_device);
  backward(square(x), seed);
  CHECK(grad_of(x) == std::vector<float>{20, 400});
  CHECK(seed.to_vector<float>() == std::vector<float>{10, 100});
}

TEST_CASE("backward: of a leaf itself is one") {
  const Variable x = leaf({5});
  backward(x);
  CHECK(grad_of(x) == std::vector<float>{1});
}

TEST_CASE("backward: only a scalar needs no seed") {
  const Variable x = leaf({1, 2});
  check_error([&] { backward(square(x)); }, {"backward", "(2)"});
}

TEST_CASE("backward: a seed must have the output's shape") {
  const Variable x = leaf({1, 2});
  check_error([&] { backward(square(x), Tensor::full({3}, 1, test_device)); }, {"backward", "(2)", "(3)"});
}

TEST_CASE("backward: needs something that requires a gradient") {
  const Variable x(Tensor::full({}, 1, test_device));
  check_error([&] { backward(square(x)); }, {"backward", "requires a gradient"});
}

TEST_CASE("backward: a graph is spent after one walk") {
  const Variable x = leaf({3});
  const Variable y = square(x);
  backward(y);
  check_error([&] { backward(y); }, {"backward", "spent"});
  CHECK(grad_of(x) == std::vector<float>{6});
}

TEST_CASE("backward: gradients of images lie row-major, whatever the kernels made") {
  const Variable image(Tensor::full({1, 4, 4, 16}, 1, test_device), true),
      weight(Tensor::full({16, 3, 3, 16}, 1, test_device), true);
  backward(sum(conv2d(image, weight, {}, {.padding = 1})));
  CHECK(image.grad().layout() == Layout::plain);
  CHECK(weight.grad().layout() == Layout::plain);
}

TEST_CASE("backward: gradients of ops in between are not kept") {
  const Variable x = leaf({3});
  const Variable y = square(x);
  backward(affine(y, 2, 0));
  CHECK_FALSE(y.grad().defined());
  CHECK(grad_of(x) == std::vector<float>{12});
}

TEST_CASE("backward: what an op saved goes back to the pool as the walk passes") {
  constexpr std::int64_t count = 1 << 16;
  constexpr std::size_t block = count * sizeof(float);
  const Variable x(Tensor::full({count}, 0.5f, test_device), true);
  const std::size_t before = memory_statistics(test_device).in_use;
  std::size_t at_the_end = 0;
  Variable y = record("first", x.value().clone(), {x}, [&](const Tensor& grad) {
    at_the_end = memory_statistics(test_device).in_use;
    return std::vector{grad};
  });
  for (int i = 0; i < 8; ++i) y = sigmoid(y);  // each saves its output
  const Variable total = sum(y);
  y = {};
  CHECK(memory_statistics(test_device).in_use >= before + 8 * block);
  backward(total);
  CHECK(at_the_end <= before + 3 * block);
  CHECK(memory_statistics(test_device).in_use <= before + 2 * block);
}

TEST_CASE("a graph that nobody walks frees its memory, be it long") {
  const std::size_t before = memory_statistics(test_device).in_use;
  {
    Variable y = leaf({1});
    for (int i = 0; i < 5000; ++i) y = affine(y, 1, 0);
  }
  CHECK(memory_statistics(test_device).in_use == before);
}

TEST_CASE("requires_grad: an op's output does where an input does") {
  const Variable x = leaf({1}), constant(Tensor::full({1}, 2, test_device));
  CHECK(add(x, constant).requires_grad());
  CHECK_FALSE(add(constant, constant).requires_grad());
  CHECK_FALSE(Variable().requires_grad());
  CHECK_FALSE(Variable().defined());
  backward(multiply(x, constant));
  CHECK(grad_of(x) == std::vector<float>{2});
  CHECK_FALSE(constant.grad().defined());
}

TEST_CASE("NoGrad: nothing is recorded while one lives, also nested") {
  const Variable x = leaf({2});
  {
    const NoGrad outer;
    CHECK_FALSE(square(x).requires_grad());
    { const NoGrad inner; }
    CHECK_FALSE(square(x).requires_grad());
    CHECK_FALSE(recording({&x}));
  }
  CHECK(square(x).requires_grad());
  CHECK(recording({&x}));
}

TEST_CASE("NoGrad: ops save nothing") {
  const Variable x(Tensor::full({1 << 16}, 0.5f, test_device), true);
  const NoGrad no_grad;
  Variable y = sigmoid(x);
  const std::size_t after_one = memory_statistics(test_device).in_use;
  for (int i = 0; i < 4; ++i) y = sigmoid(y);
  CHECK(memory_statistics(test_device).in_use == after_one);
}

TEST_CASE("detach: the same value, cut off from the graph") {
  const Variable x = leaf({3});
  const Variable y = square(x);
  const Variable cut = y.detach();
  CHECK_FALSE(cut.requires_grad());
  CHECK(cut.value().to_vector<float>() == std::vector<float>{9});
  CHECK(cut.value().raw() == y.value().raw());
  backward(multiply(y, cut));  // 9·x²
  CHECK(grad_of(x) == std::vector<float>{54});
}

TEST_CASE("an error inside an op's backward reaches the caller") {
  const Variable x = leaf({1});
  const Variable y = record("broken", x.value().clone(), {x},
                            [](const Tensor&) -> std::vector<Tensor> { fail("it broke"); });
  check_error([&] { backward(y); }, {"it broke"}, 1);
}

TEST_CASE("a slice sends its gradient to the entries that it has") {
  const Variable x(Tensor::from(std::vector<float>{1, 2, 3, 4, 5, 6}, {3, 2}), true);
  const Variable part = slice(x, 1, 3);
  CHECK(part.value().to_vector<float>() == std::vector<float>{3, 4, 5, 6});
  backward(add(sum(square(part)), sum(slice(x, 0, 2))));
  CHECK(x.grad().to_vector<float>() == std::vector<float>{1, 1, 7, 9, 10, 12});
}
