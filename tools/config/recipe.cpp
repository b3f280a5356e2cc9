#include "tools/config/recipe.h"

#include "engine/error.h"
#include "engine/optimizer.h"
#include "engine/text.h"
#include "losses/schemes/scheme.h"
#include "noise/noise.h"
#include "tools/cli/toml_file.h"
#include "tools/config/recipe_texts.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace noisegate {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

/// "50/100" of 150 epochs → "5/10" of 15. 0, which means never, stays.
std::string scaled_milestones(const std::string& text, double factor) {
  std::vector<std::string> scaled;
  int before = 0;
  for (const std::string& part : split(text, '/')) {
    const int epoch = std::stoi(part);
    if (epoch > 0) before = std::max(before + 1, static_cast<int>(std::lround(epoch * factor)));
    scaled.push_back(std::to_string(epoch > 0 ? before : 0));
  }
  return fmt::format("{}", fmt::join(scaled, "/"));
}

/// The spec of one of the entries, with those values scaled that count epochs.
std::string scaled_spec(const std::string& spec, const std::vector<Description>& entries, double factor) {
  const std::size_t colon = spec.find(':');
  if (colon == std::string::npos) return spec;
  std::set<std::string> keys;
  for (const Parameter& parameter : find_entry(entries, Spec(spec, "recipe")).parameters)
    if (parameter.unit == "epochs") keys.insert(parameter.key);
  std::vector<std::string> parameters = split(spec.substr(colon + 1), ',');
  for (std::string& parameter : parameters) {
    const std::size_t equals = parameter.find('=');
    if (equals == std::string::npos || !keys.contains(parameter.substr(0, equals))) continue;
    parameter = parameter.substr(0, equals + 1) + scaled_milestones(parameter.substr(equals + 1), factor);
  }
  return fmt::format("{}:{}", spec.substr(0, colon), fmt::join(parameters, ","));
}

/// The parameters that a noise has, the main one first.
std::vector<Parameter> parameters_of(const Spec& noise) {
  return find_entry(list_noise(), noise).parameters;
}

/// "0.40" is "0.4".
bool same_value(const std::string& a, const std::string& b) {
  const auto number = [](const std::string& text) {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    return *end == '\0' && !text.empty() ? std::optional(value) : std::nullopt;
  };
  return a == b || (number(a) && number(a) == number(b));
}

/// The key's value, taken out of the table; throws Error where there is none.
std::string take(toml::table& table, const std::string& key, const std::string& file) {
  const toml::node* value = table.get(key);
  if (!value) reject("{} lacks '{}'", file, key);
  const std::string text = text_of(*value, fmt::format("'{}' in {}", key, file));
  table.erase(key);
  return text;
}

PublishedResult parse_result(toml::table table, const std::string& file) {
  PublishedResult result;
  result.noise = take(table, "noise", file);
  result.accuracy = table["accuracy"].value<double>().value_or(-1);
  result.deviation = table["deviation"].value<double>();
  if (result.accuracy < 0) reject("{} has a result without 'accuracy'", file);
  table.erase("accuracy");
  table.erase("deviation");
  TrainOptions known;
  assign_table(table, file, option_table(known));
  for (const auto& [key, value] : table) result.settings[std::string(key.str())] = text_of(value, file);
  return result;
}

Epochs parse_epochs(const std::string& text, const std::string& file) {
  std::vector<std::string> known;
  for (const Epochs epochs : {Epochs::last, Epochs::last_ten, Epochs::best, Epochs::best_validation}) {
    if (to_string(epochs) == text) return epochs;
    known.push_back(to_string(epochs));
  }
  reject("{} has over = '{}': {}", file, text, known_words(text, known));
}

void parse_published(toml::table published, const std::string& file, Recipe& recipe) {
  recipe.paper = take(published, "paper", file);
  recipe.table = take(published, "table", file);
  recipe.metric = take(published, "metric", file);
  recipe.over = parse_epochs(take(published, "over", file), file);
  const toml::array* results = published["results"].as_array();
  if (!results) reject("{} lacks 'results'", file);
  for (const toml::node& node : *results) {
    const toml::table* result = node.as_table();
    if (!result) reject("{} has a result that is no table", file);
    recipe.results.push_back(parse_result(*result, file));
  }
  published.erase("results");
  if (!published.empty()) reject("{} has the unknown key '{}'", file, published.begin()->first.str());
}

}  // namespace

bool PublishedResult::is_for(const std::string& given_noise) const {
  const Spec given(given_noise, "--noise"), meant(noise, "noise");
  if (given.name() != meant.name()) return false;
  const std::vector<Parameter> parameters = parameters_of(meant);
  const Values given_values(given, parameters), meant_values(meant, parameters);
  return std::ranges::all_of(parameters, [&](const Parameter& parameter) {
    const std::string& key = parameter.key;
    return !meant_values.given(key) ||
           same_value(given_values.spec().word(key, ""), meant_values.spec().word(key, ""));
  });
}

bool PublishedResult::is_of(const std::string& given_noise) const {
  if (!is_for(given_noise)) return false;
  const Spec given(given_noise, "--noise"), meant(noise, "noise");
  const std::vector<Parameter> parameters = parameters_of(meant);
  const Values given_values(given, parameters), meant_values(meant, parameters);
  return std::ranges::all_of(parameters, [&](const Parameter& parameter) {
    return parameter.kind == Parameter::Kind::path || meant_values.given(parameter.key) ||
           !given_values.given(parameter.key);
  });
}

