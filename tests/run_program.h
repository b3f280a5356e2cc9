// Starts a program as a shell would and gives back what it said, for tests of the command line.
#pragma once

#include <csignal>
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

/// A program that runs beside the test, its output going to files in `folder`.
class Program {
 public:
  /// `largest_file`: a limit on the size in bytes of any file that it writes, which stands in for a full
  /// disk; 0: none.
  Program(const std::string& executable, const std::vector<std::string>& arguments,
          std::filesystem::path folder, rlim_t largest_file = 0)
      : folder_(std::move(folder)) {
    std::vector<char*> words = {const_cast<char*>(executable.c_str())};
    for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    process_ = fork();
    if (process_ < 0) throw std::runtime_error("cannot fork");
    if (process_ == 0) become(words, largest_file);
  }

  void send(int signal) const { kill(process_, signal); }

  /// Waits for its end. exit_code is -1 where a signal ended it.
  Outcome wait() const {
    int status = 0;
    waitpid(process_, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_text(output_file()), read_text(errors_file())};
  }

 private:
  std::filesystem::path output_file() const { return folder_ / "stdout.txt"; }
  std::filesystem::path errors_file() const { return folder_ / "stderr.txt"; }

  [[noreturn]] void become(const std::vector<char*>& words, rlim_t largest_file) const {
    const int flags = O_WRONLY | O_CREAT | O_TRUNC;
    dup2(open(output_file().c_str(), flags, 0666), STDOUT_FILENO);
    dup2(open(errors_file().c_str(), flags, 0666), STDERR_FILENO);
    if (chdir(folder_.c_str()) != 0) _exit(126);
    if (largest_file > 0) {
      const rlimit limit{largest_file, largest_file};
      setrlimit(RLIMIT_FSIZE, &limit);
    }
    execv(words.front(), words.data());
    _exit(127);
  }

  std::filesystem::path folder_;
  pid_t process_ = 0;
};

}  // namespace noisegate
