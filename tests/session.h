// A person at the command line: runs the built executable in a folder and looks at what it says and leaves.
// The test that includes this defines NOISEGATE_EXECUTABLE, its path.
#pragma once

#include "tests/run_program.h"
#include "tests/temporary_folder.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace noisegate {

using Words = std::vector<std::string>;

/// A folder to work in, and noisegate to run there.
class Session {
 public:
  Outcome run(const Words& arguments, const Surroundings& surroundings = {}) const {
    return start(arguments, surroundings).wait();
  }
  Outcome run(const Words& arguments, rlim_t largest_file) const {
    return run(arguments, Surroundings{.largest_file = largest_file});
  }
  Program start(const Words& arguments, const Surroundings& surroundings = {}) const {
    return {NOISEGATE_EXECUTABLE, arguments, folder_.path(), surroundings};
  }
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  std::string text(const std::string& name) const { return read_text(path(name)); }

 private:
  TemporaryFolder folder_;
};

inline std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) all.push_back(line);
  return all;
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Ended with this code, and said one sentence that holds all of these parts.
inline void check_refused(const Outcome& outcome, int exit_code, const Words& parts) {
  CHECK_MESSAGE(outcome.exit_code == exit_code, outcome.errors);
  CHECK_MESSAGE(lines(outcome.errors).size() == 1, outcome.errors);
  CHECK_MESSAGE(outcome.errors.starts_with("noisegate: "), outcome.errors);
  for (const std::string& part : parts)
    CHECK_MESSAGE(contains(outcome.errors, part), outcome.errors, " | lacks ", part);
}

/// A CIFAR-10 folder of black images, all of class 0; its files have holes and take no room.
inline void make_black_cifar10(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (const char* name : {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                           "data_batch_5.bin", "test_batch.bin"}) {
    std::ofstream(folder / name).close();
    std::filesystem::resize_file(folder / name, 10000 * 3073);
  }
}

}  // namespace noisegate
