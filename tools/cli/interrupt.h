// Turns Ctrl-C, kill and a closed terminal into a flag that a loop can poll.
#pragma once

#include <csignal>
#include <cstddef>
#include <string>
#include <vector>

namespace noisegate {

/// While an instance lives, the first SIGINT, SIGTERM or SIGHUP is noted and answered at once with a sentence
/// on the standard error; a second SIGINT or SIGTERM prints another one and ends the process as usual. (A
/// closed terminal may well send two SIGHUPs, so a second SIGHUP is ignored.) A SIGHUP that was ignored
/// before, as under nohup, stays ignored. Only one instance may live at a time.
class InterruptGuard {
 public:
  /// `at_first` and `at_second`: the sentences printed after "SIGINT: ".
  InterruptGuard(const std::string& at_first, const std::string& at_second);
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  /// Returns the signal that came first, or 0.
  int signal() const;

 private:
  // oneDNN's generated code keeps data below the stack pointer, where a handler would write its frame; so the
  // handler has its own stack.
  std::vector<std::byte> stack_;
  stack_t stack_before_;
  struct sigaction interrupt_before_, terminate_before_, hang_up_before_;
};

/// Returns "SIGINT", "SIGTERM" or "SIGHUP".
std::string signal_name(int signal);

/// Returns the exit code that a shell reports for a program that a signal ended: 130 for SIGINT, 143 for
/// SIGTERM, 129 for SIGHUP.
inline int exit_code_of_signal(int signal) {
  return 128 + signal;
}

}  // namespace noisegate
