// noisegate suspects: the training samples that a run's model takes for mislabelled, to be looked at or left
// out.
#include "tools/analysis/suspects.h"

#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/text.h"
#include "noise/transition.h"
#include "tools/cli/command.h"
#include "tools/cli/command_line.h"
#include "tools/cli/output.h"
#include "tools/figures/contact_sheet.h"
#include "tools/runs/trained_run.h"
#include "tools/train/data.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace noisegate {
namespace {

struct SuspectsOptions {
  std::string out, show;
  std::int64_t count = 1000;
  bool momentum = false;
  RunView view;
};

CommandLine suspects_command_line(SuspectsOptions& o) {
  return {.command = "suspects",
          .summary = "finds the training samples whose labels are most likely wrong",
          .word = "RUN_DIR",
          .options = {
              {"out", "FILE.csv", "write the first --count", &o.out},
              {"count", "N", "suspects to write, 0: all samples", &o.count},
              {"show", "FILE.png", "draw the first 80", &o.show},
              {"momentum", "", "rank by the momentum model; the other gives the second opinion", &o.momentum},
              {"data", "DIR", "folder with the files of the dataset, where they have moved", &o.view.data},
              o.view.row("device"),
              o.view.row("threads")}};
}

void check(const SuspectsOptions& o) {
  if (o.count < 0) reject("--count must be at least 0, not {}", o.count);
  if (!o.out.empty() && !o.out.ends_with(".csv")) reject("--out {}: the file's name must end in .csv", o.out);
  if (!o.show.empty() && !o.show.ends_with(".png"))
    reject("--show {}: the file's name must end in .png", o.show);
  for (const std::string& file : {o.out, o.show}) require_writable(file);
}

/// What the table, the file and the picture are made from.
struct Findings {
  Dataset dataset;  // its training set as the run saw it, with the part that was held out
  std::vector<Suspect> suspects;
  LeftOut left_out;
  bool truth_is_known = false;
};

Findings find_suspects(const TrainedRun& run, bool by_momentum) {
  Dataset dataset = load_noisy_dataset(run.options);
  const auto predict_with = [&](const std::filesystem::path& file) {
    return predict(*load_run_model(run, file, dataset), dataset, dataset.train);
  };
  const bool has_momentum = std::filesystem::exists(run.folder.average_model());
  if (by_momentum && !has_momentum)
    reject("--momentum: the run {} has no momentum model", run.folder.path().string());
  Predictions ranking = predict_with(run.folder.model());
  std::optional<Predictions> second;
  if (has_momentum) second = predict_with(run.folder.average_model());
  if (by_momentum) std::swap(ranking, *second);
  auto suspects = rank_suspects(ranking, second ? &*second : nullptr, dataset.train.given);
  const bool truth_is_known = knows_wrong_labels(dataset.train);
  return {std::move(dataset), std::move(suspects), ranking.left_out, truth_is_known};
}

/// A cell of a CSV file, in quotes where it needs them.
std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted;
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return fmt::format("\"{}\"", quoted);
}

void save_csv(const SuspectsOptions& options, const Findings& found) {
  const ImageSet& train = found.dataset.train;
  const bool has_second = !found.suspects.empty() && found.suspects.front().second;
  std::string text = "index,given,predicted,p,loss,margin";
  if (has_second) text += ",second_predicted,second_p";
  if (found.truth_is_known) text += ",true";
  if (!train.files.empty()) text += ",file";
  text += '\n';
  const auto all = static_cast<std::int64_t>(found.suspects.size());
  for (std::int64_t i = 0; i < (options.count == 0 ? all : std::min(options.count, all)); ++i) {
    const Suspect& s = found.suspects[i];
    text += fmt::format("{},{},{},{:.6g},{:.6g},{:.6g}", s.sample, s.given, s.predicted, s.probability,
                        s.loss, s.margin);
    if (s.second) text += fmt::format(",{},{:.6g}", s.second->predicted, s.second->probability);
    if (found.truth_is_known) text += fmt::format(",{}", train.truth[s.sample]);
    if (!train.files.empty()) text += fmt::format(",{}", csv_cell(train.files[s.sample]));
    text += '\n';
  }
  write_file_atomically(options.out, text);
}