std::string to_string(Epochs epochs) {
  switch (epochs) {
    case Epochs::last:
      return "last epoch";
    case Epochs::last_ten:
      return "last ten epochs";
    case Epochs::best:
      return "best epoch";
    case Epochs::best_validation:
      return "best validation epoch";
  }
  fail("no such choice of epochs");
}

std::vector<Recipe> list_recipes() {
  std::vector<Recipe> recipes;
  for (const RecipeText& text : recipe_texts()) recipes.push_back(parse_recipe(text.name, text.toml));
  return recipes;
}

std::optional<Recipe> known_recipe(const std::string& name) {
  for (const RecipeText& text : recipe_texts())
    if (text.name == name) return parse_recipe(text.name, text.toml);
  return std::nullopt;
}

Recipe find_recipe(const std::string& name) {
  if (std::optional<Recipe> recipe = known_recipe(name)) return *recipe;
  std::vector<std::string> known;
  for (const RecipeText& text : recipe_texts()) known.emplace_back(text.name);
  reject("there is no recipe '{}': {}", shown(name), known_words(name, known));
}

Recipe parse_recipe(const std::string& name, const std::string& toml) {
  const std::string file = "recipe " + name;
  toml::table table = parse_toml(toml, file);
  Recipe recipe;
  recipe.name = name;
  const toml::table* published = table["published"].as_table();
  if (!published) reject("{} lacks the table [published]", file);
  parse_published(*published, file, recipe);
  table.erase("published");
  assign_table(table, file, option_table(recipe.options));
  recipe.options.recipe = name;
  return recipe;
}

TrainOptions recipe_options(const Recipe& recipe, const std::string& noise, int epochs) {
  TrainOptions options = recipe.options;
  const std::vector<Option> table = option_table(options);
  for (const PublishedResult& result : recipe.results) {
    if (!result.is_for(noise)) continue;
    for (const auto& [name, value] : result.settings) assign(*find_option(table, name), value, recipe.name);
  }
  const double factor = static_cast<double>(epochs) / options.epochs;
  options.epochs = epochs;
  if (factor == 1) return options;
  options.schedule = scaled_spec(options.schedule, list_schedules(), factor);
  options.scheme = scaled_spec(options.scheme, list_schemes(), factor);
  return options;
}

std::string to_string(const PublishedResult& result) {
  const std::string accuracy = fmt::format("{:.2f}", result.accuracy);
  return result.deviation ? fmt::format("{} ± {:.2f}", accuracy, *result.deviation) : accuracy;
}

std::vector<std::string> changed_options(const Recipe& recipe, const TrainOptions& options) {
  const Settings meant = deciding_settings(recipe_options(recipe, options.noise, options.epochs));
  const Settings has = deciding_settings(options);
  const auto is_as_meant = [&](std::size_t i) {
    if (has[i].first == "epochs") return options.epochs == recipe.options.epochs;
    if (has[i].first == "noise")
      return std::ranges::any_of(recipe.results, [&](const auto& r) { return r.is_of(options.noise); });
    return has[i] == meant[i];
  };
  std::vector<std::string> changed;
  for (std::size_t i = 0; i < has.size(); ++i)
    if (!is_as_meant(i)) changed.push_back(has[i].first);
  return changed;
}

std::optional<PublishedResult> published_result(const Recipe& recipe, const TrainOptions& options) {
  if (!changed_options(recipe, options).empty()) return std::nullopt;
  return *std::ranges::find_if(recipe.results, [&](const auto& r) { return r.is_of(options.noise); });
}

std::string recipe_label(const TrainOptions& options) {
  const std::optional<Recipe> recipe = known_recipe(options.recipe);
  return recipe ? recipe_label(*recipe, options) : options.recipe;
}

std::string recipe_label(const Recipe& recipe, const TrainOptions& options) {
  const std::vector<std::string> changed = changed_options(recipe, options);
  return recipe.name + (changed.empty() ? "" : fmt::format(", changed: {}", fmt::join(changed, ", ")));
}

Settings shown_settings(const TrainOptions& options) {
  Settings settings = deciding_settings(options);
  std::ranges::find(settings, "recipe", &Settings::value_type::first)->second = recipe_label(options);
  return settings;
}

std::vector<std::string> recipe_notes(const Recipe& recipe, const TrainOptions& options) {
  std::vector<std::string> notes;
  for (const PublishedResult& result : recipe.results)
    if (result.is_for(options.noise))
      notes.push_back(fmt::format("{}, {}: {} under {} ({}, {})", recipe.paper, recipe.table,
                                  to_string(result), result.noise, recipe.metric, to_string(recipe.over)));
  const TrainOptions whole = recipe_options(recipe, options.noise, recipe.options.epochs);
  const TrainOptions scaled = recipe_options(recipe, options.noise, options.epochs);
  std::vector<std::string> changes;
  if (scaled.schedule != whole.schedule && options.schedule == scaled.schedule)
    changes.push_back(fmt::format("{} is now {}", whole.schedule, scaled.schedule));
  if (scaled.scheme != whole.scheme && options.scheme == scaled.scheme)
    changes.push_back(fmt::format("{} is now {}", whole.scheme, scaled.scheme));
  if (!changes.empty())
    notes.push_back(fmt::format("recipe {} scaled from {} to {} epochs: {}", recipe.name, whole.epochs,
                                options.epochs, fmt::join(changes, ", ")));
  if (!changed_options(recipe, options).empty())
    notes.push_back("this run is not the paper's: recipe " + recipe_label(recipe, options));
  return notes;
}

}  // namespace noisegate
