// The built executable, used as a person would: what it says, what it leaves behind, with which code it ends.
#include "tests/session.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace noisegate;
using nlohmann::json;

namespace {

/// A run that takes a moment, with more options behind it.
Words quick_run(const std::string& out, const Words& more = {}) {
  Words words = {"train",   "--dataset", "synthetic:train=128,test=64",
                 "--model", "cnn4",      "--batch-size",
                 "32",      "--threads", "1",
                 "--out",   out};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

bool wait_for(const std::filesystem::path& file) {
  for (int i = 0; i < 6000 && !std::filesystem::exists(file); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return std::filesystem::exists(file);
}

}  // namespace

TEST_CASE("every help page fits one screen") {
  const Session session;
  for (const Words& command : {Words{},
                               {"train"},
                               {"eval"},
                               {"noise"},
                               {"suspects"},
                               {"list"},
                               {"sweep"},
                               {"bench"},
                               {"bench", "step"},
                               {"bench", "conv"}}) {
    Words words = command;
    words.push_back("--help");
    const Outcome help = session.run(words);
    CHECK(help.exit_code == 0);
    CHECK(help.errors.empty());
    CHECK(contains(help.output, "noisegate"));
    CHECK(lines(help.output).size() <= 24);
    for (const std::string& line : lines(help.output)) CHECK_MESSAGE(line.size() <= 100, line);
  }
}

TEST_CASE("it tells its version and lists what there is") {
  const Session session;
  CHECK(session.run({"--version"}).output == "noisegate " NOISEGATE_VERSION "\n");
  CHECK(contains(session.run({"list", "models"}).output, "wrn-28-2"));
  CHECK(contains(session.run({"list", "losses"}).output, "gce"));
  CHECK(contains(session.run({"list", "schemes"}).output, "ogc"));
  CHECK(contains(session.run({"list", "noise"}).output, "symmetric"));
  CHECK(contains(session.run({"list", "datasets"}).output, "cifar100"));
  CHECK(contains(session.run({"list", "schedules"}).output, "cosine"));
}

TEST_CASE("wrong words are refused with what there is") {
  const Session session;
  check_refused(session.run({}), 2, {"command"});
  check_refused(session.run({"trian"}), 2, {"'trian'", "did you mean train?", "eval, noise, suspects"});
  check_refused(session.run({"train", "--epoch", "3"}), 2,
                {"--epoch:", "did you mean --epochs?", "--batch-size"});
  check_refused(session.run({"train", "stray"}), 2, {"'stray'"});
  check_refused(session.run({"train", "--model", "resnet33"}), 2,
                {"--model", "resnet33", "resnet34", "cnn8"});
  check_refused(session.run({"train", "--model", "cnn8:depth=3"}), 2, {"--model", "cnn8:depth=3"});
  check_refused(session.run({"train", "--loss", "gcee"}), 2, {"--loss", "gcee", "ce, gce"});
  check_refused(session.run({"train", "--loss", "gce:p=0.7"}), 2, {"--loss", "p", "q"});
  check_refused(session.run({"train", "--loss", "gce:7"}), 2, {"--loss", "q"});
  check_refused(session.run({"train", "--noise", "symetric:0.4"}), 2, {"--noise", "symmetric"});
  check_refused(session.run({"train", "--dataset", "cifar11"}), 2, {"--dataset", "cifar11", "cifar10"});
  check_refused(session.run({"train", "--schedule", "cosinus"}), 2, {"--schedule", "cosine"});
  check_refused(session.run({"train", "--augment", "blur"}), 2, {"--augment", "blur", "crop"});
  check_refused(session.run({"train", "--device", "tpu"}), 2, {"--device", "tpu", "cpu"});
  check_refused(session.run({"list", "modles"}), 2, {"modles", "did you mean models?"});
  check_refused(session.run({"bench", "stepp"}), 2, {"stepp", "step"});
  check_refused(session.run({"eval", "--runs", "x"}), 2, {"--runs", "did you mean --run?"});
}

TEST_CASE("wrong values are refused by the option's name") {
  const Session session;
  check_refused(session.run({"train", "--epochs"}), 2, {"--epochs needs a value"});
  check_refused(session.run({"train", "--epochs", "--lr", "1"}), 2, {"--epochs needs a value"});
  check_refused(session.run({"train", "--epochs", "3", "--epochs", "4"}), 2, {"--epochs", "more than once"});
  check_refused(session.run({"train", "--epochs", "three"}), 2, {"--epochs", "'three'"});
  check_refused(session.run({"train", "--epochs", "0"}), 2, {"--epochs", "at least 1"});
  check_refused(session.run({"train", "--batch-size", "0"}), 2, {"--batch-size", "at least 1"});
  check_refused(session.run({"train", "--lr", "nan"}), 2, {"--lr", "'nan'"});
  check_refused(session.run({"train", "--lr", "-0.1"}), 2, {"--lr", "above 0"});
  check_refused(session.run({"train", "--momentum", "1"}), 2, {"--momentum"});
  check_refused(session.run({"train", "--validation", "1"}), 2, {"--validation"});
  check_refused(session.run({"train", "--seed", "-1"}), 2, {"--seed"});
  check_refused(session.run({"train", "--nesterov", "--momentum", "0"}), 2, {"--nesterov", "--momentum"});
  check_refused(session.run({"train", "--precision", "bf16"}), 2, {"--precision", "GPU"});
  check_refused(session.run({"train", "--precision", "fp8"}), 2, {"--precision", "fp8"});
  check_refused(session.run({"train", "--conv", "cudnn"}), 2, {"--conv", "cudnn", "auto", "direct"});
  check_refused(session.run({"bench", "step", "--steps", "0"}), 2, {"--steps"});
  check_refused(session.run({"bench", "step", "--conv", "fft"}), 2, {"--conv", "fft"});
  check_refused(session.run({"bench", "conv", "--samples", "0"}), 2, {"--samples"});
  check_refused(session.run({"bench", "conv", "--ladder"}), 2, {"--ladder", "cuda"});
  CHECK_FALSE(std::filesystem::exists(session.path("runs")));
}

TEST_CASE("sizes that do not fit the data are refused") {
  const Session session;
  check_refused(session.run(quick_run("a", {"--limit", "129"})), 2, {"--limit", "129", "128"});
  check_refused(session.run(quick_run("a", {"--limit", "31"})), 2, {"--batch-size 32", "31"});
  check_refused(session.run(quick_run("a", {"--validation", "0.9999"})), 2, {"validation"});
  CHECK_FALSE(std::filesystem::exists(session.path("a")));
}

TEST_CASE("broken CIFAR-10 folders are refused by file") {
  const Session session;
  const std::string data = session.path("data").string();
  const Words train = {"train", "--dataset", "cifar10", "--data", data, "--out", "run"};
  check_refused(session.run({"train", "--dataset", "cifar10"}), 2, {"--data"});
  check_refused(session.run(train), 2, {data});

  make_black_cifar10(data);
  std::filesystem::remove(session.path("data/data_batch_4.bin"));
  check_refused(session.run(train), 2, {"data_batch_4.bin"});

  make_black_cifar10(data);
  std::filesystem::resize_file(session.path("data/data_batch_2.bin"), 10000 * 3073 - 1);
  check_refused(session.run(train), 2, {"data_batch_2.bin", "30729999"});

  make_black_cifar10(data);
  std::fstream(session.path("data/data_batch_1.bin")).seekp(17 * 3073).put(10);
  check_refused(session.run(train), 2, {"data_batch_1.bin", "17", "10"});
  CHECK_FALSE(std::filesystem::exists(session.path("run")));
}

TEST_CASE("a run leaves a whole folder, and a line an epoch in a pipe") {
  const Session session;
  const Outcome run = session.run(quick_run("run", {"--epochs", "2", "--noise", "symmetric:0.4", "--ema",
                                                    "0.9", "--validation", "0.25", "--loss", "gce:0.5"}));
  CHECK_MESSAGE(run.exit_code == 0, run.errors);
  CHECK(run.errors.empty());
  CHECK(run.output.find_first_of("\r\x1b") == std::string::npos);
  CHECK(lines(run.output).size() == 6);  // data, model, titles, two epochs, the end

  const auto metrics = lines(session.text("run/metrics.jsonl"));
  REQUIRE(metrics.size() == 2);
  const json last = json::parse(metrics.back());
  CHECK(last["epoch"] == 2);
  for (const char* key : {"train_loss", "train_acc", "train_acc_clean", "mean_p_clean", "train_acc_noisy",
                          "mean_p_noisy", "test_acc", "test_acc_ema", "validation_acc", "lr", "seconds",
                          "images_per_second", "peak_memory_bytes"}) {
    CHECK_MESSAGE(last[key].is_number(), key);
  }
  CHECK(contains(session.text("run/config.toml"), "loss = \"gce:0.5\""));
  CHECK(contains(session.text("run/config.toml"), "version = \"" NOISEGATE_VERSION "\""));

  const Outcome eval = session.run({"eval", "--run", "run", "--json", "eval.json"});
  CHECK_MESSAGE(eval.exit_code == 0, eval.errors);
  const json measured = json::parse(session.text("eval.json"));
  CHECK(measured["model"]["test_acc"] == last["test_acc"]);
  CHECK(measured["momentum model"]["test_acc"] == last["test_acc_ema"]);
  CHECK(measured["model"]["images"] == 64);
  CHECK(measured["model"]["by_class"].size() == 10);
}

TEST_CASE("the same seed and threads give the same model, and so does the run's own config.toml") {
  const Session session;
  const Words options = {"--epochs", "2", "--noise", "symmetric:0.2"};
  REQUIRE(session.run(quick_run("a", options)).exit_code == 0);
  REQUIRE(session.run(quick_run("b", options)).exit_code == 0);
  REQUIRE(session.run({"train", "--config", "a/config.toml", "--out", "c"}).exit_code == 0);
  REQUIRE(session.run({"train", "--config", "a/config.toml", "--out", "d", "--seed", "2"}).exit_code == 0);
  const std::string model = session.text("a/model.safetensors");
  CHECK(model.size() > 1'000'000);
  CHECK(model == session.text("b/model.safetensors"));
  CHECK(model == session.text("c/model.safetensors"));
  CHECK(session.text("a/config.toml") == session.text("c/config.toml"));
  CHECK(model != session.text("d/model.safetensors"));
  CHECK(contains(session.text("d/config.toml"), "seed = 2\n"));
}

TEST_CASE("training starts from another run's weights, or says why it cannot") {
  const Session session;
  REQUIRE(session.run(quick_run("a", {"--epochs", "2"})).exit_code == 0);
  const Words still = {"--epochs", "1", "--lr", "1e-30", "--init", "a/model.safetensors"};
  const Outcome again = session.run(quick_run("b", still));
  CHECK(again.exit_code == 0);
  CHECK(again.errors.empty());
  CHECK(contains(session.text("b/config.toml"), session.path("a/model.safetensors").filename().string()));
  const auto accuracy = [&](const std::string& run) {
    return json::parse(lines(session.text(run + "/metrics.jsonl")).back())["train_acc"].get<double>();
  };
  CHECK(accuracy("b") > 0.2);  // of ten classes, without having learnt anything itself

  Words other_model = quick_run("c", still);
  *std::ranges::find(other_model, "cnn4") = "cnn8";
  check_refused(session.run(other_model), 2, {"a/model.safetensors", "block1.0.conv.0.weight"});
  check_refused(session.run(quick_run("c", {"--init", "none.safetensors"})), 2, {"none.safetensors"});
  check_refused(session.run(quick_run("c", {"--init", "a/model.safetensors", "--scheme", "co-teaching"})), 2,
                {"--init", "co-teaching", "same weights"});
  CHECK_FALSE(std::filesystem::exists(session.path("c")));
}

TEST_CASE("configuration files are refused by file and key") {
  const Session session;
  const auto refuse = [&](const std::string& toml, const Words& parts) {
    std::ofstream(session.path("x.toml")) << toml;
    check_refused(session.run({"train", "--config", "x.toml"}), 2, parts);
  };
  refuse("epoch = 3\n", {"x.toml", "'epoch'", "did you mean epochs?", "batch-size"});
  refuse("epochs = \"many\"\n", {"x.toml", "epochs", "'many'"});
  refuse("epochs = [1, 2]\n", {"x.toml", "epochs"});
  refuse("epochs = = 3\n", {"x.toml", "line 1"});
  refuse("", {"x.toml", "no option"});
  refuse("# epochs = 3\nversion = \"1\"\n", {"x.toml", "no option"});
  CHECK_FALSE(std::filesystem::exists(session.path("runs")));
  check_refused(session.run({"train", "--config", "y.toml"}), 2, {"y.toml"});
}

TEST_CASE("a folder with a run in it is refused unless told") {
  const Session session;
  const Words once = quick_run("run", {"--epochs", "1"});
  REQUIRE(session.run(once).exit_code == 0);
  const std::string model = session.text("run/model.safetensors");
  check_refused(session.run(quick_run("run", {"--epochs", "2"})), 2, {"run", "--overwrite"});
  CHECK(session.text("run/model.safetensors") == model);
  CHECK(lines(session.text("run/metrics.jsonl")).size() == 1);

  REQUIRE(session.run(quick_run("run", {"--epochs", "2", "--overwrite"})).exit_code == 0);
  CHECK(lines(session.text("run/metrics.jsonl")).size() == 2);

  std::ofstream(session.path("file")) << "not a folder\n";
  check_refused(session.run(quick_run("file")), 2, {"file", "not a folder"});
  check_refused(session.run(quick_run("file/run")), 1, {"file/run"});
}

TEST_CASE("a loss that is not finite stops the run, and the last good model stays") {
  const Session session;
  check_refused(session.run(quick_run("a", {"--lr", "1e30"})), 1, {"epoch 1", "step 2", "a has no model"});
  CHECK_FALSE(std::filesystem::exists(session.path("a/model.safetensors")));

  // The warm-up starts at 0 and each epoch is one step, so the first epoch is harmless and the second is not.
  const Words late = {"--lr", "1e30", "--schedule", "constant:warmup=2", "--limit", "32", "--epochs", "4"};
  const Outcome stopped = session.run(quick_run("b", late));
  check_refused(stopped, 1, {"epoch", "step 1", "b keeps the model of epoch"});
  const Outcome eval = session.run({"eval", "--run", "b"});
  CHECK_MESSAGE(eval.exit_code == 0, eval.errors);
}

TEST_CASE("signals end a run between steps and leave its files whole") {
  for (const auto& [signal, exit_code] : {std::pair{SIGINT, 130}, std::pair{SIGTERM, 143}}) {
    const Session session;
    const Program program = session.start(quick_run("run", {"--epochs", "100000"}));
    REQUIRE(wait_for(session.path("run/metrics.jsonl")));
    program.send(signal);
    const Outcome outcome = program.wait();
    CHECK(outcome.exit_code == exit_code);
    REQUIRE_MESSAGE(lines(outcome.errors).size() == 2, outcome.errors);
    CHECK(contains(lines(outcome.errors)[0], "stopping with a checkpoint"));
    CHECK(contains(lines(outcome.errors)[1], "stopped by"));
    CHECK(contains(lines(outcome.errors)[1], "run keeps the model of epoch"));
    CHECK(session.text("run/metrics.jsonl").ends_with("}\n"));
    for (const auto& entry : std::filesystem::directory_iterator(session.path("run")))
      CHECK_FALSE(contains(entry.path().filename().string(), ".partial"));
    CHECK(session.run({"eval", "--run", "run"}).exit_code == 0);
  }
}

TEST_CASE("a full disk is told in one sentence and leaves nothing half-written") {
  const Session session;
  constexpr rlim_t less_than_the_model = 100'000;
  check_refused(session.run(quick_run("run"), less_than_the_model), 1, {"run/model.safetensors", "no model"});
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(session.path("run"))) {
    left.push_back(entry.path().filename().string());
  }
  CHECK(left == std::vector<std::string>{"config.toml"});
  check_refused(session.run(quick_run("/proc/run")), 1, {"/proc/run"});
}

TEST_CASE("eval refuses folders without a run and weights that do not fit") {
  const Session session;
  check_refused(session.run({"eval"}), 2, {"--run"});
  check_refused(session.run({"eval", "--run", "nowhere"}), 2, {"nowhere", "config.toml"});
  REQUIRE(session.run(quick_run("run", {"--epochs", "1"})).exit_code == 0);
  std::filesystem::resize_file(session.path("run/model.safetensors"), 1000);
  check_refused(session.run({"eval", "--run", "run"}), 2, {"model.safetensors"});
  std::filesystem::remove(session.path("run/model.safetensors"));
  check_refused(session.run({"eval", "--run", "run"}), 2, {"run", "no model"});
}

TEST_CASE("bench step writes what it shows") {
  const Session session;
  const Outcome bench = session.run({"bench", "step", "--model", "cnn4", "--batch-size", "4", "--steps", "2",
                                     "--threads", "1", "--profile", "--json", "bench.json"});
  CHECK_MESSAGE(bench.exit_code == 0, bench.errors);
  CHECK(contains(bench.output, "conv2d"));
  const json result = json::parse(session.text("bench.json"));
  for (const char* key : {"median_ms", "images_per_second", "tensor_peak_bytes", "process_peak_bytes",
                          "gflops", "machine_gflops", "share_of_machine"}) {
    CHECK_MESSAGE(result[key].get<double>() > 0, key);
  }
  CHECK(result["ops"].size() > 5);
}

TEST_CASE("bench conv times every convolution of a model and adds them up") {
  const Session session;
  const Outcome bench = session.run({"bench", "conv", "--model", "wrn-10-1", "--batch-size", "2", "--samples",
                                     "1", "--threads", "1", "--json", "conv.json"});
  REQUIRE_MESSAGE(bench.exit_code == 0, bench.errors);
  const json result = json::parse(session.text("conv.json"));
  // The stem has no input to pass a gradient to; three blocks of two convolutions, two of them with a 1×1.
  int forward = 0, input_gradients = 0;
  double milliseconds = 0;
  for (const auto& row : result["convolutions"]) {
    const int count = row["count"];
    forward += row["product"] == "forward" ? count : 0;
    input_gradients += row["product"] == "input gradient" ? count : 0;
    milliseconds += count * row["native"]["milliseconds"].get<double>();
    CHECK(row["native"]["share_of_limit"].get<double>() > 0);
    CHECK(row["image"][0] == 2);
  }
  CHECK(forward == 9);
  CHECK(input_gradients == 8);
  const json stem = result["convolutions"][0];
  CHECK(stem["flops"] == 2.0 * 2 * 32 * 32 * 16 * 27);
  CHECK(stem["bytes"] == 4.0 * (2 * 32 * 32 * 3 + 2 * 32 * 32 * 16 + 16 * 27));
  CHECK(result["totals"].back()["native_milliseconds"].get<double>() == doctest::Approx(milliseconds));
  CHECK(contains(bench.output, "16x16x32 -> 64, 1x1 /2"));
}

TEST_CASE("bench schemes times a step under each scheme beside a plain one") {
  const Session session;
  const Outcome bench = session.run({"bench", "schemes", "--model", "cnn4", "--batch-size", "4", "--steps",
                                     "1", "--threads", "1", "--json", "schemes.json"});
  REQUIRE_MESSAGE(bench.exit_code == 0, bench.errors);
  const json result = json::parse(session.text("schemes.json"));
  CHECK(result["schemes"].size() > 8);
  CHECK(result["schemes"][0]["times_plain"] == 1);
  for (const auto& row : result["schemes"]) {
    CHECK(row["median_ms"].get<double>() > 0);
    CHECK(contains(bench.output, row["scheme"].get<std::string>()));
  }
  check_refused(session.run({"bench", "schemes", "--batch-size", "1"}), 2, {"--batch-size"});
}
