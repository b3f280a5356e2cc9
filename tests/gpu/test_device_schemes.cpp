// Every scheme on the GPU beside itself on the CPU: the same steps of the same small models, of which the
// GPU's are recorded once and run again.
#include "engine/device_value.h"
#include "engine/ops.h"
#include "engine/queue.h"
#include "engine/replay.h"
#include "losses/schemes/scheme.h"
#include "tests/loss_batch.h"
#include "tests/reference_check.h"

#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

constexpr int samples = 12, training_samples = 30, classes = 5, inputs = 4, steps = 10;
constexpr std::uint64_t seed = 11;

using Values = std::vector<double>;

std::vector<float> normals(std::int64_t count, std::uint32_t sample, float scale) {
  Philox random(3, Purpose::test, 0, sample);
  std::vector<float> values(count);
  for (float& value : values) value = scale * random.normal();
  return values;
}

std::vector<std::int32_t> given_labels() {
  std::vector<std::int32_t> labels;
  for (int i = 0; i < training_samples; ++i) labels.push_back((i * 7 + i / 4) % classes);
  return labels;
}

/// The set as a scheme sees it between epochs; the logits lie where the models do.
class View final : public TrainingSetView {
 public:
  explicit View(Device device) : device_(device), labels_(given_labels()) {}
  std::span<const std::int32_t> labels() const override { return labels_; }
  int classes() const override { return ::classes; }
  Tensor momentum_logits() override { return drawn(900); }
  Tensor best_logits() override { return drawn(901); }

 private:
  Tensor drawn(std::uint32_t sample) const {
    return Tensor::from(normals(training_samples * ::classes, sample, 1.5f), {training_samples, ::classes})
        .to(device_);
  }
  Device device_;
  std::vector<std::int32_t> labels_;
};

/// What a step left: its loss, and the gradients of all weights.
struct Outcome {
  Values loss, gradients;
};

/// Linear models under a scheme, whose weights stay as they are.
class Session {
 public:
  Session(const std::string& spec, const std::string& loss, Device device)
      : device_(device),
        scheme_(make_scheme(Spec(spec, "--scheme"), Spec(loss, "--loss"))),
        scalars_({}, device),
        replay_(device, true) {
    scheme_->move_to(device);
    views_ =
        scheme_->companion().empty() ? scheme_->views(0) : std::max(scheme_->views(0), scheme_->views(1));
    const int models = scheme_->companion().empty() ? 1 : 2;
    for (int m = 0; m < models; ++m) {
      const Tensor weight = Tensor::from(normals(classes * inputs, 100 + m, 1), {classes, inputs});
      parameters_.push_back({Variable(weight.to(device), true)});
      gradients_.push_back(Tensor::zeros({classes, inputs}, DType::f32, device));
    }
    for (int view = 0; view < views_; ++view)
      images_.push_back(Tensor::zeros({samples, inputs}, DType::f32, device));
    labels_ = Tensor::from(std::vector<std::int32_t>(samples)).to(device);
    indices_ = Tensor::from(std::vector<std::int32_t>(samples)).to(device);
    loss_ = Tensor::zeros({}, DType::f32, device);
  }

  Scheme& scheme() { return *scheme_; }

  void begin_epoch(int epochs_done) {
    View view(device_);
    scheme_->begin_epoch(epochs_done, view);
    replay_.forget();
  }

  Outcome step(std::uint32_t number) {
    std::vector<std::int32_t> indices, labels;
    for (int i = 0; i < samples; ++i) {
      indices.push_back((i * 5 + static_cast<int>(number) * 7) % training_samples);
      labels.push_back(given_labels()[indices.back()]);
    }
    for (int view = 0; view < views_; ++view)
      images_[view].copy_from(
          Tensor::from(normals(samples * inputs, number * 2 + view, 1.3f), {samples, inputs}));
    labels_.copy_from(Tensor::from(labels));
    indices_.copy_from(Tensor::from(indices));
    StepScalars scalars{.learning_rate = 0.05 + 0.01 * number, .progress = number / 16.0, .draw = number};
    scheme_->prepare_step(scalars);
    scalars_.set(scalars);
    replay_.run([&] { work(); });
    Outcome outcome{{loss_.item()}, {}};
    for (const Tensor& gradient : gradients_) {
      const Values values = reference::to_array(gradient).values;
      outcome.gradients.insert(outcome.gradients.end(), values.begin(), values.end());
    }
    return outcome;
  }

