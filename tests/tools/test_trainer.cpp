// The trainer, what it measures, the run folder and the options, without the executable around them.
#include "tests/check_error.h"
#include "tests/temporary_folder.h"
#include "tools/config/train_options.h"
#include "tools/files/run_folder.h"
#include "tools/train/evaluation.h"
#include "tools/train/progress.h"
#include "tools/train/trainer.h"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <fstream>
#include <iterator>
#include <limits>
#include <numeric>
#include <sys/resource.h>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace noisegate;

namespace {

TrainOptions small_run() {
  TrainOptions options;
  options.dataset = "synthetic:train=64,test=32";
  options.model = "cnn4";
  options.batch_size = 16;
  options.epochs = 4;
  options.learning_rate = 0.01;
  options.augment = "none";
  return options;
}

Trainer make_trainer(const TrainOptions& options) {
  return {options, prepare_data(options)};
}

bool go_on(const StepReport&) {
  return true;
}

std::vector<float> first_parameter(const Module& model) {
  return model.parameters().front().variable.value().to_vector<float>();
}

/// The line of metrics.jsonl without what depends on the clock.
std::string timeless(const EpochMetrics& metrics) {
  auto line = to_json(metrics);
  for (const char* key : {"seconds", "images_per_second", "peak_memory_bytes"}) line.erase(key);
  return line.dump();
}

/// While one lives, no file of this process grows beyond `bytes`, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("scores are the softmax of the label and whether its logit is the largest") {
  const float log3 = std::log(3.0f);
  const Tensor logits = Tensor::from(std::vector<float>{0, log3, 1000, 0, 2, 2}, {3, 2});
  const std::vector<std::int32_t> labels = {0, 0, 1};
  const auto scores = score(logits, labels);
  CHECK_FALSE(scores[0].correct);
  CHECK(scores[0].probability == doctest::Approx(0.25));
  CHECK(scores[1].correct);
  CHECK(scores[1].probability == doctest::Approx(1));
  CHECK_FALSE(scores[2].correct);  // of equal logits the first counts
  CHECK(scores[2].probability == doctest::Approx(0.5));

  Tally tally;
  for (const Score& s : scores) tally.add(s);
  CHECK(tally.accuracy() == doctest::Approx(1.0 / 3));
  CHECK(tally.mean_probability() == doctest::Approx(1.75 / 3));
}

TEST_CASE("training lowers the loss and measures clean and noisy samples apart") {
  TrainOptions options = small_run();
  options.noise = "symmetric:0.25";
  options.ema = 0.5;
  Trainer trainer = make_trainer(options);
  const auto& train = trainer.dataset().train;
  std::int64_t wrong = 0;
  for (std::size_t i = 0; i < train.given.size(); ++i) wrong += train.given[i] != train.truth[i] ? 1 : 0;

  const auto first = trainer.run_epoch(go_on);
  REQUIRE(first);
  CHECK(first->epoch == 1);
  CHECK(first->train.samples == 64);
  CHECK(first->noisy.samples == wrong);
  CHECK(first->clean.samples == 64 - wrong);
  CHECK(first->train.correct == first->clean.correct + first->noisy.correct);
  CHECK(first->test.samples == 32);
  CHECK(first->test_ema->samples == 32);
  CHECK_FALSE(first->validation);
  CHECK(first->peak_memory > 0);

  std::optional<EpochMetrics> last;
  while (trainer.state().epochs_done < options.epochs) last = trainer.run_epoch(go_on);
  CHECK(last->epoch == 4);
  CHECK(last->train_loss() < first->train_loss());
  CHECK(last->learning_rate < first->learning_rate);
}

TEST_CASE("the validation part is held out of training") {
  TrainOptions options = small_run();
  options.validation = 0.25;
  Trainer trainer = make_trainer(options);
  const auto metrics = trainer.run_epoch(go_on);
  CHECK(metrics->train.samples == 48);
  CHECK(metrics->validation->samples == 16);
}

TEST_CASE("the momentum model is the average that its decay says") {
  TrainOptions options = small_run();
  options.ema = 0.75;
  Trainer trainer = make_trainer(options);
  const auto before = first_parameter(trainer.state().model());
  trainer.step(epoch_batches(64, 16, 1, 0).front(), 0.1);
  const auto after = first_parameter(trainer.state().model());
  const auto average = first_parameter(*trainer.average_model());
  CHECK(before != after);
  for (std::size_t i = 0; i < before.size(); ++i) {
    CHECK(average[i] == doctest::Approx(0.75 * before[i] + 0.25 * after[i]).epsilon(1e-4));
  }
}

TEST_CASE("without --ema there is no momentum model") {
  CHECK(make_trainer(small_run()).average_model() == nullptr);
}

TEST_CASE("training stops where the watcher says so") {
  Trainer trainer = make_trainer(small_run());
  int seen = 0;
  const auto stop_after_two = [&](const StepReport& report) {
    CHECK(report.steps == 4);
    return ++seen < 2;
  };
  CHECK_FALSE(trainer.run_epoch(stop_after_two));
  CHECK(seen == 2);
  CHECK(trainer.state().epochs_done == 0);
  CHECK(trainer.state().steps_done == 2);
}

