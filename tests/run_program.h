// Starts a program as a shell would and gives back what it said, for tests of the command line.
#pragma once

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace noisegate {

struct Outcome {
  int exit_code;
  std::string output;  // of the standard output
  std::string errors;  // of the standard error
};

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What a program finds when it starts. Limits of 0 are none.
struct Surroundings {
  rlim_t largest_file = 0;                    // bytes of any file that it writes: stands in for a full disk
  rlim_t seconds = 0;                         // of computing, for one that might never end
  rlim_t stack = 0;                           // bytes of each thread
  std::vector<std::string> environment = {};  // "NAME=VALUE", beside what the test has
  std::vector<int> closed = {};               // descriptors
  std::vector<int> ignored = {};              // signals
  std::string output = "stdout.txt";  // where the standard output goes: a file; empty: a pipe nobody reads
  std::string errors = "stderr.txt";  // the same of the standard error
};

/// A program that runs beside the test, its output going to files in `folder`.
class Program {
 public:
  Program(const std::string& executable, const std::vector<std::string>& arguments,
          std::filesystem::path folder, const Surroundings& surroundings = {})
      : folder_(std::move(folder)), surroundings_(surroundings) {
    std::vector<char*> words = {const_cast<char*>(executable.c_str())};
    for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    process_ = fork();
    if (process_ < 0) throw std::runtime_error("cannot fork");
    if (process_ == 0) become(words);
  }

  void send(int signal) const { kill(process_, signal); }

  /// Waits for its end. exit_code is -1 where a signal ended it.
  Outcome wait() const {
    int status = 0;
    waitpid(process_, &status, 0);
    const auto text_of = [](const std::filesystem::path& file) {
      return std::filesystem::is_regular_file(file) ? read_text(file) : "";
    };
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of(output_file()), text_of(errors_file())};
  }

 private:
  std::filesystem::path output_file() const { return folder_ / surroundings_.output; }
  std::filesystem::path errors_file() const { return folder_ / surroundings_.errors; }

  static int open_output(const std::filesystem::path& file) {
    if (file.has_filename()) return open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    int ends[2];
    if (pipe(ends) != 0) _exit(126);
    close(ends[0]);
    return ends[1];
  }

  static void limit(decltype(RLIMIT_FSIZE) what, rlim_t most) {
    const rlimit both{most, most};
    if (most > 0) setrlimit(what, &both);
  }

  [[noreturn]] void become(const std::vector<char*>& words) const {
    dup2(open_output(output_file()), STDOUT_FILENO);
    dup2(open_output(errors_file()), STDERR_FILENO);
    if (chdir(folder_.c_str()) != 0) _exit(126);
    limit(RLIMIT_FSIZE, surroundings_.largest_file);
    limit(RLIMIT_CPU, surroundings_.seconds);
    limit(RLIMIT_STACK, surroundings_.stack);
    for (const std::string& variable : surroundings_.environment) putenv(const_cast<char*>(variable.c_str()));
    for (const int signal : surroundings_.ignored) std::signal(signal, SIG_IGN);
    for (const int descriptor : surroundings_.closed) close(descriptor);
    execv(words.front(), words.data());
    _exit(127);
  }

  std::filesystem::path folder_;
  Surroundings surroundings_;
  pid_t process_ = 0;
};

}  // namespace noisegate
