// --device cuda through the command line, with the executable whose GPU is the emulated one.
#include "tests/session.h"

#include <cmath>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace noisegate;
using nlohmann::json;

namespace {

void train(const Session& session, const Words& more) {
  Words words = {"train", "--dataset", "synthetic:train=6,test=4", "--model", "cnn4", "--batch-size", "3"};
  for (const char* word : {"--epochs", "1", "--noise", "symmetric:0.4", "--lr", "0.05", "--threads", "1"})
    words.push_back(word);
  words.insert(words.end(), more.begin(), more.end());
  const Outcome outcome = session.run(words);
  REQUIRE_MESSAGE(outcome.exit_code == 0, outcome.errors);
}

json metrics(const Session& session, const std::string& run) {
  return json::parse(lines(session.text(run + "/metrics.jsonl")).back());
}

}  // namespace

TEST_CASE("a run on the GPU is the CPU's to rounding, goes on, and can be looked at on both") {
  const Session session;
  train(session, {"--device", "cpu", "--out", "on-cpu"});
  train(session, {"--device", "cuda", "--out", "on-gpu"});
  CHECK(contains(session.text("on-gpu/config.toml"), "device = \"cuda\""));
  const json cpu = metrics(session, "on-cpu"), gpu = metrics(session, "on-gpu");
  CHECK(std::abs(cpu["train_loss"].get<double>() - gpu["train_loss"].get<double>()) <=
        1e-3 * cpu["train_loss"].get<double>());
  CHECK(gpu["peak_memory_bytes"] > 0);

  for (const std::string device : {"cpu", "cuda"}) {
    const Outcome eval =
        session.run({"eval", "--run", "on-gpu", "--device", device, "--json", device + ".json"});
    REQUIRE_MESSAGE(eval.exit_code == 0, eval.errors);
    CHECK(json::parse(session.text(device + ".json"))["model"]["test_acc"] == gpu["test_acc"]);
  }
}

TEST_CASE("bfloat16 trains, and what a GPU does not have is refused in a sentence") {
  const Session session;
  train(session, {"--device", "cuda", "--precision", "bf16", "--no-graph", "--out", "bf16"});
  CHECK(metrics(session, "bf16")["train_loss"].get<double>() < 4);
  check_refused(session.run({"train", "--device", "cuda", "--precision", "fp16"}), 2,
                {"--precision", "fp16"});
  check_refused(session.run({"train", "--device", "cpu", "--precision", "bf16"}), 2, {"--precision", "bf16"});
  check_refused(session.run({"train", "--device", "cpu", "--conv", "cudnn"}), 2, {"--conv cudnn"});
  check_refused(session.run({"bench", "step", "--device", "cuda", "--profile"}), 2, {"--profile"});
}