 private:
  void work() {
    SchemeBatch batch{{}, labels_, indices_, parameters_};
    for (std::size_t m = 0; m < parameters_.size(); ++m) {
      const int views = scheme_->views(static_cast<int>(m));
      batch.logits.push_back(linear(Variable(concatenate({images_.begin(), images_.begin() + views})),
                                    parameters_[m].front(), {}));
    }
    const Variable loss = scheme_->loss(batch, {seed, scalars_.data()});
    CHECK(loss.value().device() == device_);
    backward(loss);
    loss_.copy_from(loss.value());
    for (std::size_t m = 0; m < parameters_.size(); ++m) {
      gradients_[m].copy_from(parameters_[m].front().grad());
      parameters_[m].front().clear_grad();
    }
  }

  Device device_;
  std::unique_ptr<Scheme> scheme_;
  DeviceValue<StepScalars> scalars_;
  Replay replay_;
  int views_ = 1;
  std::vector<std::vector<Variable>> parameters_;
  std::vector<Tensor> gradients_, images_;
  Tensor labels_, indices_, loss_;
};

std::map<std::string, double> told(const Scheme& scheme) {
  const auto metrics = scheme.metrics();
  return {metrics.begin(), metrics.end()};
}

void check_same(Session& actual, Session& expected, std::uint32_t number) {
  CAPTURE(number);
  const Outcome on_gpu = actual.step(number), on_cpu = expected.step(number);
  CHECK(reference::deviation(on_gpu.loss, on_cpu.loss) <= 1e-5);
  CHECK(reference::deviation(on_gpu.gradients, on_cpu.gradients) <= 1e-5);
  const auto metrics = told(expected.scheme());
  for (const auto& metric : told(actual.scheme())) {
    CAPTURE(metric.first);
    CHECK(metric.second == doctest::Approx(metrics.at(metric.first)).epsilon(1e-4));
  }
}

/// The curve of the last step; nothing where it depends on more than p_y.
std::optional<MarginCurve> curve_of(const Scheme& scheme, Device device) {
  const std::span<const double> on_device = scheme.curve_state();
  const auto host = device_queue(device).host_memory(on_device.size_bytes());
  if (!on_device.empty()) device_queue(device).copy(host.get(), on_device.data(), on_device.size_bytes());
  device_queue(device).mark()->wait();
  std::vector<double> state(on_device.size());
  if (!state.empty()) std::memcpy(state.data(), host.get(), on_device.size_bytes());
  return scheme.curve(state);
}

struct Case {
  const char *scheme, *loss;
};

const Case cases[] = {{"none", "ce"},
                      {"none", "nce+agce"},
                      {"none", "peer"},
                      {"mo:0.9", "gjs"},
                      {"sln:0.5", "ce"},
                      {"sln:sigma=1,lc=2", "ce"},
                      {"none:lc=2,lc-soft=1", "ce"},
                      {"ogc:queue=40,time-frame=2", "ce"},
                      {"ogc:queue=7,time-frame=3,epsilon=0.5,lr-scaled=0", "gce"},
                      {"fixed-clip:3", "ce"},
                      {"fixed-clip:0.4", "ce"},
                      {"linear-clip:beta=8", "js"},
                      {"linear-clip:beta=0.9", "gce"},
                      {"ema-clip:alpha=0.7", "gce"},
                      {"truncated:k=0.3,from=2,every=1", "gce"},
                      {"co-teaching:forget=0.5,ramp=2", "ce"},
                      {"label-confidence:correct-from=0.3", "ce"},
                      {"label-confidence:rho=0,lambda=0.2,m=1", "nce+rce"},
                      {"label-confidence:models=1,alpha=0.5", "ce"},
                      {"noise-on-logits:0.7", "gce"},
                      {"noise-on-weights:0.3", "ce"},
                      {"noise-on-weights:0.3,per-sample=1", "ce"}};

}  // namespace

