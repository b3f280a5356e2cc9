// Ctrl-C and kill, turned into a question that a loop can ask.
#pragma once

#include <csignal>
#include <cstddef>
#include <string>
#include <vector>

namespace noisegate {

/// While one lives, the first SIGINT or SIGTERM is only noted; a second one ends the process as usual. One at
/// a time.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  /// The signal that came, or 0.
  int signal() const;

 private:
  // oneDNN's generated code keeps data below the stack pointer, where a handler would write its frame: the
  // handler has a stack of its own.
  std::vector<std::byte> stack_;
  stack_t stack_before_;
  struct sigaction interrupt_before_, terminate_before_;
};

/// "SIGINT" or "SIGTERM".
std::string signal_name(int signal);

/// What a shell reports for a program that ended so: 130 for SIGINT, 143 for SIGTERM.
inline int exit_code_of_signal(int signal) {
  return 128 + signal;
}

}  // namespace noisegate
