#include "tools/interrupt.h"

namespace noisegate {
namespace {

volatile std::sig_atomic_t noted_signal = 0;

void note(int signal) {
  noted_signal = signal;
}

}  // namespace

InterruptGuard::InterruptGuard()
    : stack_(1 << 17) {  // a frame holds all registers: AVX-512's and AMX's take more than 10 KiB
  noted_signal = 0;
  const stack_t stack{.ss_sp = stack_.data(), .ss_flags = 0, .ss_size = stack_.size()};
  sigaltstack(&stack, &stack_before_);
  struct sigaction action {};
  action.sa_handler = note;
  action.sa_flags =
      SA_RESTART | SA_ONSTACK | static_cast<int>(SA_RESETHAND);  // reset: the second signal is not held back
  sigaction(SIGINT, &action, &interrupt_before_);
  sigaction(SIGTERM, &action, &terminate_before_);
}

InterruptGuard::~InterruptGuard() {
  sigaction(SIGINT, &interrupt_before_, nullptr);
  sigaction(SIGTERM, &terminate_before_, nullptr);
  sigaltstack(&stack_before_, nullptr);
}

int InterruptGuard::signal() const {
  return noted_signal;
}

std::string signal_name(int signal) {
  return signal == SIGINT ? "SIGINT" : "SIGTERM";
}

}  // namespace noisegate