TEST_CASE("ten steps and an epoch's turn: losses, gradients and what schemes tell are the CPU's") {
  for (const Case& a_case : cases) {
    const std::string scheme = a_case.scheme, loss = a_case.loss;
    CAPTURE(scheme);
    CAPTURE(loss);
    Session on_gpu(scheme, loss, test_device), on_cpu(scheme, loss, Device::cpu);
    for (std::uint32_t number = 0; number < steps; ++number) {
      if (number % 4 == 0) {
        on_gpu.begin_epoch(static_cast<int>(number) / 4);
        on_cpu.begin_epoch(static_cast<int>(number) / 4);
      }
      check_same(on_gpu, on_cpu, number);
    }
  }
}

TEST_CASE("the same bits every time, and from a saved state on, which the CPU takes up too") {
  for (const Case& a_case : cases) {
    const std::string scheme = a_case.scheme, loss = a_case.loss;
    CAPTURE(scheme);
    // One after the other: the record of a step knows of no other in its memory.
    const auto run = [&](Session& session, std::uint32_t begin, std::uint32_t end) {
      std::vector<Outcome> outcomes;
      for (std::uint32_t number = begin; number < end; ++number) outcomes.push_back(session.step(number));
      return outcomes;
    };
    Session first(scheme, loss, test_device), second(scheme, loss, test_device);
    first.begin_epoch(2), second.begin_epoch(2);
    const std::vector<Outcome> whole = run(first, 0, steps), half = run(second, 0, steps / 2);
    State state;
    second.scheme().save(state);
    Session resumed(scheme, loss, test_device), on_cpu(scheme, loss, Device::cpu);
    for (Session* session : {&resumed, &on_cpu}) {
      session->begin_epoch(2);
      session->scheme().load(state);
    }
    const std::vector<Outcome> rest = run(resumed, steps / 2, steps), cpu = run(on_cpu, steps / 2, steps);
    for (int number = 0; number < steps; ++number) {
      CAPTURE(number);
      const int later = number - steps / 2;
      const Outcome& again = later < 0 ? half[number] : rest[later];
      CHECK(whole[number].loss == again.loss);
      CHECK(whole[number].gradients == again.gradients);
      if (later >= 0) CHECK(reference::deviation(cpu[later].loss, again.loss) <= 1e-5);
    }
  }
}

TEST_CASE("OGC's threshold moves, and follows the CPU's") {
  const char* const spec = "ogc:queue=40,time-frame=2";
  Session on_gpu(spec, "ce", test_device), on_cpu(spec, "ce", Device::cpu);
  std::vector<double> thresholds;
  for (std::uint32_t number = 0; number < steps; ++number) {
    on_gpu.step(number), on_cpu.step(number);
    const auto gpu = told(on_gpu.scheme()), cpu = told(on_cpu.scheme());
    CHECK(std::abs(gpu.at("prob_thr") - cpu.at("prob_thr")) <= 1e-4);
    for (const char* name : {"mean_clean", "mean_noisy", "variance_clean", "variance_noisy"})
      CHECK(gpu.at(name) == doctest::Approx(cpu.at(name)).epsilon(1e-4));
    if (thresholds.empty() || gpu.at("prob_thr") != thresholds.back())
      thresholds.push_back(gpu.at("prob_thr"));
  }
  CHECK(thresholds.size() >= 3);
  CHECK(thresholds.front() == 1e-7);
}

TEST_CASE("the curve of a step, from what it left in the GPU's memory") {
  for (const Case& a_case : cases) {
    const std::string scheme = a_case.scheme, loss = a_case.loss;
    CAPTURE(scheme);
    CAPTURE(loss);
    Session on_gpu(scheme, loss, test_device), on_cpu(scheme, loss, Device::cpu);
    for (std::uint32_t number = 0; number < 5; ++number) {
      on_gpu.step(number), on_cpu.step(number);
      const auto expected = curve_of(on_cpu.scheme(), Device::cpu),
                 actual = curve_of(on_gpu.scheme(), test_device);
      CHECK(expected.has_value() == actual.has_value());
      if (!expected) continue;
      for (const double margin : {-4.0, -1.0, 0.5, 3.0}) {
        CHECK((*actual)(margin, classes).value ==
              doctest::Approx((*expected)(margin, classes).value).epsilon(1e-4));
        CHECK((*actual)(margin, classes).weight ==
              doctest::Approx((*expected)(margin, classes).weight).epsilon(1e-4));
      }
    }
  }
}