TEST_CASE(
    "an epoch that is stopped after its last step reports the same as one that is not, by every scheme") {
  std::vector<std::string> specs;
  for (const Description& scheme : list_schemes()) specs.push_back(scheme.name);
  specs.insert(specs.end(), {"sln:mo=0.9,lc=1", "label-confidence:models=1"});
  for (const std::string& spec : specs) {
    CAPTURE(spec);
    TrainOptions options = small_run();
    options.scheme = spec;
    options.noise = "symmetric:0.4";
    if (spec == "truncated") options.loss = "gce", options.validation = 0.25;
    Trainer whole = make_trainer(options), stopped = make_trainer(options), resumed = make_trainer(options);

    const auto expected = whole.run_epoch(go_on);
    CHECK_FALSE(stopped.run_epoch([](const StepReport& report) { return report.step < report.steps; }));
    State state;
    stopped.save(state);
    resumed.load(state);
    const auto reported = resumed.run_epoch(go_on);
    REQUIRE(expected);
    REQUIRE(reported);
    CHECK(timeless(*reported) == timeless(*expected));
  }
}

TEST_CASE("a checkpoint of format 1 goes on to the same metrics, one of a newer format is refused") {
  TrainOptions options = small_run();
  options.noise = "symmetric:0.4";
  Trainer whole = make_trainer(options), stopped = make_trainer(options);
  const auto expected = whole.run_epoch(go_on);
  CHECK_FALSE(stopped.run_epoch([](const StepReport& report) { return report.step < 2; }));
  State state;
  stopped.save(state);
  TensorFile file = state.file();

  // Format 1 had lists of numbers where there are names now.
  const auto join = [&](const std::string& list, const std::vector<std::string>& names) {
    std::vector<std::uint8_t> bytes;
    for (const std::string& name : names) {
      const auto part = state.tensor(name).to_vector<std::uint8_t>();
      bytes.insert(bytes.end(), part.begin(), part.end());
      std::erase_if(file.tensors, [&](const NamedTensor& named) { return named.name == name; });
    }
    file.tensors.push_back({list, Tensor::from(bytes)});
  };
  join("curriculum", {"curriculum.clean", "curriculum.noisy"});
  join("epoch.numbers", {"epoch.loss_sum", "epoch.seconds", "epoch.learning_rate", "epoch.images_left_out",
                         "epoch.train", "epoch.clean", "epoch.noisy", "epoch.weight_clean",
                         "epoch.weight_noisy", "epoch.margins_clean", "epoch.margins_noisy"});
  file.metadata.erase("format");
  file.metadata.erase("noisegate");
  Trainer resumed = make_trainer(options);
  resumed.load(State(file, "the test's state"));
  const auto metrics = resumed.run_epoch(go_on);
  REQUIRE(metrics);
  CHECK(timeless(*metrics) == timeless(*expected));
  CHECK(first_parameter(resumed.state().model()) == first_parameter(whole.state().model()));

  file.metadata["format"] = "3", file.metadata["noisegate"] = "7.5";
  check_error([&] { resumed.load(State(file, "the test's state")); },
              {"format 3", "Noisegate 7.5", "up to 2", "--overwrite"});
}

TEST_CASE("a test that is stopped leaves the run where its last step left it") {
  TrainOptions options = small_run();
  options.validation = 0.25;
  Trainer stopped = make_trainer(options), whole = make_trainer(options);
  int asked = 0;
  CHECK_FALSE(stopped.run_epoch(go_on, [&] { return ++asked < 2; }));  // between test set and validation
  CHECK(asked == 2);
  CHECK(stopped.state().epochs_done == 0);
  CHECK(stopped.state().steps_done == 3);
  CHECK(stopped.state().model().training());
  const auto tested = stopped.run_epoch(go_on), expected = whole.run_epoch(go_on);
  REQUIRE(tested);
  CHECK(tested->test.correct == expected->test.correct);
  CHECK(tested->train.samples == 48);
}

TEST_CASE("no two steps of a run draw the same numbers, however many epochs it has") {
  TrainOptions options = small_run();
  options.scheme = "sln";
  options.epochs = 10000;
  Trainer first = make_trainer(options);
  CHECK_FALSE(first.run_epoch([](const StepReport&) { return false; }));
  State state;
  first.save(state);
  std::vector<double> losses;
  for (const char* epochs_done : {"0", "1", "4095", "4096", "8192"}) {
    TensorFile file = state.file();
    file.metadata["epochs_done"] = epochs_done;
    Trainer trainer = make_trainer(options);
    trainer.load(State(file, "the test's state"));
    losses.push_back(trainer.step({0, 1, 2, 3}, 0).loss);
  }
  std::ranges::sort(losses);
  CHECK(std::ranges::adjacent_find(losses) == losses.end());

  options.epochs = std::numeric_limits<int>::max();
  check_error([&] { make_trainer(options); }, {"--epochs 2147483647", "2^32"});
}

