// Whole training runs on the GPU beside the same on the CPU.
#include "engine/random.h"
#include "tests/test_device.h"
#include "tools/train/trainer.h"

#include <cmath>
#include <exception>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

constexpr int classes = 3;

/// Images of 4×4 whose colour says the class, but for a quarter whose labels are wrong.
ImageSet coloured(std::int64_t count, std::uint32_t stream) {
  ImageSet set;
  set.images = Tensor::empty({count, 4, 4, 3}, DType::u8);
  auto* pixel = set.images.data<std::uint8_t>();
  Philox random(3, Purpose::test, stream);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto truth = static_cast<std::int32_t>(i % classes);
    set.truth.push_back(truth);
    set.given.push_back(i % 4 == 3 ? (truth + 1) % classes : truth);
    for (int value = 0; value < 4 * 4 * 3; ++value)
      *pixel++ = static_cast<std::uint8_t>((value % 3 == truth ? 120 : 20) + random.below(120));
  }
  return set;
}

TrainingData data() {
  TrainingData data;
  data.dataset.name = "coloured";
  data.dataset.classes = classes;
  data.dataset.class_names = {"red", "green", "blue"};
  data.dataset.train = coloured(12, 1);
  data.dataset.test = coloured(4, 2);
  data.dataset.mean = {0.4f, 0.4f, 0.4f};
  data.dataset.deviation = {0.2f, 0.2f, 0.2f};
  return data;
}

TrainOptions options(const std::string& device, const std::string& scheme = "none") {
  TrainOptions o;
  o.dataset = "coloured";
  o.model = "wrn-10-1";
  o.scheme = scheme;
  o.augment = "crop:1+flip";
  o.epochs = 1;
  o.batch_size = 5;  // two steps of 5 and one of 2
  o.learning_rate = 0.05;
  o.device = device;
  return o;
}

struct Course {
  std::vector<double> losses;  // after each step, the mean of the epoch so far
  std::vector<std::vector<float>> model;
  EpochMetrics last;
};

std::vector<std::vector<float>> values(const std::vector<NamedTensor>& named) {
  std::vector<std::vector<float>> all;
  for (const NamedTensor& entry : named) all.push_back(entry.tensor.to_vector<float>());
  return all;
}

Course train(Trainer& trainer, int epochs) {
  Course course;
  while (trainer.state().epochs_done < epochs) {
    const auto metrics = trainer.run_epoch([&](const StepReport& report) {
      course.losses.push_back(report.metrics.train_loss());
      return true;
    });
    course.last = *metrics;
  }
  course.model = values(whole_state(trainer.state().model()));
  return course;
}

Course train(const TrainOptions& o) {
  Trainer trainer(o, data());
  return train(trainer, o.epochs);
}

void check_follows(const Course& gpu, const Course& cpu, double tolerance) {
  REQUIRE(gpu.losses.size() == cpu.losses.size());
  for (std::size_t step = 0; step < cpu.losses.size(); ++step) {
    CAPTURE(step);
    CHECK(std::abs(gpu.losses[step] - cpu.losses[step]) <= tolerance * std::abs(cpu.losses[step]));
  }
  CHECK(gpu.last.train.samples == cpu.last.train.samples);
  CHECK(std::abs(gpu.last.test.probability - cpu.last.test.probability) <= tolerance * 4);
  CHECK(gpu.last.curriculum.weight_clean.empty() == cpu.last.curriculum.weight_clean.empty());
  if (!cpu.last.curriculum.weight_clean.empty())
    CHECK(gpu.last.curriculum.weight_clean.value() ==
          doctest::Approx(cpu.last.curriculum.weight_clean.value()).epsilon(tolerance));
}

}  // namespace

TEST_CASE("a run on the GPU follows the CPU's, and comes out the same with and without a recorded step") {
  TrainOptions on_cpu = options("cpu"), o = options("cuda");
  on_cpu.epochs = o.epochs = 2;
  const Course cpu = train(on_cpu), gpu = train(o);
  check_follows(gpu, cpu, 1e-3);
  CHECK(cpu.losses.back() < cpu.losses.front());
  CHECK(train(o).model == gpu.model);
  o.no_graph = true;
  const Course launched = train(o);
  CHECK(launched.model == gpu.model);
  CHECK(launched.losses == gpu.losses);
}

TEST_CASE("fifty steps in float32 follow the CPU's loss to 1e-3") {
  TrainOptions cpu = options("cpu"), gpu = options("cuda");
  for (TrainOptions* o : {&cpu, &gpu}) {
    o->model = "cnn4";
    o->batch_size = 6;
    o->epochs = 25;
    o->learning_rate = 0.01;
  }
  const Course on_cpu = train(cpu), on_gpu = train(gpu);
  CHECK(on_cpu.losses.size() == 50);
  check_follows(on_gpu, on_cpu, 1e-3);
}

TEST_CASE("images that the host augments are brought to the GPU") {
  TrainOptions cpu = options("cpu"), gpu = options("cuda");
  cpu.augment = gpu.augment = "randaugment+flip";
  check_follows(train(gpu), train(cpu), 1e-3);
}

TEST_CASE("schemes train on the GPU as on the CPU, their momentum models and companions too") {
  for (const std::string scheme : {"ogc:queue=4,time-frame=2", "sln:sigma=0.5,mo=0.9", "label-confidence"}) {
    CAPTURE(scheme);
    check_follows(train(options("cuda", scheme)), train(options("cpu", scheme)), 2e-3);
  }
}

TEST_CASE("a run on the GPU that is stopped within an epoch goes on as if it had not been") {
  const TrainOptions o = options("cuda", "sln:sigma=0.5,mo=0.9");
  const Course whole = train(o);
  Trainer stopped(o, data());
  CHECK_FALSE(stopped.run_epoch([](const StepReport& report) { return report.step < 2; }));
  State state;
  stopped.save(state);
  Trainer resumed(o, data());
  resumed.load(state);
  const Course rest = train(resumed, 1);
  CHECK(rest.model == whole.model);
  CHECK(rest.last.loss_sum == whole.last.loss_sum);
}

TEST_CASE("a loss that is no number ends the run on the GPU, naming the step") {
  TrainOptions o = options("cuda");
  o.learning_rate = 1e30;
  Trainer trainer(o, data());
  std::string sentence;
  try {
    train(trainer, 2);
  } catch (const std::exception& error) {
    sentence = error.what();
  }
  CAPTURE(sentence);
  CHECK(sentence.find("epoch 1") != std::string::npos);
  CHECK(sentence.find("step") != std::string::npos);
}
