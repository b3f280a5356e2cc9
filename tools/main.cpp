// noisegate COMMAND [options]: finds the command, and turns an Error into one line and an exit code.
#include "engine/error.h"
#include "engine/text.h"
#include "tools/cli/command.h"
#include "tools/cli/command_line.h"
#include "tools/cli/options.h"
#include "tools/cli/output.h"
#include "tools/gpu/offer_gpu.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <filesystem>
#include <new>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace noisegate {
namespace {

struct Command {
  std::string name, summary;
  int (*run)(const Arguments&);
};

const std::vector<Command>& commands() {
  static const std::vector<Command> all = {
      {"train", "trains a model and leaves a run folder", train_command},
      {"sweep", "trains a grid of runs, goes on where it was stopped, and compares them", sweep_command},
      {"eval", "measures the model of a run folder on the test set", eval_command},
      {"noise", "makes labels wrong, shows and saves them", noise_command},
      {"suspects", "finds the training samples whose labels are most likely wrong", suspects_command},
      {"list", "names the models, losses, noise, datasets and schedules there are", list_command},
      {"loss", "shows what a loss makes of logits and labels, or draws losses", loss_command},
      {"report", "writes a page that shows what runs did, side by side", report_command},
      {"bench", "times training steps and single ops", bench_command},
  };
  return all;
}

std::string overview() {
  std::string text = "noisegate COMMAND [options]: trains image classifiers on wrong labels\n";
  for (const Command& command : commands()) {
    text += fmt::format("  {:<8}  {}\n", command.name, command.summary);
  }
  return text + "noisegate COMMAND --help has the options of a command; noisegate --version the version.\n";
}

int dispatch(const Arguments& arguments) {
  if (arguments.empty()) reject("a command is missing; noisegate --help lists them");
  const std::string& word = arguments.front();
  if (word == "--help" || word == "-h" || word == "help") {
    put_output(overview());
    return 0;
  }
  if (word == "--version") {
    say("noisegate {}\n", NOISEGATE_VERSION);
    return 0;
  }
  std::vector<std::string> known;
  for (const Command& command : commands()) {
    if (command.name == word) return command.run({arguments.begin() + 1, arguments.end()});
    known.push_back(command.name);
  }
  reject("there is no command '{}': {}", shown(word), known_words(word, known));
}

/// The exit code of a command that succeeded, if what it said was heard.
int exit_code_of_output() {
  flush_output();
  if (output_error() == 0) return 0;
  if (output_error() == EPIPE) return 128 + SIGPIPE;  // "| head" has enough: nothing to complain about
  fail("cannot write to the standard output: {}", std::strerror(output_error()));
}

int run(const Arguments& arguments) {
  try {
    const int exit_code = dispatch(arguments);
    return exit_code == 0 ? exit_code_of_output() : exit_code;
  } catch (const Error& error) {
    complain(error.what());
    return error.exit_code();
  } catch (const std::bad_alloc&) {
    complain("out of memory");
  } catch (const std::filesystem::filesystem_error& error) {
    complain(fmt::format("cannot use {}: {}", shown(error.path1().string(), 200), error.code().message()));
  } catch (const std::exception& error) {
    complain(printable(error.what()));
  }
  return 1;
}

}  // namespace
}  // namespace noisegate

int main(int argument_count, char** arguments) {
  noisegate::prepare_output();
  // A file beyond the limit of the shell or disk is then a failed write with a sentence, not a killed
  // process.
  std::signal(SIGXFSZ, SIG_IGN);
  noisegate::offer_gpu();
  return noisegate::run({arguments + 1, arguments + argument_count});
}
