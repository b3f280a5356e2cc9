// Noisegate where the machine, the shell or a batch system is not as at a desk: few threads, no output,
// signals.
#include "tests/session.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

Words tiny_run(const std::string& out, const Words& more = {}) {
  Words words = {"train", "--dataset", "synthetic:train=96,test=32", "--model", "cnn4", "--batch-size", "32",
                 "--out", out};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Words one_thread(const std::string& out, const Words& more = {}) {
  Words words = tiny_run(out, {"--threads", "1"});
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

bool wait_for(const std::filesystem::path& file) {
  for (int i = 0; i < 6000 && !std::filesystem::exists(file); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return std::filesystem::exists(file);
}

/// One that is not done before it is told to stop.
Words long_run(const std::string& out) {
  return one_thread(out, {"--epochs", "100000"});
}

void check_whole(const Session& session, const std::string& run, std::size_t epochs) {
  CHECK(lines(session.text(run + "/metrics.jsonl")).size() == epochs);
  const Outcome eval = session.run({"eval", "--run", run, "--threads", "1"});
  CHECK_MESSAGE(eval.exit_code == 0, eval.errors);
}

}  // namespace

TEST_CASE("training takes the threads that OpenMP gives, whatever the environment says") {
  for (const std::string variable :
       {"OMP_THREAD_LIMIT=1", "OMP_DYNAMIC=true", "OMP_MAX_ACTIVE_LEVELS=0", "OMP_NUM_THREADS=2",
        "OMP_NESTED=true", "OMP_CANCELLATION=true", "OMP_NUM_THREADS=100000", "OMP_PROC_BIND=close",
        "OMP_PLACES={0}", "GOMP_CPU_AFFINITY=0"}) {
    CAPTURE(variable);
    const Session session;
    const Surroundings cluster{.seconds = 60, .environment = {variable}};
    const Outcome outcome = session.run(tiny_run("run", {"--epochs", "1"}), cluster);
    CHECK_MESSAGE(outcome.exit_code == 0, outcome.errors);
    // The runtime itself may have something to say of a variable.
    CHECK_MESSAGE(!contains(outcome.errors, "noisegate:"), outcome.errors);
    if (variable == "OMP_THREAD_LIMIT=1") CHECK(contains(outcome.output, "threads 1,"));
  }
}

TEST_CASE("threads that cannot be had are refused before anything is made") {
  const Session session;
  const Surroundings limited{.seconds = 60, .environment = {"OMP_THREAD_LIMIT=1"}};
  check_refused(session.run(tiny_run("run", {"--threads", "2"}), limited), 2,
                {"--threads 2", "OMP_THREAD_LIMIT"});
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  const std::string many = std::to_string(5 * cores);
  check_refused(session.run(tiny_run("run", {"--threads", many}), {.seconds = 60}), 2,
                {"--threads " + many, "at most"});
  check_refused(session.run(tiny_run("run", {"--threads", "-1"})), 2, {"--threads -1"});
  constexpr rlim_t more_than_there_are_addresses = rlim_t{1} << 50;
  check_refused(session.run(tiny_run("run", {"--threads", "2"}), {.stack = more_than_there_are_addresses}), 1,
                {"--threads 2", "start only 1"});
  CHECK_FALSE(std::filesystem::exists(session.path("run")));
}

TEST_CASE("SIGTERM ends a training within a step where OMP_DYNAMIC is set") {
  const Session session;
  const Program program = session.start(tiny_run("run", {"--epochs", "100000"}),
                                        {.seconds = 60, .environment = {"OMP_DYNAMIC=true"}});
  REQUIRE(wait_for(session.path("run/config.toml")));
  REQUIRE(wait_for(session.path("run/metrics.jsonl")));
  program.send(SIGTERM);
  CHECK(program.wait().exit_code == 143);
}

TEST_CASE("an error that cannot be told is an exit code all the same") {
  const Session session;
  CHECK(session.run({"nosuch"}, {.errors = "/dev/full"}).exit_code == 2);
  CHECK(session.run({"nosuch"}, {.closed = {2}}).exit_code == 2);
  CHECK(session.run({"nosuch"}, {.closed = {0, 1, 2}}).exit_code == 2);
  CHECK(session.run({"nosuch"}, {.errors = ""}).exit_code == 2);
}

TEST_CASE("results that cannot be written are an error, unless the reader has had enough") {
  const Session session;
  check_refused(session.run({"list", "losses"}, {.output = "/dev/full"}), 1,
                {"cannot write to the standard output"});
  check_refused(session.run({"list", "losses"}, {.closed = {1}}), 1, {"cannot write to the standard output"});
  check_refused(session.run({"--help"}, {.output = "/dev/full"}), 1, {"cannot write to the standard output"});
  const Outcome unread = session.run({"list", "losses"}, {.output = ""});
  CHECK(unread.exit_code == 141);
  CHECK(unread.errors.empty());
}

TEST_CASE("files are written where the standard output is not") {
  const Session session;
  for (const Surroundings& surroundings :
       {Surroundings{.output = ""}, {.output = "/dev/full"}, {.closed = {1}}}) {
    const Outcome outcome =
        session.run({"noise", "--dataset", "synthetic:train=96,test=32", "--noise", "symmetric:0.4", "--plot",
                     "x.svg", "--out", "x.npy", "--threads", "1"},
                    surroundings);
    CHECK(outcome.exit_code != 0);
    CHECK(session.text("x.svg").ends_with("</svg>\n"));
    CHECK(std::filesystem::remove(session.path("x.svg")));
    CHECK(std::filesystem::remove(session.path("x.npy")));
  }
}

TEST_CASE("a training goes on without its output") {
  const Session session;
  const Outcome full = session.run(one_thread("full", {"--epochs", "3"}), {.output = "/dev/full"});
  check_refused(full, 0, {"cannot write to the standard output"});
  check_whole(session, "full", 3);
  const Outcome unread = session.run(one_thread("unread", {"--epochs", "3"}), {.output = ""});
  check_refused(unread, 0, {"cannot write to the standard output"});
  check_whole(session, "unread", 3);
  CHECK(session.run(one_thread("closed", {"--epochs", "3"}), {.closed = {0, 1, 2}}).exit_code == 0);
  check_whole(session, "closed", 3);
  CHECK(session.text("full/model.safetensors") == session.text("closed/model.safetensors"));
}

TEST_CASE("a sweep without a standard output writes nothing into its lock") {
  const Session session;
  std::ofstream(session.path("grid.toml"))
      << "dataset = \"synthetic:train=96,test=32\"\nmodel = \"cnn4\"\n"
         "batch-size = 32\nthreads = 1\nepochs = 1\nseed = [1, 2]\ninit = \"\"\n";
  const Outcome outcome = session.run({"sweep", "grid.toml"}, {.closed = {1}});
  CHECK(outcome.exit_code == 0);
  CHECK(session.text("runs/grid/lock").empty());
  CHECK(contains(session.text("runs/grid/table.md"), "| ce | 2 |"));
}

TEST_CASE("a closed terminal stops a training with a checkpoint, but not under nohup") {
  {
    const Session session;
    const Program program = session.start(long_run("run"));
    REQUIRE(wait_for(session.path("run/metrics.jsonl")));
    program.send(SIGHUP);
    program.send(SIGHUP);  // the terminal's and the shell's
    const Outcome outcome = program.wait();
    CHECK(outcome.exit_code == 129);
    CHECK(contains(outcome.errors, "stopped by SIGHUP"));
    CHECK(std::filesystem::exists(session.path("run/checkpoint/last.safetensors")));
  }
  const Session session;
  const Program program = session.start(long_run("run"), {.ignored = {SIGHUP}});
  REQUIRE(wait_for(session.path("run/metrics.jsonl")));
  program.send(SIGHUP);
  program.send(SIGTERM);
  const Outcome outcome = program.wait();
  CHECK(outcome.exit_code == 143);
  CHECK_FALSE(contains(outcome.errors, "SIGHUP"));
}

TEST_CASE("a signal during the test stops there, and the epoch is tested when the run goes on") {
  const Session session;
  const Words words = {"train",     "--dataset", "synthetic:train=32,test=12000",
                       "--model",   "cnn4",      "--batch-size",
                       "32",        "--threads", "1",
                       "--epochs",  "1",         "--checkpoint",
                       "0.0000001", "--out"};
  Words whole = words, parts = words;
  whole.emplace_back("whole");
  parts.emplace_back("parts");
  const Program program = session.start(parts);
  REQUIRE(wait_for(session.path("parts/checkpoint/last.safetensors")));  // that of the only step
  program.send(SIGINT);
  const Outcome stopped = program.wait();
  CHECK(stopped.exit_code == 130);
  REQUIRE(lines(stopped.errors).size() == 2);
  CHECK(contains(lines(stopped.errors)[0], "SIGINT: stopping"));
  CHECK(contains(lines(stopped.errors)[1], "after step 1 of epoch 1; no epoch was finished"));
  CHECK_FALSE(std::filesystem::exists(session.path("parts/metrics.jsonl")));
  const Outcome resumed = session.run({"train", "--resume", "parts"});
  CHECK_MESSAGE(resumed.exit_code == 0, resumed.errors);
  CHECK(contains(resumed.output, "parts goes on after step 1 of epoch 1"));
  REQUIRE(session.run(whole).exit_code == 0);
  CHECK(session.text("parts/model.safetensors") == session.text("whole/model.safetensors"));
}

TEST_CASE("output to what is no regular file goes into it") {
  const Session session;
  std::filesystem::create_symlink("/proc/self/fd/1", session.path("out"));
  std::filesystem::create_symlink("/dev/null", session.path("null"));
  const Words noise = {"noise",   "--dataset",     "synthetic:train=96,test=32",
                       "--noise", "symmetric:0.4", "--threads",
                       "1",       "--json"};
  for (const std::string file : {"out", "null"}) {
    Words words = noise;
    words.push_back(file);
    const Outcome outcome = session.run(words);
    CHECK_MESSAGE(outcome.exit_code == 0, outcome.errors);
    CHECK(contains(outcome.output, "labels are wrong"));  // stands before what the file got
    CHECK(contains(outcome.output, "\"transition\"") == (file == "out"));
    CHECK(std::filesystem::is_symlink(session.path(file)));
  }
}

TEST_CASE("a place where nothing can be written is refused before the work") {
  const Session session;
  const Words noise = {"noise", "--dataset", "synthetic:train=96,test=32", "--noise", "symmetric:0.4"};
  for (const auto& [option, file] :
       {std::pair{"--out", "x.npy"}, {"--plot", "x.svg"}, {"--show", "x.png"}, {"--json", "x.json"}}) {
    Words words = noise;
    words.insert(words.end(), {option, std::string("nowhere/") + file});
    const Outcome outcome = session.run(words);
    check_refused(outcome, 1, {file, std::strerror(ENOENT)});
    CHECK(outcome.output.empty());
  }
}

TEST_CASE("an endless file in a run folder is refused") {
  const Session session;
  REQUIRE(session.run(one_thread("run", {"--epochs", "1"})).exit_code == 0);
  std::filesystem::remove(session.path("run/metrics.jsonl"));
  std::filesystem::create_symlink("/dev/zero", session.path("run/metrics.jsonl"));
  const Surroundings careful{.seconds = 60};
  check_refused(session.run({"report", "run", "--out", "r.html"}, careful), 2,
                {"metrics.jsonl", "no regular file"});
  check_refused(session.run({"train", "--resume", "run", "--epochs", "2"}, careful), 2, {"metrics.jsonl"});
}

TEST_CASE("an option whose value is empty is refused, as a shell's unset variable leaves it") {
  const Session session;
  for (const std::string option : {"--out", "--data", "--loss"})
    check_refused(session.run(one_thread("run", {option, ""})), 2, {option});
  check_refused(session.run({"train", "--out", ""}), 2, {"--out needs a value"});
  check_refused(session.run({"train", "--resume="}), 2, {"--resume needs a value"});
  CHECK_FALSE(std::filesystem::exists(session.path("runs")));
}

TEST_CASE("seeds end where help says") {
  const Session session;
  CHECK(contains(session.run({"train", "--help"}).output, "below 2^48"));
  for (const std::string seed : {"281474976710656", "9223372036854775807"})
    check_refused(session.run(one_thread("run", {"--seed", seed})), 2, {"--seed", "2^48", seed});
  const Outcome largest = session.run(one_thread(
      "run", {"--seed", "281474976710655", "--scheme", "co-teaching:forget=0.4", "--epochs", "1"}));
  CHECK_MESSAGE(largest.exit_code == 0, largest.errors);
}
