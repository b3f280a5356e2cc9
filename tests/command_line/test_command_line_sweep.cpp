// Sweeps through the command line: the grid, what is skipped, what survives, the table.
#include "tests/session.h"

#include <chrono>
#include <thread>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace noisegate;

namespace {

/// A sweep file of quick runs, with more lines behind it.
void write_sweep(const Session& session, const std::string& more, int epochs = 2) {
  std::ofstream(session.path("grid.toml"))
      << "dataset = \"synthetic:train=128,test=64\"\nmodel = \"cnn4\"\nbatch-size = 32\nthreads = 1\n"
      << "epochs = " << epochs << "\n"
      << more;
}

bool wait_for(const std::filesystem::path& file) {
  for (int i = 0; i < 6000 && !std::filesystem::exists(file); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return std::filesystem::exists(file);
}

}  // namespace

TEST_CASE("a sweep trains every combination, skips what is done and ends in a table") {
  const Session session;
  write_sweep(session, "seed = [1, 2]\nloss = [\"gce:0.5\", \"ce\"]\n");
  const Outcome first = session.run({"sweep", "grid.toml"});
  REQUIRE_MESSAGE(first.exit_code == 0, first.errors);
  std::vector<std::string> announced;
  for (const std::string& line : lines(first.output))
    if (line.starts_with("[")) announced.push_back(line);
  CHECK(announced == std::vector<std::string>{"[1/4] seed=1_loss=gce-0.5", "[2/4] seed=1_loss=ce",
                                              "[3/4] seed=2_loss=gce-0.5", "[4/4] seed=2_loss=ce"});
  CHECK(contains(session.text("runs/grid/seed=2_loss=gce-0.5/config.toml"), "loss = \"gce:0.5\"\n"));
  CHECK(contains(session.text("runs/grid/seed=2_loss=gce-0.5/config.toml"), "seed = 2\n"));

  const std::vector<std::string> said = lines(first.output);
  REQUIRE(said.size() > 4);
  CHECK(said[said.size() - 4].starts_with("loss     runs  last"));
  CHECK(said[said.size() - 3].starts_with("gce:0.5  2 "));
  CHECK(contains(said[said.size() - 3], "±"));
  CHECK(said[said.size() - 2].starts_with("ce       2 "));
  CHECK(lines(session.text("runs/grid/table.md")).size() == 4);
  CHECK(contains(session.text("runs/grid/table.tex"), "\\toprule"));

  const auto model = session.path("runs/grid/seed=1_loss=ce/model.safetensors");
  const auto trained = std::filesystem::last_write_time(model);
  std::filesystem::remove_all(session.path("runs/grid/seed=2_loss=ce"));
  const Outcome again = session.run({"sweep", "grid.toml"});
  CHECK(again.exit_code == 0);
  CHECK(contains(again.output, "[2/4] seed=1_loss=ce: done before\n"));
  CHECK(contains(again.output, "[4/4] seed=2_loss=ce\n"));
  CHECK(std::filesystem::last_write_time(model) == trained);
  CHECK(lines(again.output)[lines(again.output).size() - 2] == said[said.size() - 2]);  // the same seeds
}

TEST_CASE("a sweep whose runs take kernel by kernel knows them when it goes on") {
  const Session session;
  write_sweep(session, "no-graph = true\nseed = [1]\n", 1);
  const Outcome first = session.run({"sweep", "grid.toml"});
  REQUIRE_MESSAGE(first.exit_code == 0, first.errors);
  const Outcome again = session.run({"sweep", "grid.toml"});
  REQUIRE_MESSAGE(again.exit_code == 0, again.errors);
  CHECK(contains(again.output, "[1/1] seed=1: done before\n"));
}

TEST_CASE("a sweep killed outright goes on where it was, to the same models") {
  const Session session;
  write_sweep(session, "seed = [1, 2, 3]\nout = \"whole\"\n");
  REQUIRE(session.run({"sweep", "grid.toml"}).exit_code == 0);
  write_sweep(session, "seed = [1, 2, 3]\nout = \"killed\"\n");
  const Program program = session.start({"sweep", "grid.toml"});
  REQUIRE(wait_for(session.path("killed/seed=2/metrics.jsonl")));
  program.send(SIGKILL);
  program.wait();

  const Outcome resumed = session.run({"sweep", "grid.toml"});  // waits for the run that is still saving
  REQUIRE_MESSAGE(resumed.exit_code == 0, resumed.errors);
  CHECK(contains(resumed.output, "seed=1: done before"));
  for (const std::string run : {"seed=1", "seed=2", "seed=3"}) {
    CHECK(session.text("whole/" + run + "/model.safetensors") ==
          session.text("killed/" + run + "/model.safetensors"));
    CHECK(lines(session.text("killed/" + run + "/metrics.jsonl")).size() == 2);
  }
  CHECK(session.text("whole/table.md") == session.text("killed/table.md"));
}

TEST_CASE("a signal ends the run that is going and the sweep") {
  const Session session;
  write_sweep(session, "seed = [1, 2]\nlr = [0.01]\n", 100000);
  const Program program = session.start({"sweep", "grid.toml"});
  REQUIRE(wait_for(session.path("runs/grid/seed=1_lr=0.01/config.toml")));
  program.send(SIGTERM);
  const Outcome outcome = program.wait();
  CHECK(outcome.exit_code == 143);
  CHECK(contains(outcome.errors, "stopped by SIGTERM"));
  CHECK_FALSE(contains(outcome.output, "[2/2]"));
}

TEST_CASE("a run that fails is named, and the others are trained") {
  const Session session;
  write_sweep(session, "limit = [1000, 64]\n");
  const Outcome outcome = session.run({"sweep", "grid.toml"});
  CHECK(outcome.exit_code == 1);
  CHECK(contains(outcome.errors, "--limit 1000"));
  CHECK(contains(outcome.errors, "run limit=1000 ended with exit code 2"));
  CHECK(contains(outcome.errors, "1 of 2 runs failed"));
  CHECK(contains(outcome.output, "the runs that are finished:"));
  CHECK(std::filesystem::exists(session.path("runs/grid/limit=64/model.safetensors")));
}

TEST_CASE("sweep files are refused by key, value and what their runs were") {
  const Session session;
  const auto refuse = [&](const std::string& more, const Words& parts) {
    write_sweep(session, more);
    check_refused(session.run({"sweep", "grid.toml"}), 2, parts);
  };
  refuse("sed = [1]\n", {"grid.toml", "'sed'", "seed"});
  refuse("overwrite = true\n", {"grid.toml", "'overwrite'"});
  refuse("out = [1]\n", {"grid.toml", "'out'"});
  refuse("seed = []\n", {"grid.toml", "'seed'", "no value"});
  refuse("seed = [[1]]\n", {"grid.toml", "'seed'"});
  refuse("lr = [0.1, -1]\n", {"grid.toml", "lr=-1", "--lr"});
  refuse("loss = [\"gce:0.5\", \"gce-0.5\"]\n", {"grid.toml", "two runs", "loss=gce-0.5"});
  refuse("loss = [\"ce\", \"gcee\"]\n", {"grid.toml", "loss=gcee", "--loss", "gcee", "gce"});
  refuse("noise = \"symetric:0.4\"\n", {"grid.toml", "--noise", "symetric"});
  refuse("augment = [\"flip\", \"flop\"]\n", {"grid.toml", "augment=flop", "flop"});
  refuse("scheme = [\"none\", \"ogcc\"]\n", {"grid.toml", "scheme=ogcc", "--scheme"});
  refuse("schedule = \"cosin\"\n", {"grid.toml", "--schedule", "cosin"});
  std::string of_a_hundred = " = [0";
  for (int i = 1; i < 100; ++i) of_a_hundred += fmt::format(", {}", i);
  of_a_hundred += "]\n";
  refuse("seed" + of_a_hundred + "limit" + of_a_hundred + "ema" + of_a_hundred + "clip-norm" + of_a_hundred,
         {"grid.toml", "10000 runs"});
  refuse("loss = [\"ce\", \"gce:q=0." + std::string(300, '7') + "\"]\n", {"grid.toml", "letters", "folder"});
  for (const char* text : {"", "# seed = 1\n", "out = \"there\"\n"}) {
    std::ofstream(session.path("empty.toml")) << text;
    check_refused(session.run({"sweep", "empty.toml"}), 2, {"empty.toml", "no option"});
  }
  for (const char* dataset : {"dataset = \"cifar11\"\n", "model = \"wrn-29-2\"\n", "model = \"cnn5\"\n"}) {
    std::ofstream(session.path("typo.toml")) << "seed = [1, 2]\n" << dataset;
    check_refused(session.run({"sweep", "typo.toml"}), 2, {"typo.toml", "run seed=1"});
  }
  check_refused(session.run({"sweep", "none.toml"}), 2, {"none.toml"});
  check_refused(session.run({"sweep"}), 2, {"TOML"});
  CHECK_FALSE(std::filesystem::exists(session.path("runs")));

  write_sweep(session, "seed = [1]\n");
  REQUIRE(session.run({"sweep", "grid.toml"}).exit_code == 0);
  refuse("seed = [1]\nlr = 0.05\n", {"runs/grid/seed=1", "lr = 0.1", "0.05"});
}
