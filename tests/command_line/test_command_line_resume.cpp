// Runs that are stopped, killed or find their disk full, and go on with --resume as if nothing had happened.
#include "tests/session.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <map>
#include <thread>

#include <nlohmann/json.hpp>

using namespace noisegate;

namespace {

// Whatever a scheme remembers is at stake within four epochs: OGC's queue is full after half of one, labels
// are corrected and samples pruned from the second, and the validation set has its best model.
const std::map<std::string, Words> schemes = {
    {"ce", {}},
    {"ogc", {"--scheme", "ogc:time-frame=2,queue=64"}},
    {"sln-mo-lc", {"--scheme", "sln:sigma=0.5,mo=0.9,lc=1"}},
    {"truncated", {"--loss", "gce", "--scheme", "truncated:from=1,every=2,k=0.1", "--validation", "0.2"}},
    {"co-teaching", {"--scheme", "co-teaching:forget=0.4,ramp=2"}},
    {"label-confidence", {"--scheme", "label-confidence"}},
    {"ema-clip", {"--scheme", "ema-clip", "--ema", "0.9", "--predictions"}},
};

Words run_of(const std::string& scheme, const std::string& out, const Words& more = {}) {
  Words words = {"train",    "--dataset", "synthetic:train=160,test=32",
                 "--model",  "cnn4",      "--batch-size",
                 "16",       "--noise",   "symmetric:0.4",
                 "--lr",     "0.01",      "--threads",
                 "1",        "--out",     out,
                 "--epochs", "4"};
  words.insert(words.end(), schemes.at(scheme).begin(), schemes.at(scheme).end());
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

void require_success(const Outcome& outcome) {
  REQUIRE_MESSAGE(outcome.exit_code == 0, outcome.errors);
}

/// The lines of metrics.jsonl without what depends on the clock.
std::vector<std::string> timeless_metrics(const Session& session, const std::string& run) {
  std::vector<std::string> all = lines(read_text(session.path(run) / "metrics.jsonl"));
  for (std::string& line : all) {
    auto json = nlohmann::ordered_json::parse(line);
    for (const char* key : {"seconds", "images_per_second", "peak_memory_bytes"}) json.erase(key);
    line = json.dump();
  }
  return all;
}

/// Both runs left the same files, byte for byte but for times.
void check_same_run(const Session& session, const std::string& one, const std::string& other) {
  const auto expected = timeless_metrics(session, one), metrics = timeless_metrics(session, other);
  REQUIRE(metrics.size() == expected.size());
  for (std::size_t i = 0; i < metrics.size(); ++i) CHECK(metrics[i] == expected[i]);
  int compared = 0;
  for (const auto& entry : std::filesystem::directory_iterator(session.path(one))) {
    const std::string name = entry.path().filename().string(), extension = entry.path().extension().string();
    if (extension != ".safetensors" && extension != ".npy") continue;
    CAPTURE(name);
    CHECK(read_text(session.path(one) / name) == read_text(session.path(other) / name));
    ++compared;
  }
  CHECK(compared >= 2);
}

void flip_byte(const std::filesystem::path& file, std::streamoff from_end) {
  std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
  stream.seekg(-from_end, std::ios::end);
  const char before = static_cast<char>(stream.peek());
  stream.seekp(-from_end, std::ios::end);
  stream.put(static_cast<char>(before ^ 1));
}

}  // namespace

TEST_CASE("a run that stopped after an epoch goes on to the same bytes, whatever the scheme") {
  for (const auto& entry : schemes) {
    const std::string& scheme = entry.first;
    CAPTURE(scheme);
    const Session session;
    require_success(session.run(run_of(scheme, "whole")));
    const Outcome stopped = session.run(run_of(scheme, "parts", {"--stop-after", "2"}));
    require_success(stopped);
    CHECK(contains(stopped.output, "stopped after epoch 2 of 4"));
    CHECK(contains(stopped.output, "noisegate train --resume parts"));
    const Outcome resumed = session.run({"train", "--resume", "parts"});
    require_success(resumed);
    CHECK(contains(resumed.output, "parts goes on after epoch 2"));
    check_same_run(session, "whole", "parts");
    CHECK(session.text("whole/config.toml") == session.text("parts/config.toml"));
  }
}

TEST_CASE("a run that is interrupted or killed within an epoch goes on to the same bytes") {
  for (const std::string scheme : {"sln-mo-lc", "truncated"}) {
    CAPTURE(scheme);
    const Session session;
    const Words often = {"--checkpoint", "0.0001"};
    require_success(session.run(run_of(scheme, "whole", often)));
    Program first = session.start(run_of(scheme, "parts", often));
    while (!std::filesystem::exists(session.path("parts/config.toml")))
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    first.send(SIGKILL);
    CHECK(first.wait().exit_code == -1);
    // Wherever the signal strikes, what is left must be enough to go on from.
    for (int attempt = 0; attempt < 10; ++attempt) {
      Program program = session.start({"train", "--resume", "parts"});
      std::this_thread::sleep_for(std::chrono::milliseconds(40 + 29 * attempt));
      program.send(attempt % 3 == 0 ? SIGTERM : SIGKILL);
      static_cast<void>(program.wait());
    }
    require_success(session.run({"train", "--resume", "parts"}));
    check_same_run(session, "whole", "parts");
  }
}

TEST_CASE("more epochs go on from the last one") {
  const Session session;
  const Words constant = {"--schedule", "constant"};
  require_success(session.run(run_of("ce", "whole", constant)));
  Words two = run_of("ce", "parts", constant);
  std::ranges::replace(two, std::string("4"), std::string("2"));
  require_success(session.run(two));
  const Outcome done = session.run({"train", "--resume", "parts"});
  require_success(done);
  CHECK(contains(done.output, "parts has all its 2 epochs"));
  require_success(session.run({"train", "--resume", "parts", "--epochs", "4"}));
  check_same_run(session, "whole", "parts");
}

TEST_CASE("a damaged checkpoint is told of, and the one before is used") {
  const Session session;
  require_success(session.run(run_of("ogc", "whole")));
  require_success(session.run(run_of("ogc", "parts", {"--stop-after", "3"})));
  const auto last = session.path("parts/checkpoint/last.safetensors");
  const auto size = std::filesystem::file_size(last);

  flip_byte(last, static_cast<std::streamoff>(size / 2));
  const Outcome flipped = session.run({"train", "--resume", "parts", "--stop-after", "3"});
  require_success(flipped);
  CHECK(contains(flipped.errors, "last.safetensors is damaged"));
  CHECK(contains(flipped.errors, "the one before it is used"));
  CHECK(contains(flipped.output, "goes on after epoch 2"));

  std::filesystem::resize_file(last, size / 3);
  const Outcome truncated = session.run({"train", "--resume", "parts", "--stop-after", "3"});
  require_success(truncated);
  CHECK(contains(truncated.errors, "last.safetensors"));
  require_success(session.run({"train", "--resume", "parts"}));
  check_same_run(session, "whole", "parts");

  std::filesystem::resize_file(last, 10);
  std::filesystem::resize_file(session.path("parts/checkpoint/previous.safetensors"), 10);
  check_refused(session.run({"train", "--resume", "parts"}), 2,
                {"no checkpoint", "last.safetensors", "previous.safetensors"});
}

TEST_CASE("a checkpoint that finds no room leaves the one before") {
  const Session session;
  require_success(session.run(run_of("ce", "whole")));
  require_success(session.run(run_of("ce", "parts", {"--stop-after", "1"})));
  const auto size = std::filesystem::file_size(session.path("parts/checkpoint/last.safetensors"));
  // Room for the model, which is half as large, but not for the checkpoint.
  const Outcome full = session.run({"train", "--resume", "parts"}, size * 3 / 4);
  check_refused(full, 1, {"cannot write parts/checkpoint", "parts keeps the model of epoch 2"});
  require_success(session.run({"train", "--resume", "parts"}));
  check_same_run(session, "whole", "parts");
}

TEST_CASE("what --resume cannot do is refused") {
  const Session session;
  check_refused(session.run({"train", "--resume", "nowhere"}), 2, {"nowhere", "no run"});
  require_success(session.run(run_of("ce", "run", {"--stop-after", "1"})));
  check_refused(session.run({"train", "--resume", "run", "--lr", "0.5"}), 2, {"--resume", "--lr"});
  check_refused(session.run({"train", "--stop-after", "-1"}), 2, {"--stop-after"});
  check_refused(
      session.run({"train", "--scheme", "truncated", "--loss", "gce", "--dataset",
                   "synthetic:train=160,test=32", "--model", "cnn4", "--batch-size", "16", "--out", "t"}),
      2, {"truncated", "--validation"});
}
