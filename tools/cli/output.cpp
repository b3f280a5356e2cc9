#include "tools/cli/output.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace noisegate {
namespace {

int first_error = 0;
bool is_outlived = false;

void note_failure() {
  if (first_error != 0) return;
  first_error = errno != 0 ? errno : EIO;
  if (is_outlived)
    warn("cannot write to the standard output, and goes on without: {}", std::strerror(first_error));
}

}  // namespace

void prepare_output() {
  std::signal(SIGPIPE, SIG_IGN);
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) continue;
    // The wrong way round, so that reading and writing fail. It takes the lowest number that is free, this
    // one.
    if (open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
  }
}

void outlive_output() {
  is_outlived = true;
}

void put_output(std::string_view text) {
  errno = 0;
  if (first_error == 0 && std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) note_failure();
}

void flush_output() {
  errno = 0;
  if (first_error == 0 && std::fflush(stdout) != 0) note_failure();
}

int output_error() {
  return is_outlived ? 0 : first_error;
}

void complain(std::string_view sentence) {
  flush_output();  // what was said before stands before
  const std::string line = fmt::format("noisegate: {}\n", sentence);
  std::fwrite(line.data(), 1, line.size(), stderr);  // where it cannot be told, nobody can be told
}

}  // namespace noisegate
