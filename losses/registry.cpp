// From a spec to a loss: names, sums, parameters.
#include "losses/registry.h"

#include "engine/error.h"
#include "losses/functions/row/transition_matrix.h"
#include "losses/known_losses.h"
#include "losses/sum_loss.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

namespace noisegate {
namespace {

using Numbers = std::map<std::string, double>;

using parameter::flag, parameter::number;

const Parameter alpha = number("alpha", 1, {0, 1e6}), beta = number("beta", 1, {0, 1e6}),
                l1 = number("l1", 0, {0, 1});

const std::vector<KnownLoss>& known_losses() {
  static const std::vector<KnownLoss> all = [] {
    std::vector<KnownLoss> list;
    add_py_losses(list);
    add_row_losses(list);
    return list;
  }();
  return all;
}

struct PublishedSum {
  std::string name;
  std::vector<std::pair<std::string, double>> defaults;
  std::string source;
};

/// With the parameters published for CIFAR-10.
const std::vector<PublishedSum>& published_sums() {
  const char* const active_passive = "Ma et al., Normalized Loss Functions, ICML 2020";
  const char* const asymmetric = "Zhou et al., Asymmetric Loss Functions, ICML 2021";
  const char* const negative = "Ye et al., Active Negative Loss Functions, NeurIPS 2023";
  static const std::vector<PublishedSum> all = {
      {"nce+rce", {{"alpha", 1}, {"beta", 1}}, active_passive},
      {"nce+mae", {{"alpha", 1}, {"beta", 1}}, active_passive},
      {"nfl+rce", {{"alpha", 1}, {"beta", 1}}, active_passive},
      {"nfl+mae", {{"alpha", 1}, {"beta", 1}}, active_passive},
      {"nce+agce", {{"alpha", 1}, {"beta", 4}, {"a", 6}, {"q", 1.5}}, asymmetric},
      {"nce+aul", {{"alpha", 1}, {"beta", 4}, {"a", 6.3}, {"q", 1.5}}, asymmetric},
      {"nce+ael", {{"alpha", 1}, {"beta", 4}, {"a", 5}}, asymmetric},
      {"nce+nnce", {{"alpha", 5}, {"beta", 5}}, negative},
      {"nfl+nnfl", {{"alpha", 5}, {"beta", 5}, {"gamma", 0.5}}, negative},
  };
  return all;
}

/// "phuber-ce" has a tau of its own, so the tau of ShiftScaleOptions is margin-tau there.
std::string tau_key(const LossInfo& loss) {
  return std::ranges::count(loss.parameters, "tau", &Parameter::key) > 0 ? "margin-tau" : "tau";
}

/// The parameters of a loss, shift_scale_parameters() included, under the keys that they have in its spec.
std::vector<Parameter> parameters_of(const LossInfo& loss) {
  std::vector<Parameter> all = loss.parameters;
  if (!loss.is_py) return all;
  for (Parameter& parameter : shift_scale_parameters()) {
    if (parameter.key == "tau") parameter.key = tau_key(loss);
    all.push_back(parameter);
  }
  return all;
}

std::vector<std::string> names_of(const Spec& spec) {
  std::vector<std::string> names(1);
  for (const char c : spec.name()) {
    if (c == '+')
      names.emplace_back();
    else
      names.back() += c;
  }
  return names;
}

/// The losses that a spec names, alone or as a sum of two.
std::vector<const KnownLoss*> find_losses(const Spec& spec) {
  std::vector<const KnownLoss*> found;
  for (const std::string& name : names_of(spec)) {
    const auto at = std::ranges::find(known_losses(), name, &KnownLoss::name);
    if (at == known_losses().end()) spec.unknown(names_of(known_losses()));
    found.push_back(&*at);
  }
  return found;
}

/// The parameter's value where it has this key and this default.
double read_number(const Spec& spec, Parameter parameter, const std::string& key, double fallback) {
  parameter.key = key;
  parameter.number = fallback;
  return number_of(spec, parameter);
}

ShiftScaleOptions read_shift_scale(const LossValues& values, const LossInfo& loss) {
  if (!loss.is_py) return {};
  const std::string tau = tau_key(loss);
  const ShiftScaleOptions options{.shift = values["shift"],
                                  .scale = values["scale-margin"],
                                  .tau = values[tau],
                                  .tau_shifts = values["tau-shifts"] != 0,
                                  .unit_weight = values["unit-weight"] != 0};
  if (options.tau > 0 && (options.tau_shifts ? options.shift != 0 : options.scale != 1))
    reject("{}: {} sets {}, so only one of them can be given", values.what, tau,
           options.tau_shifts ? "shift" : "scale-margin");
  if (options.tau == 0 && options.tau_shifts) reject("{}: tau-shifts needs {}", values.what, tau);
  return options;
}

/// The part's values: `name.key` before `key`, `key` (unless it is the sum's own) before the default.
LossValues read_values(const LossInfo& loss, const Spec& spec, const std::set<std::string>& keys_of_sum,
                       const Numbers& defaults, const LossSetting& setting) {
  LossValues values;
  for (const Parameter& parameter : parameters_of(loss)) {
    if (parameter.is_text()) continue;
    const std::string& key = parameter.key;
    double value = parameter.number;
    if (!keys_of_sum.contains(key)) {
      if (const auto found = defaults.find(key); found != defaults.end()) value = found->second;
      value = read_number(spec, parameter, key, value);
    }
    values.numbers[key] = read_number(spec, parameter, loss.name + "." + key, value);
  }
  values.what = spec.where();
  values.label_shares = setting.label_shares;
  if (loss.needs_transition) {
    if (setting.transition.empty()) reject("{}: its transition matrix is not known here", values.what);
    values.transition = setting.transition;
    values.classes = classes_of(values.transition, values.what);
  }
  return values;
}

/// The keys that a spec of these parts may have, the main one first.
std::vector<std::string> keys_of(const std::vector<const KnownLoss*>& summands) {
  std::vector<std::string> keys;
  if (summands.size() > 1) keys = {"alpha", "beta", "l1"};
  const auto add = [&](const std::string& key) {
    if (std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
  };
  for (const KnownLoss* part : summands)
    for (const Parameter& parameter : parameters_of(*part)) add(parameter.key);
  if (summands.size() == 1) return keys;
  for (const KnownLoss* part : summands)
    for (const Parameter& parameter : parameters_of(*part))
      if (!parameter.is_text()) add(part->name + "." + parameter.key);
  return keys;
}

Numbers published_defaults(const std::string& name) {
  for (const PublishedSum& sum : published_sums())
    if (sum.name == name) return {sum.defaults.begin(), sum.defaults.end()};
  return {};
}

std::unique_ptr<Loss> make_sum(Spec spec, const std::vector<const KnownLoss*>& summands,
                               const LossSetting& setting) {
  spec.expect(keys_of(summands));
  const bool is_sum = summands.size() > 1;
  if (!is_sum && summands.front()->make_alone)
    return summands.front()->make_alone(read_values(*summands.front(), spec, {}, {}, setting));
  const std::set<std::string> keys_of_sum =
      is_sum ? std::set<std::string>{"alpha", "beta", "l1"} : std::set<std::string>{};
  const Numbers defaults = published_defaults(spec.name());
  const auto factor = [&](const Parameter& parameter) {
    const auto found = defaults.find(parameter.key);
    return read_number(spec, parameter, parameter.key,
                       found == defaults.end() ? parameter.number : found->second);
  };
  std::vector<WeightedPart> weighted;
  int classes = static_cast<int>(setting.label_shares.size());
  for (const KnownLoss* part : summands) {
    const LossValues values = read_values(*part, spec, keys_of_sum, defaults, setting);
    if (values.classes != 0) classes = values.classes;
    const double weight = !is_sum ? 1 : factor(weighted.empty() ? alpha : beta);
    weighted.push_back({weight, part->make_part(values, read_shift_scale(values, *part))});
  }
  return std::make_unique<SumLoss>(std::move(weighted), is_sum ? factor(l1) : 0, classes);
}

}  // namespace

std::vector<Parameter> shift_scale_parameters() {
  return {number("shift", 0, {-1e4, 1e4}), number("scale-margin", 1, above(0, 1e4)),
          number("tau", 0, {0, 1e4}), flag("tau-shifts", false), flag("unit-weight", false)};
}

std::vector<LossInfo> list_losses() {
  return {known_losses().begin(), known_losses().end()};
}

std::vector<SumInfo> list_sums() {
  std::vector<SumInfo> infos;
  for (const PublishedSum& sum : published_sums()) {
    std::string text;
    for (const auto& [key, value] : sum.defaults)
      text += fmt::format("{}{}={}", text.empty() ? "" : ", ", key, value);
    infos.push_back({sum.name, text, sum.source});
  }
  return infos;
}

std::optional<TransitionRequest> transition_request(const Spec& spec) {
  Spec copy = spec;
  const std::vector<const KnownLoss*> summands = find_losses(spec);
  if (std::ranges::none_of(summands, &KnownLoss::needs_transition)) return std::nullopt;
  copy.expect(keys_of(summands));
  using Source = TransitionRequest::Source;
  const std::string word = copy.word("T", ""), run = copy.word("run", "");
  if (word.empty())
    reject("{} needs a transition matrix: T=FILE, T=true or T=estimate,run=DIR", spec.where());
  if ((word == "estimate") == run.empty()) reject("{}: T=estimate and run=DIR belong together", spec.where());
  if (word == "estimate") return TransitionRequest{Source::estimate, run};
  if (word == "true") return TransitionRequest{Source::truth, ""};
  return TransitionRequest{Source::file, word};
}

std::unique_ptr<PyLoss> make_py_loss(Spec spec) {
  const std::vector<const KnownLoss*> found = find_losses(spec);
  const KnownLoss& loss = *found.front();
  if (found.size() > 1 || !loss.is_py)
    reject("{}: only a loss of the given label's probability alone will do here", spec.where());
  spec.expect(keys_of(found));
  const LossValues values = read_values(loss, spec, {}, {}, {});
  for (const Parameter& parameter : shift_scale_parameters())
    if (spec.has(parameter.key == "tau" ? tau_key(loss) : parameter.key))
      reject("{}: {} does not go with a scheme that clips", spec.where(), parameter.key);
  return std::unique_ptr<PyLoss>(dynamic_cast<PyLoss*>(loss.make_part(values, {}).release()));
}

std::unique_ptr<Loss> make_loss(const Spec& spec, const LossSetting& setting) {
  const std::vector<const KnownLoss*> found = find_losses(spec);
  if (found.size() > 2 || (found.size() == 2 && found[0] == found[1]))
    reject("{}: a sum has two different losses", spec.where());
  for (const KnownLoss* loss : found)
    if (found.size() > 1 && !loss->make_part)
      reject("{}: {} compares two views of each sample and stands alone", spec.where(), loss->name);
  return make_sum(spec, found, setting);
}

}  // namespace noisegate
