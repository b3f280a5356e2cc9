// Work that is captured once and launched again: on the GPU's stream, with memory of its own.
#include "engine/autograd.h"
#include "engine/memory.h"
#include "engine/ops.h"
#include "engine/optimizer.h"
#include "engine/replay.h"
#include "engine/step_scalars.h"
#include "tests/check_error.h"
#include "tests/test_device.h"

#include <cstring>
#include <vector>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

Tensor on_gpu(const std::vector<float>& values) {
  return Tensor::from(values).to(test_device);
}

/// SGD on ½·‖w‖² as a step whose learning rate lies on the device.
class Descent {
 public:
  explicit Descent(bool records)
      : weight_(on_gpu({1, -2, 3}), true),
        sgd_({weight_}, {.momentum = 0.9}),
        replay_(test_device, records),
        scalars_(Tensor::empty({sizeof(StepScalars)}, DType::u8, test_device)),
        loss_(Tensor::zeros({}, DType::f32, test_device)),
        slot_(device_queue(test_device).host_memory(sizeof(StepScalars))) {}

  double step(float learning_rate) {
    const StepScalars scalars{.learning_rate = learning_rate};
    std::memcpy(slot_.get(), &scalars, sizeof scalars);
    device_queue(test_device).copy(scalars_.raw(), slot_.get(), sizeof scalars);
    replay_.run([&] {
      const Variable loss = affine(sum(square(weight_)), 0.5f, 0);
      backward(loss);
      sgd_.step(static_cast<const StepScalars*>(scalars_.raw()));
      loss_.copy_from(loss.value());
    });
    return loss_.item();
  }
  std::vector<float> weight() const { return weight_.value().to_vector<float>(); }
  void forget() { replay_.forget(); }

 private:
  Variable weight_;
  Sgd sgd_;
  Replay replay_;
  Tensor scalars_, loss_;
  std::shared_ptr<std::byte> slot_;
};

}  // namespace

TEST_CASE("Replay: a recorded step does what the step does, with the learning rate of each time") {
  Descent recorded(true), direct(false);
  double before = 1e9;
  for (int step = 0; step < 6; ++step) {
    CAPTURE(step);
    if (step == 4) recorded.forget();  // the same work again
    const auto rate = 0.1f / static_cast<float>(step + 1);
    const double loss = recorded.step(rate);
    CHECK(loss == direct.step(rate));
    CHECK(recorded.weight() == direct.weight());
    CHECK(loss < before);
    before = loss;
    // What others do with the general memory meanwhile does not reach the step's.
    Tensor others = Tensor::full({4096}, 1e30f, test_device);
    CHECK(others.to_vector<float>().front() == 1e30f);
  }
}

TEST_CASE("Replay: work that waits, or copies from or to the host, is refused when it is recorded") {
  const Tensor x = on_gpu({1, 2});
  Tensor y = Tensor::empty({2}, DType::f32, test_device);
  Replay reads(test_device, true), brings(test_device, true);
  const auto read = [&] { reads.run([&] { y.to_vector<float>(); }); };
  const auto bring = [&] { brings.run([&] { y.copy_from(Tensor::from(std::vector<float>{3, 4})); }); };
  read(), bring();  // as it comes, it may
  CHECK_THROWS_AS(read(), Error);
  CHECK_THROWS_AS(bring(), Error);
  y.copy_from(x);  // and the queue is whole again
  CHECK(y.to_vector<float>() == std::vector<float>{1, 2});
}

TEST_CASE("the queue: copies to the host are there once their mark is waited for") {
  const Tensor x = on_gpu({5, 6, 7});
  const auto host = device_queue(test_device).host_memory(x.bytes());
  device_queue(test_device).copy(host.get(), x.raw(), x.bytes());
  device_queue(test_device).mark()->wait();
  float values[3];
  std::memcpy(values, host.get(), sizeof values);
  CHECK(std::vector<float>(values, values + 3) == std::vector<float>{5, 6, 7});
}

TEST_CASE("memory: blocks of steps and of others never overlap, and are counted together") {
  const MemoryStatistics before = memory_statistics(test_device);
  Tensor outside = Tensor::zeros({1000}, DType::f32, test_device);
  const void* of_step = nullptr;
  {
    const StepMemory memory;
    const Tensor inside = Tensor::full({1000}, 1, test_device);
    of_step = inside.raw();
    CHECK(memory_statistics(test_device).in_use >= before.in_use + 8000);
  }
  for (int i = 0; i < 3; ++i) CHECK(Tensor::empty({1000}, DType::f32, test_device).raw() != of_step);
  const StepMemory memory;
  CHECK(Tensor::empty({1000}, DType::f32, test_device).raw() == of_step);
}
