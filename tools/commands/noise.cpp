// noisegate noise: makes the labels that a training run would see, shows what is wrong with them, saves them.
#include "noise/noise.h"

#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/io/npy.h"
#include "engine/text.h"
#include "noise/transition.h"
#include "tools/cli/command.h"
#include "tools/cli/command_line.h"
#include "tools/cli/output.h"
#include "tools/config/train_options.h"
#include "tools/figures/contact_sheet.h"
#include "tools/figures/heat_map.h"
#include "tools/files/json_file.h"
#include "tools/train/data.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace noisegate {
namespace {

struct NoiseOptions {
  TrainOptions train;  // dataset, data, limit, noise, seed
  std::string out, plot, show, json;
};

CommandLine noise_command_line(NoiseOptions& o) {
  CommandLine line{.command = "noise",
                   .summary = "makes labels wrong as train would, and shows and saves them"};
  const std::vector<Option> train = option_table(o.train);
  for (const char* shared : {"dataset", "data", "limit", "noise", "seed", "threads"})
    line.options.push_back(*find_option(train, shared));
  line.options.push_back({"out", "FILE", "save the labels: .npy, or .csv with the true ones too", &o.out});
  line.options.push_back({"plot", "FILE.svg", "draw the transition matrix", &o.plot});
  line.options.push_back({"show", "FILE.png", "draw images with their given and true labels", &o.show});
  line.options.push_back({"json", "FILE", "write rate, matrix and counts", &o.json});
  return line;
}

void check_options(const NoiseOptions& o) {
  check(o.train);
  if (o.train.noise == "none")
    reject("noise needs a --noise other than none; noisegate list noise names what there is");
  const auto require_ending = [](const std::string& option, const std::string& file,
                                 const std::vector<std::string>& endings) {
    const bool known =
        std::any_of(endings.begin(), endings.end(), [&](const auto& e) { return file.ends_with(e); });
    if (!file.empty() && !known)
      reject("{} {}: the file's name must end in {}", option, file, fmt::join(endings, " or "));
  };
  require_ending("--out", o.out, {".npy", ".csv"});
  require_ending("--plot", o.plot, {".svg"});
  require_ending("--show", o.show, {".png"});
  for (const std::string& file : {o.out, o.plot, o.show, o.json}) require_writable(file);
}

/// Row names of the matrix: the classes, and behind them no_class where there are images of none.
std::vector<int> rows_of(const TransitionMatrix& matrix) {
  std::vector<int> rows;
  for (int label = 0; label < matrix.classes(); ++label) rows.push_back(label);
  if (matrix.samples(no_class) > 0) rows.push_back(no_class);
  return rows;
}

std::string name_of(const Dataset& dataset, int label) {
  return label == no_class ? "none of them" : dataset.class_names[label];
}

std::string given_count(const TransitionMatrix& matrix, int label) {
  return label == no_class ? "" : fmt::format("{}", matrix.samples_given(label));
}

constexpr int most_columns = 10;  // that fit a line of 100 characters

void print_matrix(const Dataset& dataset, const TransitionMatrix& matrix) {
  say("{:<14}", "% of true class");
  for (const std::string& name : dataset.class_names) say("{:>7}", printable(name, 6));
  say("{:>7}{:>7}\n", "true", "given");
  for (const int truth : rows_of(matrix)) {
    say("{:<15}", printable(name_of(dataset, truth), 14));
    for (int given = 0; given < matrix.classes(); ++given) {
      const double share = matrix(truth, given);
      say("{:>7}", share == 0 ? "." : fmt::format("{:.1f}", 100 * share));
    }
    say("{:>7}{:>7}\n", matrix.samples(truth), given_count(matrix, truth));
  }
}

/// "pear 5.2, orange 3.0, …": the wrong labels that this class has most often.
std::string commonest_mistakes(const Dataset& dataset, const TransitionMatrix& matrix, int truth) {
  std::vector<int> wrong = matrix.labels_of(truth);
  std::erase(wrong, truth);
  std::stable_sort(wrong.begin(), wrong.end(),
                   [&](int a, int b) { return matrix(truth, a) > matrix(truth, b); });
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < std::min<std::size_t>(wrong.size(), 3); ++i)
    texts.push_back(
        fmt::format("{} ({:.1f})", shown(dataset.class_names[wrong[i]], 24), 100 * matrix(truth, wrong[i])));
  return fmt::format("{}{}", fmt::join(texts, ", "), wrong.size() > 3 ? ", ..." : "");
}

