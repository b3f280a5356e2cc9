// noisegate noise, and training on what it makes.
#include "engine/io/npy.h"
#include "tests/session.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace noisegate;
using nlohmann::json;

namespace {

/// noise on drawn figures, with more options behind it.
Words make_noise_of(const std::string& spec, const Words& more = {}) {
  Words words = {"noise", "--dataset", "synthetic:train=200,test=10", "--noise", spec, "--threads", "1"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

void check_done(const Outcome& outcome) {
  CHECK_MESSAGE(outcome.exit_code == 0, outcome.errors);
}

/// The number under this key in the last line of a run's metrics.jsonl.
json last_metrics(const Session& session, const std::string& run) {
  return json::parse(lines(session.text(run + "/metrics.jsonl")).back());
}

}  // namespace

TEST_CASE("noise tells the rate, the matrix and the counts") {
  const Session session;
  const Outcome noise = session.run(make_noise_of("symmetric:0.4", {"--json", "noise.json"}));
  check_done(noise);
  CHECK(contains(noise.output, "synthetic symmetric:0.4, seed 1: 40.00% of 200 labels are wrong"));
  for (const char* name : {"crescent", "hourglass", "true", "given"}) CHECK(contains(noise.output, name));
  for (const std::string& line : lines(noise.output)) CHECK_MESSAGE(line.size() <= 100, line);

  const json result = json::parse(session.text("noise.json"));
  CHECK(result["rate"].get<double>() == doctest::Approx(0.4));
  CHECK(result["samples"] == 200);
  CHECK(result["transition"].size() == 10);
  CHECK(result["transition"][3][3].get<double>() == doctest::Approx(0.6));
  CHECK(result["of_no_class"] == 0);
  std::int64_t given = 0;
  for (const auto& count : result["given_counts"]) given += count.get<std::int64_t>();
  CHECK(given == 200);
}

TEST_CASE("labels that are saved are those that train sees") {
  const Session session;
  const Words train = {"train",   "--dataset", "synthetic:train=200,test=10",
                       "--model", "cnn4",      "--epochs",
                       "1",       "--threads", "1"};
  const auto trained_on = [&](const std::string& noise, const std::string& out) {
    Words words = train;
    words.insert(words.end(), {"--noise", noise, "--out", out});
    check_done(session.run(words));
    json metrics = last_metrics(session, out);
    for (const char* machine : {"seconds", "images_per_second", "peak_memory_bytes"}) metrics.erase(machine);
    return metrics;
  };
  check_done(session.run(make_noise_of("symmetric:0.4", {"--out", "labels.npy"})));
  check_done(session.run(make_noise_of("symmetric:0.4", {"--out", "labels.csv"})));
  CHECK(load_numpy<std::int64_t>(session.path("labels.npy")).shape == std::vector<std::int64_t>{200});
  CHECK(session.text("labels.csv").starts_with("label,label_noisy\n"));
  CHECK(lines(session.text("labels.csv")).size() == 201);

  const json expected = trained_on("symmetric:0.4", "a");
  CHECK(expected.contains("train_acc_noisy"));
  CHECK(trained_on("file:labels.npy", "b") == expected);
  CHECK(trained_on("file:labels.csv", "c") == expected);
  // Labels are no use for another number of samples.
  check_refused(
      session.run({"train", "--dataset", "synthetic:train=190,test=10", "--noise", "file:labels.csv"}), 2,
      {"labels.csv", "200 rows", "190 samples"});
}

TEST_CASE("the seed decides the labels") {
  const Session session;
  for (const std::string seed : {"1", "2"})
    check_done(session.run(make_noise_of("instance:0.4", {"--seed", seed, "--out", "seed" + seed + ".csv"})));
  check_done(session.run(make_noise_of("instance:0.4", {"--out", "again.csv"})));
  CHECK(session.text("seed1.csv") == session.text("again.csv"));
  CHECK(session.text("seed1.csv") != session.text("seed2.csv"));
}

TEST_CASE("--plot and --show draw") {
  const Session session;
  check_done(session.run(make_noise_of("asymmetric:0.3", {"--plot", "heat.svg", "--show", "sheet.png"})));
  const std::string svg = session.text("heat.svg");
  CHECK(svg.starts_with("<svg"));
  CHECK(svg.ends_with("</svg>\n"));
  CHECK(contains(svg, "prefers-color-scheme: dark"));
  CHECK(contains(svg, "<title>disk labelled ring"));
  CHECK(session.text("sheet.png").starts_with("\x89PNG"));
  CHECK(session.text("sheet.png").size() > 10000);
}

TEST_CASE("open-set images belong to no class, and training counts them as noisy") {
  const Session session;
  make_black_cifar10(session.path("cifar10"));
  const std::string spec = "openset:0.4,dataset=cifar10,data=" + session.path("cifar10").string();
  const Outcome noise = session.run(
      make_noise_of(spec, {"--json", "n.json", "--out", "n.csv", "--plot", "n.svg", "--show", "n.png"}));
  check_done(noise);
  CHECK(contains(noise.output, "40.00% of 200 labels are wrong"));
  CHECK(contains(noise.output, "none of them"));
  CHECK(contains(noise.output, "n.csv has the labels alone"));
  CHECK(json::parse(session.text("n.json"))["of_no_class"] == 80);
  CHECK(contains(session.text("n.csv"), "\n-1,"));
  CHECK(contains(session.text("n.svg"), "none of them"));

  const Outcome train = session.run({"train", "--dataset", "synthetic:train=200,test=10", "--model", "cnn4",
                                     "--epochs", "1", "--threads", "1", "--noise", spec, "--out", "run"});
  check_done(train);
  CHECK(contains(train.output, "80 with a wrong label"));
  CHECK(last_metrics(session, "run").contains("train_acc_noisy"));
  check_refused(session.run(make_noise_of("openset:0.4,dataset=cifar10,data=nowhere")), 2, {"nowhere"});
  check_refused(session.run(make_noise_of("openset:0.4,dataset=cifar11")), 2,
                {"openset", "cifar11", "cifar10"});
}

TEST_CASE("a run's predictions make noise") {
  const Session session;
  check_done(session.run({"train", "--dataset", "synthetic:train=200,test=10", "--model", "cnn4", "--epochs",
                          "2", "--threads", "1", "--predictions", "--out", "run"}));
  const auto predictions = load_numpy<float>(session.path("run/predictions.npy"));
  CHECK(predictions.shape == std::vector<std::int64_t>{200, 10});
  double sum = 0;
  for (const float p : predictions.values) {
    CHECK(p >= 0);
    sum += p;
  }
  CHECK(sum == doctest::Approx(200));

  const Outcome noise = session.run(make_noise_of("prediction:0.25,run=run", {"--out", "labels.npy"}));
  check_done(noise);
  CHECK(contains(noise.output, "25.00% of 200 labels are wrong"));
  // A run that takes the folder over leaves no predictions that are not its own.
  check_done(session.run({"train", "--dataset", "synthetic:train=200,test=10", "--model", "cnn4", "--epochs",
                          "1", "--threads", "1", "--overwrite", "--out", "run"}));
  check_refused(session.run(make_noise_of("prediction:0.25,run=run")), 2,
                {"predictions.npy", "--predictions"});
  check_refused(session.run({"train", "--predictions", "--validation", "0.1"}), 2,
                {"--predictions", "--validation"});
}

TEST_CASE("wrong uses of noise are refused before anything is written") {
  const Session session;
  check_refused(session.run({"noise"}), 2, {"--noise"});
  check_refused(session.run({"noise", "--noise", "symetric"}), 2, {"symetric", "symmetric", "human"});
  check_refused(session.run(make_noise_of("symmetric", {"--out", "labels.txt"})), 2,
                {"--out", ".npy or .csv"});
  check_refused(session.run(make_noise_of("symmetric", {"--plot", "heat.png"})), 2, {"--plot", ".svg"});
  check_refused(session.run(make_noise_of("symmetric", {"--show", "sheet.jpg"})), 2, {"--show", ".png"});
  check_refused(session.run(make_noise_of("symmetric", {"--limit", "201"})), 2, {"--limit", "201"});
  check_refused(session.run(make_noise_of("human:worst")), 2,
                {"human:worst", "CIFAR-10_human.pt", "file=PATH"});
  check_refused(session.run(make_noise_of("file:/proc/self/mem.npy")), 2, {"/proc/self/mem.npy"});
  check_refused(session.run(make_noise_of("symmetric", {"--out", "nowhere/labels.npy"})), 1,
                {"nowhere/labels.npy"});
  CHECK(std::distance(std::filesystem::directory_iterator(session.path(".")), {}) == 2);  // what it said
}

TEST_CASE("a full disk leaves no half of a file") {
  const Session session;
  constexpr rlim_t small = 1100;  // clang's OpenMP keeps a file of 1024 bytes of its own
  check_refused(session.run(make_noise_of("symmetric", {"--out", "labels.npy"}), small), 1, {"labels.npy"});
  check_refused(session.run(make_noise_of("symmetric", {"--show", "sheet.png"}), small), 1, {"sheet.png"});
  CHECK(std::distance(std::filesystem::directory_iterator(session.path(".")), {}) == 2);
}
