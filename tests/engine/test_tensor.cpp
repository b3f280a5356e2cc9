#include "engine/tensor.h"
#include "tests/check_error.h"

#include <doctest/doctest.h>

using namespace noisegate;

TEST_CASE("Shape: rank, extents, number of elements, text") {
  const Shape image{2, 3, 4, 5};
  CHECK(image.rank() == 4);
  CHECK(image[2] == 4);
  CHECK(image.numel() == 120);
  CHECK(image.extents() == std::vector<std::int64_t>{2, 3, 4, 5});
  CHECK(to_string(image) == "(2, 3, 4, 5)");
  CHECK(to_string(Shape{}) == "()");
  CHECK(Shape{}.numel() == 1);
  CHECK(Shape{3, 0}.numel() == 0);
  CHECK(Shape{2, 3} == Shape{2, 3});
  CHECK(Shape{2, 3} != Shape{3, 2});
  CHECK(Shape{2} != Shape{2, 1});
}

TEST_CASE("Shape: more than four axes and negative extents are refused") {
  check_error([] { Shape{1, 1, 1, 1, 1}; }, {"4", "5"});
  check_error([] { Shape{2, -1}; }, {"-1"});
}

TEST_CASE("Tensor: made from values, read back") {
  const Tensor x = Tensor::from<float>({1.f, 2.f, 3.f, 4.f, 5.f, 6.f}, {2, 3});
  CHECK(x.defined());
  CHECK(x.shape() == Shape{2, 3});
  CHECK(x.size(1) == 3);
  CHECK(x.dtype() == DType::f32);
  CHECK(x.bytes() == 24);
  CHECK(x.device() == Device::cpu);
  CHECK(x.layout() == Layout::plain);
  CHECK(x.to_vector<float>() == std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK(Tensor::from<std::int32_t>({7, -7}).to_vector<std::int32_t>() == std::vector<std::int32_t>{7, -7});
  CHECK(Tensor::from<std::uint8_t>({255, 0}).dtype() == DType::u8);
  CHECK_FALSE(Tensor().defined());
}

TEST_CASE("Tensor: zeros, full, item") {
  CHECK(Tensor::zeros({2, 2}).to_vector<float>() == std::vector<float>(4, 0));
  CHECK(Tensor::zeros({3}, DType::i32).to_vector<std::int32_t>() == std::vector<std::int32_t>(3, 0));
  CHECK(Tensor::full({3}, 2.5f).to_vector<float>() == std::vector<float>(3, 2.5f));
  CHECK(Tensor::full({}, 4).item() == 4);
  CHECK(Tensor::from<std::int32_t>({-3}).item() == -3);
  CHECK(Tensor::from<std::uint8_t>({200}).item() == 200);
}

TEST_CASE("Tensor: one without elements") {
  const Tensor x = Tensor::from(std::vector<float>(), {0, 3});
  CHECK(x.defined());
  CHECK(x.numel() == 0);
  CHECK(x.to_vector<float>().empty());
  CHECK(x.clone().shape() == Shape{0, 3});
}

TEST_CASE("Tensor: copies share their memory, clones do not") {
  Tensor x = Tensor::full({2}, 1);
  CHECK(x.sole_owner());
  Tensor shared = x;
  CHECK_FALSE(x.sole_owner());
  Tensor clone = x.clone();
  shared.data<float>()[0] = 9;
  CHECK(x.to_vector<float>() == std::vector<float>{9, 1});
  CHECK(clone.to_vector<float>() == std::vector<float>{1, 1});
  CHECK(clone.sole_owner());
}

TEST_CASE("Tensor: reshape keeps the memory and the order") {
  const Tensor x = Tensor::from<float>({1.f, 2.f, 3.f, 4.f, 5.f, 6.f}, {2, 3});
  const Tensor y = x.reshape({3, 1, 2});
  CHECK(y.raw() == x.raw());
  CHECK(y.shape() == Shape{3, 1, 2});
  CHECK(y.to_vector<float>() == x.to_vector<float>());
}

TEST_CASE("Tensor: copy_from takes the values") {
  Tensor x = Tensor::zeros({2, 2});
  const void* memory = x.raw();
  x.copy_from(Tensor::from<float>({1.f, 2.f, 3.f, 4.f}, {2, 2}));
  CHECK(x.raw() == memory);
  CHECK(x.to_vector<float>() == std::vector<float>{1, 2, 3, 4});
  Tensor labels = Tensor::zeros({2}, DType::i32);
  labels.copy_from(Tensor::from<std::int32_t>({4, 5}));
  CHECK(labels.to_vector<std::int32_t>() == std::vector<std::int32_t>{4, 5});
}

TEST_CASE("Tensor: there and back through the blocked layout") {
  for (const Shape& shape : {Shape{1, 1, 1, 16}, Shape{2, 3, 5, 32}, Shape{3, 2, 1, 48}}) {
    std::vector<float> values(shape.numel());
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
    const Tensor plain = Tensor::from(values, shape);
    Tensor blocked = Tensor::empty(shape, DType::f32, Device::cpu, Layout::blocked16);
    blocked.copy_from(plain);
    CHECK(blocked.to_vector<float>() == values);
    CHECK(blocked.plain().layout() == Layout::plain);
    CHECK(blocked.clone().layout() == Layout::blocked16);
    CHECK(blocked.clone().to_vector<float>() == values);
    CHECK(blocked.reshape({shape.numel()}).to_vector<float>() == values);

    // Element (n, h, w, c) lies at block c/16, pixel (h, w), lane c%16 of image n.
    const std::int64_t pixels = shape[1] * shape[2], channels = shape[3];
    const std::int64_t pixel = pixels - 1, channel = channels - 3;
    const float* memory = static_cast<const Tensor&>(blocked).data<float>();
    CHECK(memory[(channel / 16 * pixels + pixel) * 16 + channel % 16] == values[pixel * channels + channel]);
  }
}

TEST_CASE("Tensor: what does not fit is named") {
  const std::vector<float> three{1, 2, 3};
  check_error([&] { Tensor::from(three, {2, 2}); }, {"3", "(2, 2)"});
  const Tensor x = Tensor::zeros({2, 3});
  check_error([&] { x.reshape({4, 2}); }, {"(2, 3)", "(4, 2)"});
  check_error([&] { x.data<std::int32_t>(); }, {"float32", "int32"});
  check_error([&] { x.to_vector<std::uint8_t>(); }, {"float32", "uint8"});
  check_error([&] { x.item(); }, {"(2, 3)"});
  Tensor y = Tensor::zeros({3, 2}), labels = Tensor::zeros({2, 3}, DType::i32);
  check_error([&] { y.copy_from(x); }, {"(3, 2)", "(2, 3)"});
  check_error([&] { labels.copy_from(x); }, {"int32", "float32"});
}

TEST_CASE("devices: words and names") {
  CHECK(parse_device("cpu") == Device::cpu);
  CHECK(to_string(Device::cpu) == "cpu");
  CHECK(to_string(parse_device("auto")) == (cuda_available() ? "cuda" : "cpu"));
  check_error([] { parse_device("gpu"); }, {"gpu", "cpu"});
  if (!cuda_available()) check_error([] { parse_device("cuda"); }, {"cuda"});
}

TEST_CASE("thread counts: what was set is what is used, zero means every core") {
  const int before = thread_count();
  set_thread_count(2);
  CHECK(thread_count() == 2);
  set_thread_count(0);
  CHECK(thread_count() >= 1);
  set_thread_count(before);
}

TEST_CASE("a slice shares its tensor's memory, and concatenate() joins along the first axis") {
  Tensor whole = Tensor::from(std::vector<float>{1, 2, 3, 4, 5, 6}, {3, 2});
  Tensor part = whole.slice(1, 3);
  CHECK(part.shape() == Shape{2, 2});
  CHECK(part.to_vector<float>() == std::vector<float>{3, 4, 5, 6});
  part.data<float>()[0] = 9;
  CHECK(whole.to_vector<float>() == std::vector<float>{1, 2, 9, 4, 5, 6});
  CHECK_FALSE(part.sole_owner());
  CHECK(whole.slice(1, 1).numel() == 0);
  CHECK(concatenate({part, whole.slice(0, 1)}).to_vector<float>() == std::vector<float>{9, 4, 5, 6, 1, 2});
  CHECK(concatenate({part, whole.slice(0, 1)}).shape() == Shape{3, 2});
  check_error([&] { whole.slice(2, 4); }, {"(3, 2)", "[2, 4)"});
  check_error([&] { whole.slice(2, 1); }, {"(3, 2)", "[2, 1)"});
  check_error([&] { concatenate({whole, Tensor::zeros({1, 3})}); }, {"(1, 2)", "(1, 3)"});
  check_error([] { concatenate({}); }, {"no tensors"});
}
