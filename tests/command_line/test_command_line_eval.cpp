// noisegate eval through the command line: sets, labels, models, and the files it writes.
#include "engine/io/npy.h"
#include "tests/session.h"
#include "tools/train/predictions.h"

#include <cmath>
#include <cstdio>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace noisegate;
using nlohmann::json;

namespace {

/// Leaves a run in the folder "run".
void train(const Session& session, const Words& more) {
  Words words = {"train", "--dataset", "synthetic:train=96,test=64", "--model", "cnn4"};
  for (const char* word : {"--batch-size", "32", "--noise", "symmetric:0.5", "--epochs", "1"})
    words.push_back(word);
  for (const char* word : {"--threads", "1", "--out", "run"}) words.push_back(word);
  words.insert(words.end(), more.begin(), more.end());
  const Outcome outcome = session.run(words);
  REQUIRE_MESSAGE(outcome.exit_code == 0, outcome.errors);
}

/// Runs eval with --json and returns what it wrote.
json evaluate(const Session& session, const Words& more) {
  Words words = {"eval", "--run", "run", "--json", "eval.json", "--threads", "1"};
  words.insert(words.end(), more.begin(), more.end());
  const Outcome eval = session.run(words);
  REQUIRE_MESSAGE(eval.exit_code == 0, eval.errors);
  return json::parse(session.text("eval.json"));
}

std::int64_t sum(const json& matrix) {
  std::int64_t total = 0;
  for (const json& row : matrix)
    for (const json& count : row) total += count.get<std::int64_t>();
  return total;
}

}  // namespace

TEST_CASE("the test set: both models, a confusion matrix and bins that add up") {
  const Session session;
  train(session, {"--ema", "0.9"});
  const json measured = evaluate(session, {});
  for (const char* name : {"model", "momentum model"}) {
    const json& model = measured[name];
    CHECK(sum(model["confusion"]) == 64);
    CHECK(model["top5_acc"] >= model["test_acc"]);
    double hits = 0;
    for (const json& bin : model["calibration"])
      hits += bin["accuracy"].get<double>() * bin["samples"].get<double>();
    CHECK(hits / 64 == doctest::Approx(model["test_acc"].get<double>()));
  }
  CHECK_FALSE(measured["model"].contains("true_labels"));
}

TEST_CASE("the training set: against given and true labels, without the held-out part") {
  const Session session;
  train(session, {"--ema", "0.9", "--validation", "0.25"});
  const json measured = evaluate(session, {"--split", "train"});
  CHECK(measured["model"]["images"] == 72);
  CHECK(measured["model"]["true_labels"]["images"] == 72);
  CHECK(measured["model"]["confusion"] != measured["model"]["true_labels"]["confusion"]);
  CHECK(evaluate(session, {"--split", "validation"})["momentum model"]["validation_acc"].is_number());
}

TEST_CASE("predictions and logits agree with each other and with the accuracy") {
  const Session session;
  train(session, {"--ema", "0.9"});
  const json measured = evaluate(session, {"--predictions", "p.csv", "--logits", "l.npy"});
  const auto table = lines(session.text("p.csv"));
  REQUIRE(table.size() == 65);
  CHECK(table[0] == "index,label,prediction,probability");
  const auto logits = load_numpy<float>(session.path("l.npy"));
  REQUIRE(logits.shape == std::vector<std::int64_t>{64, 10});
  int correct = 0;
  for (int i = 0; i < 64; ++i) {
    int index = 0, label = 0, prediction = 0;
    double probability = 0;
    REQUIRE(std::sscanf(table[i + 1].c_str(), "%d,%d,%d,%lf", &index, &label, &prediction, &probability) ==
            4);
    const std::span<const float> row(logits.values.data() + i * 10, 10);
    CHECK(index == i);
    CHECK(prediction == predicted_class(row));
    CHECK(probability == doctest::Approx(softmax(row)[prediction]).epsilon(1e-4));
    correct += prediction == label ? 1 : 0;
  }
  CHECK(correct / 64.0 == measured["model"]["test_acc"]);

  evaluate(session, {"--predictions", "p.npy", "--momentum", "--logits", "momentum.npy"});
  const auto probabilities = load_numpy<float>(session.path("p.npy"));
  const auto momentum = load_numpy<float>(session.path("momentum.npy"));
  CHECK(momentum.values != logits.values);
  CHECK(probabilities.values[3] ==
        doctest::Approx(softmax(std::span(momentum.values).first(10))[3]).epsilon(1e-5));
}

TEST_CASE("the second model of a scheme is measured too, and is no momentum model") {
  const Session session;
  train(session, {"--scheme", "co-teaching:forget=0.4,ramp=10"});
  CHECK(evaluate(session, {})["peer model"]["images"] == 64);
  check_refused(session.run({"eval", "--run", "run", "--momentum", "--logits", "l.npy"}), 2,
                {"no momentum model"});
}

TEST_CASE("eval says what it cannot do") {
  const Session session;
  train(session, {});
  const auto refuse = [&](const Words& more, const Words& parts) {
    Words words = {"eval", "--run", "run"};
    words.insert(words.end(), more.begin(), more.end());
    check_refused(session.run(words), 2, parts);
  };
  refuse({"--split", "tset"}, {"--split", "'tset'"});
  refuse({"--split", "validation"}, {"no validation set"});
  refuse({"--predictions", "p.txt"}, {"p.txt", ".csv"});
  refuse({"--logits", "l.csv"}, {"l.csv", ".npy"});
  refuse({"--momentum"}, {"--momentum"});
  refuse({"--momentum", "--logits", "l.npy"}, {"no momentum model"});
  CHECK_FALSE(std::filesystem::exists(session.path("l.npy")));
}
