// The display of a training run: a row of a table for each epoch and, on a terminal, a bar that moves within
// the epoch. A pipe gets only the rows.
#pragma once

#include "tools/train/metrics.h"
#include "tools/train/trainer.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace noisegate {

class Progress {
 public:
  /// Writes to the standard output; `with_bar` if that is a terminal.
  Progress(int epochs, bool with_bar);

  void after_step(const StepReport& report);
  void after_epoch(const EpochMetrics& metrics);
  /// Removes the bar before other output.
  void clear();

  double elapsed() const;  // seconds since construction

 private:
  using Clock = std::chrono::steady_clock;

  int epochs_;
  bool with_bar_;
  bool header_is_written_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_drawn_{};
};

/// Returns the table's columns for an epoch, as (title, value) of the same width. Accuracies are percentages.
using Columns = std::vector<std::pair<std::string, std::string>>;
Columns table_columns(const EpochMetrics& metrics, int epochs);

/// Returns "epoch 3/20 [#####----------] 33% loss 1.2345 train 56.78% 812 img/s 0:01:12 left"; `elapsed` is
/// in seconds since the run began.
std::string bar_text(const StepReport& report, int epochs, double elapsed);

/// Returns "0:01:12".
std::string duration_text(double seconds);

bool output_is_terminal();

}  // namespace noisegate
