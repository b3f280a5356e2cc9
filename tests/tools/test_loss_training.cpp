// Losses inside the training loop: views, L1 penalty, what is counted or estimated from the training set.
#include "tests/check_error.h"
#include "tests/temporary_folder.h"
#include "tools/train/loss_setting.h"
#include "tools/train/trainer.h"

#include <cmath>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

TrainOptions small_run(const std::string& loss) {
  TrainOptions options;
  options.dataset = "synthetic:train=64,test=32";
  options.model = "cnn4";
  options.noise = "symmetric:0.25";
  options.loss = loss;
  options.batch_size = 32;
  options.epochs = 1;
  options.learning_rate = 0.01;
  options.augment = "crop:2+flip";
  return options;
}

double mean_weight(const Module& model) {
  double sum = 0, count = 0;
  for (const NamedParameter& parameter : model.parameters())
    for (const float w : parameter.variable.value().to_vector<float>()) sum += std::abs(w), ++count;
  return sum / count;
}

}  // namespace

TEST_CASE("every loss trains") {
  std::vector<std::string> specs;
  for (const LossInfo& info : list_losses())
    specs.push_back(info.needs_transition ? info.name + ":true" : info.name);
  for (const SumInfo& info : list_sums()) specs.push_back(info.name);
  for (const std::string& spec : specs) {
    CAPTURE(spec);
    const TrainOptions options = small_run(spec);
    Trainer trainer(options, prepare_data(options));
    const double before = mean_weight(trainer.state().model());
    const auto metrics = trainer.run_epoch([](const StepReport&) { return true; });
    REQUIRE(metrics);
    CHECK(std::isfinite(metrics->train_loss()));
    CHECK(metrics->train.samples == 64);  // the second view of a sample is not counted again
    CHECK(mean_weight(trainer.state().model()) != before);
  }
}

TEST_CASE("the L1 penalty of a sum pulls the weights towards 0") {
  const auto after = [](const std::string& spec) {
    const TrainOptions options = small_run(spec);
    Trainer trainer(options, prepare_data(options));
    for (int i = 0; i < 4; ++i) trainer.step(epoch_batches(64, 32, 1, 0).front(), 0.01);
    return mean_weight(trainer.state().model());
  };
  CHECK(after("nce+nnce:l1=0.05") < 0.98 * after("nce+nnce:l1=0"));
}

TEST_CASE("label shares and the true transition matrix are counted over the training set") {
  TrainOptions options = small_run("forward:true");
  options.noise = "asymmetric:0.5";
  const TrainingData data = prepare_data(options);
  const LossSetting setting = loss_setting(Spec(options.loss, "--loss"), data.dataset);
  double sum = 0;
  for (const double share : setting.label_shares) sum += share;
  CHECK(sum == doctest::Approx(1));
  std::vector<double> counts(100), totals(10);
  for (int i = 0; i < 64; ++i) {
    counts[data.dataset.train.truth[i] * 10 + data.dataset.train.given[i]] += 1;
    totals[data.dataset.train.truth[i]] += 1;
  }
  REQUIRE(setting.transition.size() == 100);
  for (int i = 0; i < 100; ++i) CHECK(setting.transition[i] == doctest::Approx(counts[i] / totals[i / 10]));
  CHECK(loss_setting(Spec("ce", "--loss"), data.dataset).transition.empty());
}

TEST_CASE("the estimated matrix takes each class's row at the 97th percentile of its probability") {
  std::vector<float> probabilities;
  for (int i = 0; i < 101; ++i) {
    const float p = static_cast<float>(i) / 100;
    probabilities.insert(probabilities.end(), {p, 1 - p});
  }
  const std::vector<double> matrix = transition_at_percentile(probabilities, 2);
  CHECK(matrix[0] == doctest::Approx(0.97));
  CHECK(matrix[1] == doctest::Approx(0.03));
  CHECK(matrix[2] == doctest::Approx(0.03));
  CHECK(matrix[3] == doctest::Approx(0.97));
}

TEST_CASE("a transition matrix that cannot be had is refused") {
  const TemporaryFolder folder;
  const TrainingData data = prepare_data(small_run("ce"));
  const auto refused = [&](const std::string& spec, const std::vector<std::string>& parts) {
    check_error([&] { loss_setting(Spec(spec, "--loss"), data.dataset); }, parts);
  };
  refused("forward:estimate,run=" + folder.path().string(), {folder.path().string(), "no run"});
  refused("forward:/nowhere/T.npy", {"/nowhere/T.npy"});
  refused("forward:T.txt", {"--loss", ".npy or .csv"});
  refused("backward", {"T=FILE"});
}
