// noisegate sweep: trains a grid of runs one after another, each in its own process, and prints their table
// at the end. After an interruption, the same command trains the missing runs.
#include "tools/runs/sweep.h"

#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/text.h"
#include "tools/cli/child_process.h"
#include "tools/cli/command.h"
#include "tools/cli/command_line.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/output.h"
#include "tools/files/file_lock.h"
#include "tools/files/run_folder.h"
#include "tools/runs/table.h"

#include <chrono>
#include <thread>

#include <fmt/format.h>

namespace noisegate {
namespace {

/// Waits until no other sweep has the lock; false where a signal came first.
bool acquire(FileLock& lock, const InterruptGuard& interrupt) {
  for (bool is_told = false; !lock.try_acquire(); is_told = true) {
    if (interrupt.signal() != 0) return false;
    if (!is_told) warn("waiting for the sweep of {}", lock.holder());
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return true;
}

/// Trains the runs that are missing; returns the exit code: 0 where all are there.
int train_missing(const Sweep& sweep, const InterruptGuard& interrupt) {
  int failed = 0;
  for (std::size_t i = 0; i < sweep.runs.size(); ++i) {
    const PlannedRun& run = sweep.runs[i];
    const RunProgress progress = progress_of(run);
    say("[{}/{}] {}{}\n", i + 1, sweep.runs.size(), printable(run.name),
        progress == RunProgress::finished ? ": done before" : "");
    if (progress == RunProgress::finished) continue;
    Arguments words = {"train"};
    if (progress == RunProgress::unfinished)
      words.push_back("--resume=" + run.folder.string());
    else
      words.insert(words.end(), run.arguments.begin(), run.arguments.end());
    const int code = run_noisegate(words, interrupt);
    if (interrupt.signal() != 0) return exit_code_of_signal(interrupt.signal());
    if (code != 0) {
      warn("run {} ended with exit code {}", printable(run.name), code);
      ++failed;
    }
  }
  if (failed > 0) warn("{} of {} runs failed", failed, sweep.runs.size());
  return failed > 0 ? 1 : 0;
}

std::vector<RunRecord> finished_runs(const Sweep& sweep) {
  std::vector<RunRecord> records;
  for (const PlannedRun& run : sweep.runs)
    if (progress_of(run) == RunProgress::finished) records.push_back(read_run_record(run.folder));
  return records;
}

}  // namespace

int sweep_command(const Arguments& arguments) {
  const CommandLine line{
      .command = "sweep", .summary = "trains every combination of the lists in a TOML file", .word = "FILE"};
  const auto given = parse(line, arguments);
  if (!given) return 0;
  const auto file = given->find("");
  if (file == given->end()) reject("sweep needs a TOML file that says what to train");
  const Sweep sweep = read_sweep(file->second);
  for (const PlannedRun& run : sweep.runs) progress_of(run);  // refused before anything is trained

  const InterruptGuard interrupt("the run that is going stops with a checkpoint, and the sweep with it",
                                 "the run that is going stops as well");
  outlive_output();
  make_folder(sweep.folder);
  // The runs inherit the lock, so that a sweep that was killed holds it until its last run has saved what it
  // has.
  FileLock lock(sweep.folder / "lock", FileLock::Children::inherit);
  if (!acquire(lock, interrupt)) return exit_code_of_signal(interrupt.signal());
  const int exit_code = train_missing(sweep, interrupt);
  const RunTable table = run_table(finished_runs(sweep));
  write_file_atomically(sweep.folder / "table.md", as_markdown(table));
  write_file_atomically(sweep.folder / "table.tex", as_latex(table));
  say("{}\n{}also in {}/table.md and table.tex\n",
      exit_code == 0 ? "" : "\nthe runs that are finished:", as_text(table), sweep.folder.string());
  return exit_code;
}

}  // namespace noisegate