std::vector<Tile> tiles_of(const Findings& found) {
  const ImageSet& train = found.dataset.train;
  std::vector<Tile> tiles;
  for (const Suspect& s : found.suspects) {
    if (static_cast<std::int64_t>(tiles.size()) == most_tiles) break;
    tiles.push_back({s.sample, class_name(found.dataset, s.given),
                     s.predicted == s.given ? "" : class_name(found.dataset, s.predicted) + "?",
                     train.given[s.sample] != train.truth[s.sample]});
  }
  return tiles;
}

void print_first(const Findings& found) {
  constexpr std::size_t shown = 20;
  const ImageSet& train = found.dataset.train;
  const bool has_second = found.suspects.front().second.has_value();
  const auto cut = [](const std::string& name) { return printable(name, 15); };
  say("{:>9} {:<16}{:<16}{:>9}{:>9}{:>9}", "index", "given", "predicted", "p", "loss", "margin");
  say("{}{}\n", has_second ? fmt::format("{:>11}", "second p") : "", found.truth_is_known ? "  true" : "");
  for (std::size_t i = 0; i < std::min(shown, found.suspects.size()); ++i) {
    const Suspect& s = found.suspects[i];
    say("{:>9} {:<16}{:<16}{:>9.2g}{:>9.3f}{:>9.3f}", s.sample, cut(class_name(found.dataset, s.given)),
        cut(class_name(found.dataset, s.predicted)), s.probability, s.loss, s.margin);
    if (s.second) say("{:>11.2g}", s.second->probability);
    if (found.truth_is_known) say("  {}", cut(class_name(found.dataset, train.truth[s.sample])));
    say("\n");
  }
}

void print_hits(const Findings& found) {
  const ImageSet& train = found.dataset.train;
  const double rate = noise_rate(train.truth, train.given);
  const auto wrong = static_cast<std::int64_t>(rate * static_cast<double>(train.size()) + 0.5);
  std::vector<std::int64_t> firsts = {100, 1000, 10000, wrong};
  std::erase_if(firsts, [&](std::int64_t first) { return first > train.size(); });
  std::ranges::sort(firsts);
  say("\n{} of {} labels are wrong.", wrong, train.size());
  if (const auto quality = ranking_quality(found.suspects, train))
    say(" A wrong one comes before a right one with a chance of {:.1f}%.", 100 * *quality);
  say("\n");
  say("{:>9}{:>11}{:>9}\n", "first", "precision", "recall");
  for (const Hits& hits : count_hits(found.suspects, train, firsts))
    say("{:>9}{:>10.1f}%{:>8.1f}%\n", hits.first, 100 * hits.precision, 100 * hits.recall);
}

}  // namespace

int suspects_command(const Arguments& arguments) {
  SuspectsOptions options;
  const CommandLine line = suspects_command_line(options);
  const auto given = parse(line, arguments);
  if (!given) return 0;
  assign_given(line, *given);
  check(options);
  if (!given->contains("")) reject("suspects needs the folder of a run");
  const std::string& folder = given->at("");

  const TrainedRun run = open_run(folder, options.view, folder);
  const Findings found = find_suspects(run, options.momentum);
  for (const std::string& note : found.dataset.notes) warn("{}", note);
  print_first(found);
  if (found.truth_is_known) print_hits(found);
  if (found.left_out.images > 0) warn("{}", to_string(found.left_out));
  if (!options.out.empty()) save_csv(options, found);
  if (!options.show.empty()) {
    const std::string title = fmt::format("{}: the most suspicious labels", folder);
    write_file_atomically(options.show, contact_sheet(found.dataset.train, title, tiles_of(found)).png());
  }
  return 0;
}

}  // namespace noisegate
