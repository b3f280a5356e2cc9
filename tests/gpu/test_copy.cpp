// Tensors on their way between the CPU and the (emulated) GPU.
#include "engine/backend.h"
#include "engine/memory.h"
#include "tests/reference_check.h"

#include <doctest/doctest.h>

using namespace noisegate;
using reference::normal;

TEST_CASE("tensors go to the GPU and come back as they were") {
  const std::vector<std::int32_t> labels{3, 1, 4, 1, 5};
  CHECK(Tensor::from(labels).to(Device::cuda).to_vector<std::int32_t>() == labels);
  const Tensor there = Tensor::from(labels).to(Device::cuda), copy = there.clone();
  CHECK(copy.device() == Device::cuda);
  CHECK(copy.raw() != there.raw());
  CHECK(copy.to_vector<std::int32_t>() == labels);
  CHECK(Tensor::from(std::vector<float>{}).to(Device::cuda).to_vector<float>().empty());
}

TEST_CASE("the CPU's blocked images become plain on the GPU, and blocked again where they go back to such") {
  const Shape shape{2, 3, 5, 32};
  const reference::Array<double> images = normal(shape.extents());
  const std::vector<float> values(images.values.begin(), images.values.end());
  Tensor blocked = Tensor::empty(shape, DType::f32, Device::cpu, Layout::blocked16);
  blocked.copy_from(Tensor::from(values, shape));

  const Tensor there = blocked.to(Device::cuda);
  CHECK(there.layout() == Layout::plain);
  CHECK(there.to_vector<float>() == values);
  Tensor back = Tensor::empty(shape, DType::f32, Device::cpu, Layout::blocked16);
  back.copy_from(there);
  CHECK(back.plain().to_vector<float>() == values);
}

TEST_CASE("the GPU's memory is pooled and counted by itself") {
  const std::size_t before = memory_statistics(Device::cuda).in_use,
                    on_the_cpu = memory_statistics(Device::cpu).in_use;
  const void* first;
  {
    const Tensor x = Tensor::empty({1000}, DType::f32, Device::cuda);
    first = x.raw();
    CHECK(reinterpret_cast<std::uintptr_t>(first) % 256 == 0);
    CHECK(memory_statistics(Device::cuda).in_use == before + 4096);
    CHECK(memory_statistics(Device::cpu).in_use == on_the_cpu);
  }
  CHECK(memory_statistics(Device::cuda).in_use == before);
  CHECK(Tensor::empty({1000}, DType::f32, Device::cuda).raw() == first);
}
