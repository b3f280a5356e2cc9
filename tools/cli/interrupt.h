// Ctrl-C, kill and a terminal that is closed, turned into a question that a loop can ask.
#pragma once

#include <csignal>
#include <cstddef>
#include <string>
#include <vector>

namespace noisegate {

/// While one lives, the first SIGINT, SIGTERM or SIGHUP is noted and answered at once with a sentence on the
/// standard error; a second SIGINT or SIGTERM ends the process as usual, with another. (A closed terminal may
/// well send two SIGHUPs, so a second one of these says nothing new.) A SIGHUP that was ignored, as under
/// nohup, stays so. One guard at a time.
class InterruptGuard {
 public:
  /// `at_first` and `at_second`: what is then said behind "SIGINT: ".
  InterruptGuard(const std::string& at_first, const std::string& at_second);
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  /// The signal that came first, or 0.
  int signal() const;

 private:
  // oneDNN's generated code keeps data below the stack pointer, where a handler would write its frame: the
  // handler has a stack of its own.
  std::vector<std::byte> stack_;
  stack_t stack_before_;
  struct sigaction interrupt_before_, terminate_before_, hang_up_before_;
};

/// "SIGINT", "SIGTERM" or "SIGHUP".
std::string signal_name(int signal);

/// What a shell reports for a program that ended so: 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP.
inline int exit_code_of_signal(int signal) {
  return 128 + signal;
}

}  // namespace noisegate
