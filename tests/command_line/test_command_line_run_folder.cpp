// A run folder tells of one run, and of the whole of it: whoever else would write there, or whatever has
// become of its files, is refused with a sentence.
#include "tests/session.h"

#include <chrono>
#include <csignal>
#include <thread>

#include <nlohmann/json.hpp>

using namespace noisegate;
namespace fs = std::filesystem;

namespace {

Words run_of(const std::string& out, const Words& more = {}, const std::string& epochs = "2") {
  Words words = {"train",      "--dataset", "synthetic:train=64,test=32",
                 "--model",    "cnn4",      "--batch-size",
                 "16",         "--threads", "1",
                 "--schedule", "constant",  "--epochs",
                 epochs,       "--out",     out};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

void require_success(const Outcome& outcome) {
  REQUIRE_MESSAGE(outcome.exit_code == 0, outcome.errors);
}

void write_text(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

/// The configuration of this run with one line replaced.
std::string config_with(const Session& session, const std::string& run, const std::string& line,
                        const std::string& other) {
  std::string text = session.text(run + "/config.toml");
  REQUIRE(contains(text, line));
  return text.replace(text.find(line), line.size(), other);
}

std::size_t epochs_in(const Session& session, const std::string& run) {
  return lines(session.text(run + "/metrics.jsonl")).size();
}

}  // namespace

TEST_CASE("a folder that a training writes to is refused to every other training") {
  const Session session;
  Program first = session.start(run_of("run", {}, "100000"));
  // The first line of metrics is there once it trains.
  for (int look = 0; !fs::exists(session.path("run/metrics.jsonl")); ++look) {
    REQUIRE(look < 60'000);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  const fs::path elsewhere = session.path("elsewhere");
  fs::create_directory(elsewhere);
  const std::string run = session.path("run").string();
  const auto refused = [&](const Words& words) {
    const Outcome outcome = Program(NOISEGATE_EXECUTABLE, words, elsewhere).wait();
    check_refused(outcome, 2, {"another training", "process"});
  };
  refused(run_of(run, {"--overwrite", "--loss", "mae"}));
  refused({"train", "--resume", run});
  const std::string config = session.text("run/config.toml");
  CHECK(contains(config, "loss = \"ce\""));
  first.send(SIGTERM);
  CHECK(first.wait().exit_code == 128 + SIGTERM);
  CHECK_FALSE(fs::exists(session.path("run/lock")));
  const std::size_t done = epochs_in(session, "run");
  require_success(session.run({"train", "--resume", "run", "--stop-after", std::to_string(done + 1)}));
  CHECK(epochs_in(session, "run") == done + 1);
}

TEST_CASE("what is about one call may not stand in a file") {
  const Session session;
  require_success(session.run(run_of("run", {"--loss", "mae"})));
  const std::string metrics = session.text("run/metrics.jsonl");
  const std::string rest = "out = \"run\"\ndataset = \"synthetic:train=64,test=32\"\nmodel = \"cnn4\"\n";
  for (const std::string line :
       {"resume = \"run\"", "resume = \"x\"", "overwrite = true", "stop-after = 1"}) {
    CAPTURE(line);
    write_text(session.path("c.toml"), line + "\n" + rest);
    const std::string key = line.substr(0, line.find(' '));
    check_refused(session.run({"train", "--config", "c.toml"}), 2, {"c.toml", key, "command line"});
    check_refused(session.run({"sweep", "c.toml"}), 2, {"c.toml", key});
  }
  CHECK(session.text("run/metrics.jsonl") == metrics);
}

TEST_CASE("a config.toml that is cut or lacks a key is refused") {
  const Session session;
  require_success(session.run(run_of("run", {"--loss", "gce:0.7", "--stop-after", "1"})));
  const std::string whole = session.text("run/config.toml");
  const auto check_all_refuse = [&](const std::string& key) {
    check_refused(session.run({"train", "--resume", "run"}), 2, {"run/config.toml", "lacks '" + key + "'"});
    check_refused(session.run({"report", "run", "--out", "r.html"}), 2, {"run/config.toml", key});
    check_refused(session.run({"eval", "--run", "run"}), 2, {"run/config.toml", key});
  };
  write_text(session.path("run/config.toml"), whole.substr(0, whole.find("loss = ")));
  check_all_refuse("loss");
  write_text(session.path("run/config.toml"), config_with(session, "run", "model = \"cnn4\"\n", ""));
  check_all_refuse("model");
  write_text(session.path("run/config.toml"), "");
  check_all_refuse("recipe");
  write_text(session.path("run/config.toml"), whole);
  require_success(session.run({"train", "--resume", "run"}));
}

TEST_CASE("a run that was stopped while it replaced another one is the new run") {
  const Session session;
  require_success(session.run(run_of("new", {"--loss", "mae"})));
  // Stopped at several places: nothing of the old run removed yet, its checkpoint gone, all but its
  // configuration gone.
  for (const Words& removed : {Words{}, Words{"checkpoint"},
                               Words{"checkpoint", "model.safetensors", "margins.npy", "metrics.jsonl"}}) {
    fs::remove_all(session.path("run"));
    require_success(session.run(run_of("run")));
    write_text(session.path("run/new_run.toml"), session.text("new/config.toml"));
    for (const std::string& name : removed) fs::remove_all(session.path("run") / name);
    check_refused(session.run({"eval", "--run", "run"}), 2, {"run", "no epoch was finished"});
    CHECK(contains(session.run({"report", "run", "--out", "r.html"}).errors, "No epoch is finished yet"));
    check_refused(session.run(run_of("run")), 2, {"already has a run", "--overwrite"});
    const Outcome resumed = session.run({"train", "--resume", "run"});
    require_success(resumed);
    CHECK(contains(resumed.output, "starts from the beginning"));
    CHECK_FALSE(fs::exists(session.path("run/new_run.toml")));
    for (const std::string name : {"model.safetensors", "margins.npy", "config.toml"}) {
      CAPTURE(name);
      CHECK(session.text("run/" + name) == session.text("new/" + name));
    }
    CHECK(epochs_in(session, "run") == 2);
  }
}

TEST_CASE("a checkpoint goes on in its own run only") {
  const Session session;
  const Words stopped = {"--stop-after", "1", "--noise", "symmetric:0.4"};
  const auto with = [&](Words more) {
    more.insert(more.end(), stopped.begin(), stopped.end());
    return more;
  };
  require_success(session.run(run_of("run", stopped)));
  const auto refused_in_run_with = [&](const Words& more, const Words& parts) {
    fs::remove_all(session.path("other"));
    require_success(session.run(run_of("other", with(more))));
    const std::string config = session.text("other/config.toml");
    fs::remove_all(session.path("other/checkpoint"));
    fs::copy(session.path("run/checkpoint"), session.path("other/checkpoint"));
    const Outcome outcome = session.run({"train", "--resume", "other"});
    check_refused(outcome, 2, {"other/checkpoint/last.safetensors"});
    for (const std::string& part : parts) CHECK_MESSAGE(contains(outcome.errors, part), outcome.errors);
    CHECK(session.text("other/config.toml") == config);
  };
  refused_in_run_with({"--loss", "gce:0.7"}, {"loss = ce, not loss = gce:0.7"});
  refused_in_run_with({"--seed", "2"}, {"seed = 1, not seed = 2"});
  refused_in_run_with({"--lr", "0.02"}, {"lr = 0.1, not lr = 0.02"});
  // More epochs are the same run.
  fs::remove_all(session.path("longer"));
  require_success(session.run(run_of("longer", stopped, "3")));
  fs::remove_all(session.path("longer/checkpoint"));
  fs::copy(session.path("run/checkpoint"), session.path("longer/checkpoint"));
  require_success(session.run({"train", "--resume", "longer"}));
}

TEST_CASE("labels that have changed since end a run, from whatever folder it goes on") {
  const Session session;
  const auto make_labels = [&](const std::string& seed) {
    require_success(session.run({"noise", "--dataset", "synthetic:train=64,test=32", "--noise",
                                 "symmetric:0.4", "--seed", seed, "--out", "labels.npy"}));
  };
  make_labels("1");
  require_success(session.run(run_of("run", {"--noise", "file:labels.npy", "--stop-after", "1"})));
  const std::string file = fs::weakly_canonical(session.path("labels.npy")).string();
  CHECK_MESSAGE(contains(session.text("run/config.toml"), "noise = \"file:" + file + "\""),
                session.text("run/config.toml"));
  const fs::path elsewhere = session.path("elsewhere");
  fs::create_directory(elsewhere);
  const Words resume = {"train", "--resume", session.path("run").string()};
  make_labels("2");
  check_refused(Program(NOISEGATE_EXECUTABLE, resume, elsewhere).wait(), 2,
                {"last.safetensors", "other training labels"});
  make_labels("1");
  require_success(Program(NOISEGATE_EXECUTABLE, resume, elsewhere).wait());
}

TEST_CASE("fewer epochs than a run has change nothing") {
  const Session session;
  require_success(session.run(run_of("run")));
  const std::string config = session.text("run/config.toml"), metrics = session.text("run/metrics.jsonl");
  check_refused(session.run({"train", "--resume", "run", "--epochs", "1"}), 2,
                {"--epochs 1", "run has trained 2 epochs"});
  CHECK(session.text("run/config.toml") == config);
  CHECK(session.text("run/metrics.jsonl") == metrics);
}

TEST_CASE("metrics that the disk has lost in part are written again from the checkpoint before") {
  const Session session;
  require_success(session.run(run_of("whole", {}, "3")));
  const std::string model = session.text("whole/model.safetensors");
  for (const bool is_half : {false, true}) {
    CAPTURE(is_half);
    fs::remove_all(session.path("run"));
    require_success(session.run(run_of("run", {"--stop-after=2"}, "3")));
    const Words told = lines(session.text("run/metrics.jsonl"));
    REQUIRE(told.size() == 2);
    write_text(session.path("run/metrics.jsonl"), told[0] + "\n" + (is_half ? told[1].substr(0, 40) : ""));
    const Outcome resumed = session.run({"train", "--resume", "run"});
    require_success(resumed);
    CHECK(contains(resumed.errors, "last.safetensors"));
    CHECK(contains(resumed.output, "goes on after epoch 1"));
    CHECK(epochs_in(session, "run") == 3);
    for (const std::string& line : lines(session.text("run/metrics.jsonl")))
      CHECK(nlohmann::json::parse(line).is_object());
    CHECK(session.text("run/model.safetensors") == model);
    require_success(session.run({"report", "run", "--out", "r.html"}));
  }
}
