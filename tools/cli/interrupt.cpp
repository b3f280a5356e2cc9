#include "tools/cli/interrupt.h"

#include <cerrno>
#include <unistd.h>

#include <fmt/format.h>

namespace noisegate {
namespace {

volatile std::sig_atomic_t noted_signal = 0;

// Whole lines, since a handler may call write() and little else.
std::string told_at_first[3], told_at_second[3];

int place_of(int signal) {
  if (signal == SIGINT) return 0;
  return signal == SIGTERM ? 1 : 2;
}

void tell(const std::string& line) {
  const int errno_before = errno;
  // Nothing is to be done about a standard error that takes no more.
  if (::write(STDERR_FILENO, line.data(), line.size()) < 0) errno = errno_before;
}

void note(int signal) {
  if (noted_signal == 0) {
    noted_signal = signal;
    tell(told_at_first[place_of(signal)]);
  } else if (signal != SIGHUP) {
    tell(told_at_second[place_of(signal)]);
    std::signal(signal, SIG_DFL);
    std::raise(signal);  // held back until the handler is left
  }
}

}  // namespace

InterruptGuard::InterruptGuard(const std::string& at_first, const std::string& at_second)
    : stack_(1 << 17) {  // a frame holds all registers: AVX-512's and AMX's take more than 10 KiB
  noted_signal = 0;
  // Over the bar of a training, and the ^C that a terminal writes behind it.
  const char* const start = isatty(STDERR_FILENO) == 1 ? "\r\x1b[K" : "";
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    told_at_first[place_of(signal)] =
        fmt::format("{}noisegate: {}: {}\n", start, signal_name(signal), at_first);
    told_at_second[place_of(signal)] =
        fmt::format("{}noisegate: {} again: {}\n", start, signal_name(signal), at_second);
  }
  const stack_t stack{.ss_sp = stack_.data(), .ss_flags = 0, .ss_size = stack_.size()};
  sigaltstack(&stack, &stack_before_);
  struct sigaction action {};
  action.sa_handler = note;
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  sigaddset(&action.sa_mask, SIGINT);  // one at a time
  sigaddset(&action.sa_mask, SIGTERM);
  sigaddset(&action.sa_mask, SIGHUP);
  sigaction(SIGINT, &action, &interrupt_before_);
  sigaction(SIGTERM, &action, &terminate_before_);
  sigaction(SIGHUP, nullptr, &hang_up_before_);
  if (hang_up_before_.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);
}

InterruptGuard::~InterruptGuard() {
  sigaction(SIGINT, &interrupt_before_, nullptr);
  sigaction(SIGTERM, &terminate_before_, nullptr);
  sigaction(SIGHUP, &hang_up_before_, nullptr);
  sigaltstack(&stack_before_, nullptr);
}

int InterruptGuard::signal() const {
  return noted_signal;
}

std::string signal_name(int signal) {
  if (signal == SIGINT) return "SIGINT";
  return signal == SIGTERM ? "SIGTERM" : "SIGHUP";
}

}  // namespace noisegate
