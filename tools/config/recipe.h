// Published recipes: a paper's settings under one name, with its reported results. Each is a TOML file in
// tools/config/recipes/ that is embedded in the executable.
#pragma once

#include "tools/config/train_options.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace noisegate {

/// The epochs by which a paper judges a run.
enum class Epochs { last, last_ten, best, best_validation };
std::string to_string(Epochs epochs);  // "last ten epochs"

/// A number of the paper's table.
struct PublishedResult {
  std::string noise;                            // the --noise of the number
  double accuracy = 0;                          // in percent
  std::optional<double> deviation;              // over the paper's runs
  std::map<std::string, std::string> settings;  // options that the paper sets differently for this noise

  /// Whether this --noise matches: one that has the parameters of `noise`, and maybe more.
  bool is_for(const std::string& given_noise) const;
  /// Whether it is the same noise: the same parameters, except for the place of its files.
  bool is_of(const std::string& given_noise) const;
};

struct Recipe {
  std::string name;
  std::string paper, table;  // "Table 3"
  std::string metric;        // the key in metrics.jsonl of the number that the paper reports: "test_acc"
  Epochs over = Epochs::last;
  std::vector<PublishedResult> results;
  TrainOptions options;
};

/// Returns all recipes, by name.
std::vector<Recipe> list_recipes();

/// Returns nothing for an unknown name, which a run of another version may have.
std::optional<Recipe> known_recipe(const std::string& name);

/// Throws Error for an unknown name, listing the known ones.
Recipe find_recipe(const std::string& name);

/// Parses a recipe's TOML: options, and the paper's results in the table [published]. Throws Error naming the
/// recipe for an unknown key or a missing one.
Recipe parse_recipe(const std::string& name, const std::string& toml);

/// Returns the recipe's options for this noise and this number of epochs. Scales everything that counts
/// epochs (the schedule's `at`, `every` and `warmup`, the scheme's `lc`, `from`, `every` and `ramp`) with
/// them, to whole epochs, at least 1, and milestones to ones that rise.
TrainOptions recipe_options(const Recipe& recipe, const std::string& noise, int epochs);

/// Returns the names of the deciding options in which a run differs from the recipe; none if it follows the
/// recipe, under a noise that the paper reports. Options that were scaled to the number of epochs do not
/// count, `epochs` does.
std::vector<std::string> changed_options(const Recipe& recipe, const TrainOptions& options);

/// Returns the paper's result for such a run; nothing if the run differs from the recipe.
std::optional<PublishedResult> published_result(const Recipe& recipe, const TrainOptions& options);

/// Returns the label of a run: "" without a recipe, "ogc-ce-cifar10", or "ogc-ce-cifar10, changed: model,
/// epochs" if it differs.
std::string recipe_label(const TrainOptions& options);
std::string recipe_label(const Recipe& recipe, const TrainOptions& options);

/// Returns the deciding settings as shown to the user, the recipe by its label.
Settings shown_settings(const TrainOptions& options);

/// Returns notes for the user on a run by this recipe, a line each: the paper's result, the options that were
/// scaled to the number of epochs, and the differences of the run.
std::vector<std::string> recipe_notes(const Recipe& recipe, const TrainOptions& options);

/// Returns "91.80 ± 0.13".
std::string to_string(const PublishedResult& result);

}  // namespace noisegate
