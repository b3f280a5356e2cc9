// noisegate bench WHAT: finds the measurement.
#include "tools/bench/bench.h"

#include "engine/error.h"
#include "engine/text.h"
#include "tools/cli/command.h"
#include "tools/cli/command_line.h"
#include "tools/cli/output.h"

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace noisegate {

int bench_command(const Arguments& arguments) {
  const std::vector<std::pair<std::string, int (*)(const Arguments&)>> measurements = {
      {"step", bench_step},
      {"conv", bench_conv},
      {"ops", bench_ops},
      {"data", bench_data},
      {"schemes", bench_schemes}};

  const std::string word = arguments.empty() ? "" : arguments.front();
  if (word == "--help" || word == "-h") {
    say("noisegate bench WHAT [options]; each has its --help\n"
        "  step     times a whole training step\n"
        "  conv     times each convolution of a model, beside what the machine allows and cuDNN\n"
        "  ops      times ops alone, and every loss beside cross entropy\n"
        "  data     times batches from JPEG files and from images in memory\n"
        "  schemes  times training steps under each scheme beside plain cross entropy\n");
    return 0;
  }
  std::vector<std::string> known;
  for (const auto& [name, run] : measurements) {
    if (name == word) return run({arguments.begin() + 1, arguments.end()});
    known.push_back(name);
  }
  reject("bench needs to know what to measure, not '{}': {}", shown(word), known_words(word, known));
}

}  // namespace noisegate
