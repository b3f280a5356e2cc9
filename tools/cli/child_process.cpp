#include "tools/cli/child_process.h"

#include "engine/error.h"
#include "tools/cli/output.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace noisegate {
namespace {

/// Becomes the program. Only what is safe between fork and exec.
[[noreturn]] void become(const std::vector<char*>& words, pid_t parent) {
  // A group of its own, so that a Ctrl-C reaches it through the parent alone and not twice.
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(128 + SIGTERM);  // the parent died before it could be asked for
  execv("/proc/self/exe", words.data());
  _exit(127);
}

}  // namespace

int run_noisegate(const Arguments& arguments, const InterruptGuard& interrupt) {
  std::string name = "noisegate";
  std::vector<std::string> copies = arguments;
  std::vector<char*> words = {name.data()};
  for (std::string& word : copies) words.push_back(word.data());
  words.push_back(nullptr);

  flush_output();                 // what was said before stands before
  std::signal(SIGCHLD, SIG_DFL);  // where it is ignored, the exit code is lost
  const pid_t parent = getpid(), child = fork();
  if (child < 0) fail("cannot start another noisegate: {}", std::strerror(errno));
  if (child == 0) become(words, parent);

  bool is_told = false;
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    if (interrupt.signal() != 0 && !is_told) {
      kill(child, interrupt.signal());
      is_told = true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace noisegate