TEST_CASE("a loss that is not finite names its epoch and step") {
  Trainer trainer = make_trainer(small_run());
  const auto batches = epoch_batches(64, 16, 1, 0);
  trainer.step(batches[0], 1e30);
  check_error([&] { trainer.step(batches[1], 0.1); }, {"loss", "step 2", "epoch 1"}, 1);
}

TEST_CASE("an evaluation counts every class and leaves the model in its mode") {
  Trainer trainer = make_trainer(small_run());
  Module& model = trainer.state().model();
  const Dataset& dataset = trainer.dataset();
  const Evaluation evaluation = evaluate(model, dataset, dataset.test, dataset.test.truth);
  CHECK(model.training());
  CHECK(evaluation.all.samples == 32);
  std::int64_t samples = 0, correct = 0;
  for (const Tally& tally : evaluation.by_class) {
    samples += tally.samples;
    correct += tally.correct;
  }
  CHECK(samples == evaluation.all.samples);
  CHECK(correct == evaluation.all.correct);
}

TEST_CASE("lines of metrics leave out what there is not") {
  EpochMetrics metrics;
  metrics.epoch = 3;
  metrics.loss_sum = 6;
  metrics.train = metrics.clean = {4, 2, 1.0};
  metrics.test = {10, 5, 4.0};
  metrics.seconds = 2;
  const auto line = to_json(metrics);
  CHECK(line["train_acc"] == 0.5);
  CHECK(line["mean_p_clean"] == 0.25);
  CHECK(line["images_per_second"] == 2);
  for (const char* key : {"train_acc_noisy", "mean_p_noisy", "test_acc_ema", "validation_acc"}) {
    CHECK_FALSE(line.contains(key));
  }
}

TEST_CASE("a line of metrics that does not fit on the disk leaves the lines before it") {
  const TemporaryFolder temporary;
  const RunFolder folder(temporary.path());
  folder.append_metrics({{"epoch", 1}});
  {
    const FileSizeLimit limit(20);
    check_error(
        [&] {
          folder.append_metrics({{"epoch", 2}, {"train_loss", 0.25}});
        },
        {"metrics.jsonl", "large"}, 1);
  }
  CHECK(read_text(folder.metrics()) == "{\"epoch\":1}\n");
  folder.append_metrics({{"epoch", 2}});
  CHECK(read_text(folder.metrics()) == "{\"epoch\":1}\n{\"epoch\":2}\n");
}

TEST_CASE("options survive the way through config.toml") {
  const TemporaryFolder temporary;
  TrainOptions options = small_run();
  options.data = "a \"quoted\" \\ folder";
  options.learning_rate = 0.1 + 0.2;
  options.nesterov = true;
  options.seed = 9'000'000'000'000'000'000;
  const auto file = temporary.path() / "config.toml";
  std::ofstream(file) << config_text(options);
  TrainOptions read;
  read_config(file, read);
  CHECK(config_text(read) == config_text(options));
  CHECK(read.data == options.data);
  CHECK(read.learning_rate == options.learning_rate);
  CHECK(read.nesterov);
  CHECK(read.seed == options.seed);
}

TEST_CASE("the command line wins over the configuration file, the file over the defaults") {
  const TemporaryFolder temporary;
  const auto file = temporary.path() / "run.toml";
  std::ofstream(file) << "epochs = 7\nmodel = \"cnn4\"\nnesterov = true\n";
  const auto options = read_train_options({"--config", file.string(), "--epochs", "8", "--nesterov=false"});
  REQUIRE(options);
  CHECK(options->epochs == 8);
  CHECK(options->model == "cnn4");
  CHECK_FALSE(options->nesterov);
  CHECK(options->batch_size == TrainOptions().batch_size);
}

TEST_CASE("what stands for something else is resolved") {
  const auto options =
      read_train_options({"--dataset", "synthetic", "--noise", "symmetric:0.4", "--data", "some/../data"});
  REQUIRE(options);
  CHECK(options->device == "cpu");
  CHECK(options->threads >= 1);
  CHECK(options->data == (std::filesystem::current_path() / "data").string());
  CHECK(options->out == "runs/synthetic-cnn8-ce-symmetric-0.4-seed1");
}

TEST_CASE("misspelt words find their neighbours, others do not") {
  const std::vector<std::string> known = {"epochs", "batch-size", "lr"};
  CHECK(nearest("epoch", known) == "epochs");
  CHECK(nearest("batchsize", known) == "batch-size");
  CHECK(nearest("temperature", known).empty());
}

TEST_CASE("the bar and the table say how far it is") {
  EpochMetrics metrics;
  metrics.epoch = 2;
  metrics.loss_sum = 125;
  metrics.train = metrics.clean = {100, 50, 40};
  metrics.test = {10, 5, 4};
  metrics.seconds = 2;
  const std::string bar = bar_text({metrics, 1, 2}, 3, 60);  // half of the run is done
  CHECK(bar == "epoch 2/3 [##########----------]  50%  loss 1.2500  train 50.00%  50 img/s  0:01:00 left");
  CHECK(duration_text(3725) == "1:02:05");
  for (const auto& [title, value] : table_columns(metrics, 3)) CHECK(title.size() == value.size());
}
