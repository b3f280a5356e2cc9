// Published recipes: a paper's settings under one name, with what the paper reports for them. Each is a TOML
// file in tools/config/recipes/ that the executable carries inside.
#pragma once

#include "tools/config/train_options.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace noisegate {

/// The epochs by which papers judge a run.
enum class Epochs { last, last_ten, best, best_validation };
std::string to_string(Epochs epochs);  // "last ten epochs"

/// A number of the paper's table.
struct PublishedResult {
  std::string noise;                            // the --noise that it is for
  double accuracy = 0;                          // in percent
  std::optional<double> deviation;              // over the paper's runs
  std::map<std::string, std::string> settings;  // options that the paper sets otherwise for this noise

  /// Whether this --noise is meant: one that has the parameters of `noise`, and maybe more.
  bool is_for(const std::string& given_noise) const;
  /// Whether it is this very noise: one of the same parameters, but for where its files lie.
  bool is_of(const std::string& given_noise) const;
};

struct Recipe {
  std::string name;
  std::string paper, table;  // "Table 3"
  std::string metric;        // the one of metrics.jsonl that the paper reports: "test_acc"
  Epochs over = Epochs::last;
  std::vector<PublishedResult> results;
  TrainOptions options;
};

/// All of them, by name.
std::vector<Recipe> list_recipes();

/// Nothing for a name that there is not, as a run of another version may have it.
std::optional<Recipe> known_recipe(const std::string& name);

/// Throws Error for a name that there is not, listing those that there are.
Recipe find_recipe(const std::string& name);

/// From a recipe's TOML: options, and what is published in the table [published]. Throws Error naming the
/// recipe for an unknown key or a missing one.
Recipe parse_recipe(const std::string& name, const std::string& toml);

/// The recipe's options for this noise, and for a run of so many epochs: all that counts epochs (the
/// schedule's `at`, `every` and `warmup`, the scheme's `lc`, `from`, `every` and `ramp`) is scaled with them,
/// to whole epochs, at least 1, and milestones to ones that rise.
TrainOptions recipe_options(const Recipe& recipe, const std::string& noise, int epochs);

/// Names of the deciding options in which a run differs from the recipe; none where it follows it, under a
/// noise that the paper reports. What is scaled to the number of epochs does not count, `epochs` does.
std::vector<std::string> changed_options(const Recipe& recipe, const TrainOptions& options);

/// What the paper reports for such a run; nothing where that differs from the recipe in anything.
std::optional<PublishedResult> published_result(const Recipe& recipe, const TrainOptions& options);

/// What a run is filed under: "" without a recipe, "ogc-ce-cifar10", or "ogc-ce-cifar10, changed: model,
/// epochs" where it differs.
std::string recipe_label(const TrainOptions& options);
std::string recipe_label(const Recipe& recipe, const TrainOptions& options);

/// The deciding settings as a person is shown them, the recipe by its label.
Settings shown_settings(const TrainOptions& options);

/// What a person should know of a run by this recipe, a line each: what the paper reports for it, what was
/// scaled to the number of epochs, and in what the run differs.
std::vector<std::string> recipe_notes(const Recipe& recipe, const TrainOptions& options);

/// "91.80 ± 0.13".
std::string to_string(const PublishedResult& result);

}  // namespace noisegate
