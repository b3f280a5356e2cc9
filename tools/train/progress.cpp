#include "tools/train/progress.h"

#include "tools/cli/output.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

namespace noisegate {
namespace {

constexpr std::chrono::milliseconds redraw_interval{100};
constexpr const char* erase_line = "\r\x1b[K";

std::size_t terminal_width() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string percent(const Tally& tally) {
  return tally.samples > 0 ? fmt::format("{:.2f}", 100 * tally.accuracy()) : "-";
}

std::string probability(const Tally& tally) {
  return tally.samples > 0 ? fmt::format("{:.3f}", tally.mean_probability()) : "-";
}

}  // namespace

bool output_is_terminal() {
  return isatty(STDOUT_FILENO) == 1;
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<long>(std::llround(seconds));
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

Columns table_columns(const EpochMetrics& metrics, int epochs) {
  Columns columns = {{"epoch", fmt::format("{}/{}", metrics.epoch, epochs)},
                     {"loss", fmt::format("{:.4f}", metrics.train_loss())},
                     {"train%", percent(metrics.train)}};
  if (metrics.noisy.samples > 0) {
    columns.insert(columns.end(), {{"clean%", percent(metrics.clean)},
                                   {"noisy%", percent(metrics.noisy)},
                                   {"p clean", probability(metrics.clean)},
                                   {"p noisy", probability(metrics.noisy)}});
  }
  columns.emplace_back("test%", percent(metrics.test));
  if (metrics.test_ema) columns.emplace_back("ema%", percent(*metrics.test_ema));
  if (metrics.validation) columns.emplace_back("valid%", percent(*metrics.validation));
  columns.emplace_back("lr", fmt::format("{:.3g}", metrics.learning_rate));
  columns.emplace_back("img/s", fmt::format("{:.0f}", metrics.images_per_second()));
  columns.emplace_back("seconds", fmt::format("{:.1f}", metrics.seconds));

  for (auto& [title, value] : columns) {
    const std::size_t width = std::max({std::size_t{7}, title.size(), value.size()});
    title = fmt::format("{:>{}}", title, width);
    value = fmt::format("{:>{}}", value, width);
  }
  return columns;
}

std::string bar_text(const StepReport& report, int epochs, double elapsed) {
  constexpr int width = 20;
  const double in_epoch = static_cast<double>(report.step) / report.steps;
  const double in_run = (report.metrics.epoch - 1 + in_epoch) / epochs;
  const int filled = static_cast<int>(width * in_epoch);
  return fmt::format("epoch {}/{} [{:#<{}}{:-<{}}] {:3.0f}%  loss {:.4f}  train {}%  {:.0f} img/s  {} left",
                     report.metrics.epoch, epochs, "", filled, "", width - filled, 100 * in_epoch,
                     report.metrics.train_loss(), percent(report.metrics.train),
                     report.metrics.images_per_second(), duration_text(elapsed * (1 - in_run) / in_run));
}

Progress::Progress(int epochs, bool with_bar) : epochs_(epochs), with_bar_(with_bar) {}

void Progress::after_step(const StepReport& report) {
  const auto now = Clock::now();
  if (!with_bar_ || now - last_drawn_ < redraw_interval) return;
  last_drawn_ = now;
  const std::string text = bar_text(report, epochs_, elapsed());
  say("{}{}", erase_line, text.substr(0, terminal_width() - 1));
  flush_output();
}

void Progress::after_epoch(const EpochMetrics& metrics) {
  clear();
  std::vector<std::string> titles, values;
  for (const auto& [title, value] : table_columns(metrics, epochs_)) {
    titles.push_back(title);
    values.push_back(value);
  }
  if (!header_is_written_) say("{}\n", fmt::join(titles, " "));
  header_is_written_ = true;
  say("{}\n", fmt::join(values, " "));
  flush_output();
}

void Progress::clear() {
  if (!with_bar_) return;
  put_output(erase_line);
  flush_output();  // before anything is said on the standard error
}

double Progress::elapsed() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

}  // namespace noisegate