void print_mistakes(const Dataset& dataset, const TransitionMatrix& matrix) {
  say("The {} classes, with the wrong labels that each has most often{}.\n", matrix.classes(),
      matrix.classes() <= most_classes_in_matrix ? "; --json and --plot have all" : "");
  say("{:<20}{:>7}{:>7}{:>8}  {}\n", "% of true class", "true", "given", "right", "wrong");
  for (const int truth : rows_of(matrix)) {
    const std::string right = truth == no_class ? "" : fmt::format("{:.1f}", 100 * matrix(truth, truth));
    say("{:<20}{:>7}{:>7}{:>8}  {}\n", printable(name_of(dataset, truth), 19), matrix.samples(truth),
        given_count(matrix, truth), right, commonest_mistakes(dataset, matrix, truth));
  }
}

std::string rate_sentence(const ImageSet& train) {
  return fmt::format("{:.2f}% of {} labels are wrong", 100 * noise_rate(train.truth, train.given),
                     train.size());
}

nlohmann::ordered_json to_json(const NoiseOptions& options, const Dataset& dataset,
                               const TransitionMatrix& matrix) {
  nlohmann::ordered_json json;
  json["dataset"] = options.train.dataset;
  json["noise"] = options.train.noise;
  json["seed"] = options.train.seed;
  json["samples"] = dataset.train.size();
  json["rate"] = noise_rate(dataset.train.truth, dataset.train.given);
  json["classes"] = dataset.class_names;
  std::vector<std::int64_t> true_counts, given_counts;
  std::vector<std::vector<double>> shares;
  for (int truth = 0; truth < matrix.classes(); ++truth) {
    true_counts.push_back(matrix.samples(truth));
    given_counts.push_back(matrix.samples_given(truth));
    shares.emplace_back();
    for (int given = 0; given < matrix.classes(); ++given) shares.back().push_back(matrix(truth, given));
  }
  json["true_counts"] = true_counts;
  json["given_counts"] = given_counts;
  json["of_no_class"] = matrix.samples(no_class);
  json["transition"] = shares;
  return json;
}

void save_labels(const std::string& file, const ImageSet& train) {
  if (file.ends_with(".npy")) {
    const std::vector<std::int64_t> labels(train.given.begin(), train.given.end());
    return save_numpy<std::int64_t>(file, {train.size()}, labels);
  }
  std::string text = "label,label_noisy\n";
  for (std::size_t i = 0; i < train.given.size(); ++i)
    text += fmt::format("{},{}\n", train.truth[i], train.given[i]);
  write_file_atomically(file, text);
}

}  // namespace

int noise_command(const Arguments& arguments) {
  NoiseOptions options;
  const CommandLine line = noise_command_line(options);
  const auto given = parse(line, arguments);
  if (!given) return 0;
  options.train.dataset.clear();
  assign_given(line, *given);
  check_options(options);
  choose_dataset(options.train);
  set_thread_count(options.train.threads);

  const Dataset dataset = load_noisy_dataset(options.train);
  for (const auto& [option, file] : {std::pair("--plot", options.plot), std::pair("--json", options.json)})
    if (!file.empty()) require_matrix_of(dataset.classes, option);
  if (!options.train.note.empty()) warn("{}", options.train.note);
  const TransitionMatrix matrix(dataset.train.truth, dataset.train.given, dataset.classes);
  const std::string title =
      fmt::format("{} {}, seed {}", dataset.name, options.train.noise, options.train.seed);
  const std::string rate = rate_sentence(dataset.train);
  say("{}: {}\n\n", printable(title), rate);
  (dataset.classes <= most_columns ? print_matrix : print_mistakes)(dataset, matrix);

  if (!options.out.empty()) save_labels(options.out, dataset.train);
  if (!options.out.empty() && matrix.samples(no_class) > 0)
    say("{} has the labels alone: to train on these images, give train the same --noise and --seed.\n",
        printable(options.out));
  if (!options.plot.empty())
    write_file_atomically(options.plot, heat_map_svg(matrix, dataset.class_names, title, rate));
  if (!options.show.empty())
    write_file_atomically(options.show,
                          contact_sheet(dataset.train, title + ": " + rate, tiles_of_noise(dataset)).png());
  if (!options.json.empty()) save_json(options.json, to_json(options, dataset, matrix));
  return 0;
}

}  // namespace noisegate
