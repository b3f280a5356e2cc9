// What a run leaves of margins and sample weights, in metrics.jsonl and margins.npy.
#include "engine/io/npy.h"
#include "tests/session.h"

#include <numeric>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace noisegate;
using nlohmann::json;

namespace {

std::int64_t total(const std::vector<std::int64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

/// The lines of metrics.jsonl of two epochs over 128 samples, 30 of them with a wrong label.
std::vector<json> metrics_of_run(const Session& session, const std::string& loss, const Words& more = {}) {
  Words words = {"train",
                 "--dataset",
                 "synthetic:train=128,test=32",
                 "--noise",
                 "symmetric:0.25",
                 "--model",
                 "cnn4",
                 "--loss",
                 loss,
                 "--epochs",
                 "2",
                 "--threads",
                 "1",
                 "--out",
                 "run"};
  words.insert(words.end(), more.begin(), more.end());
  const Outcome outcome = session.run(words);
  REQUIRE_MESSAGE(outcome.exit_code == 0, outcome.errors);
  CHECK_MESSAGE(contains(outcome.output, "128 training images (30 with a wrong label)"), outcome.output);
  std::vector<json> metrics;
  for (const std::string& line : lines(session.text("run/metrics.jsonl")))
    metrics.push_back(json::parse(line));
  return metrics;
}

}  // namespace

TEST_CASE("a loss of p_y leaves weights, snr, alpha_t and margins") {
  const Session session;
  const auto metrics = metrics_of_run(session, "gce:0.7");
  REQUIRE(metrics.size() == 2);
  std::vector<std::int64_t> of_both_epochs;
  for (const json& line : metrics) {
    for (const char* key : {"weight_clean", "weight_noisy", "snr", "alpha_t"})
      CHECK_MESSAGE(line[key].get<double>() > 0, key);
    for (const char* key : {"margins_clean", "margins_noisy"}) {
      const auto counts = line[key].get<std::vector<std::int64_t>>();
      CHECK(counts.size() == 60);
      of_both_epochs.insert(of_both_epochs.end(), counts.begin(), counts.end());
    }
  }
  CHECK(total(metrics[1]["margins_noisy"]) == 30);
  CHECK(total(metrics[1]["margins_clean"]) == 98);

  const auto file = load_numpy<std::int64_t>(session.path("run/margins.npy"));
  CHECK(file.shape == std::vector<std::int64_t>{2, 2, 60});
  CHECK(file.values == of_both_epochs);
}

TEST_CASE("a clipped loss has weights too") {
  const Session session;
  CHECK(metrics_of_run(session, "ce", {"--scheme", "ogc:queue=128"})[0].contains("snr"));
}

TEST_CASE("a loss of all probabilities has margins but no weights") {
  const Session session;
  const json line = metrics_of_run(session, "nce").back();
  for (const char* key : {"weight_clean", "weight_noisy", "snr", "alpha_t"})
    CHECK_MESSAGE(!line.contains(key), key);
  CHECK(total(line["margins_noisy"]) == 30);
  CHECK(std::filesystem::exists(session.path("run/margins.npy")));
}
