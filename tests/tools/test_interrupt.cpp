// What signals do to a loop that asks for them.
#include "tests/run_program.h"
#include "tests/temporary_folder.h"
#include "tools/cli/interrupt.h"

#include <csignal>
#include <functional>
#include <tuple>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

struct End {
  int status;
  std::string errors;
};

/// How a process of its own ends that does this, and what it says on the standard error.
End end_of(const std::function<void()>& deed) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "errors";
  const pid_t process = fork();
  if (process == 0) {
    dup2(open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666), STDERR_FILENO);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_DFL);
    deed();
    _exit(0);
  }
  End end{};
  waitpid(process, &end.status, 0);
  end.errors = read_text(file);
  return end;
}

}  // namespace

TEST_CASE("signals are noted on a stack of their own, which generated code does not write to") {
  stack_t before{}, during{}, after{};
  sigaltstack(nullptr, &before);
  {
    const InterruptGuard guard("stopping", "gone");
    sigaltstack(nullptr, &during);
    struct sigaction action {};
    sigaction(SIGINT, nullptr, &action);
    CHECK((action.sa_flags & SA_ONSTACK) != 0);
    CHECK(during.ss_flags == 0);
    CHECK(during.ss_size >= (1 << 16));
    CHECK(guard.signal() == 0);
    std::raise(SIGTERM);
    CHECK(guard.signal() == SIGTERM);
  }
  sigaltstack(nullptr, &after);
  CHECK(after.ss_flags == before.ss_flags);
}

TEST_CASE("the first signal is answered at once, the second ends the process and says what that costs") {
  for (const auto& [first, second, name] :
       {std::tuple{SIGINT, SIGINT, "SIGINT"}, {SIGHUP, SIGTERM, "SIGTERM"}, {SIGINT, SIGTERM, "SIGTERM"}}) {
    const End end = end_of([first = first, second = second] {
      const InterruptGuard guard("stopping", "an epoch is dropped");
      std::raise(first);
      if (guard.signal() != first) _exit(3);
      std::raise(second);
    });
    CHECK(WIFSIGNALED(end.status));
    CHECK(WTERMSIG(end.status) == second);
    CHECK(end.errors == "noisegate: " + signal_name(first) + ": stopping\nnoisegate: " + name +
                            " again: an epoch is dropped\n");
  }
}

TEST_CASE("a terminal that hangs up twice stops a run as once, and an ignored one does not") {
  const End twice = end_of([] {
    const InterruptGuard guard("stopping", "gone");
    std::raise(SIGHUP);
    std::raise(SIGHUP);
    _exit(guard.signal() == SIGHUP ? 7 : 8);
  });
  CHECK(WEXITSTATUS(twice.status) == 7);
  CHECK(twice.errors == "noisegate: SIGHUP: stopping\n");
  const End ignored = end_of([] {
    std::signal(SIGHUP, SIG_IGN);
    const InterruptGuard guard("stopping", "gone");
    std::raise(SIGHUP);
    _exit(guard.signal() == 0 ? 7 : 8);
  });
  CHECK(WEXITSTATUS(ignored.status) == 7);
  CHECK(ignored.errors.empty());
}
