// From a spec to a loss: names, sums, parameters.
#include "losses/loss.h"

#include "engine/error.h"
#include "losses/loss_op.h"
#include "losses/loss_registry.h"
#include "losses/transition_matrix.h"

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

const Description& gjs() {
  static const Description description{
      "gjs",
      "js over e_y, p(view 1), p(view 2) with weights pi, (1-pi)/2, (1-pi)/2; needs two views",
      "Englesson and Azizpour, Generalized Jensen-Shannon Divergence Loss, NeurIPS 2021",
      {number("pi", 0.3, {1e-3, 0.999})}};
  return description;
}

/// A loss that can be part of a sum: all but gjs.
struct Part : LossInfo {
  LossMaker make;
};

const std::vector<Part>& parts() {
  static const std::vector<Part> all = [] {
    std::vector<Part> list;
    for (const LossEntry& entry : margin_losses()) list.push_back({{entry, true, false}, entry.make});
    for (const LossEntry& entry : row_losses()) {
      const bool has_matrix = std::ranges::count(entry.parameters, "T", &Parameter::key) > 0;
      list.push_back({{entry, false, has_matrix}, entry.make});
    }
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

/// "phuber-ce" has a tau of its own, so the knob of that name is margin-tau there.
std::string tau_key(const LossInfo& loss) {
  return std::ranges::count(loss.parameters, "tau", &Parameter::key) > 0 ? "margin-tau" : "tau";
}

/// The parameters of a part, knobs included, under the keys that they have in its spec.
std::vector<Parameter> parameters_of(const LossInfo& loss) {
  std::vector<Parameter> all = loss.parameters;
  if (!loss.of_margin) return all;
  for (Parameter& knob : margin_knobs()) {
    if (knob.key == "tau") knob.key = tau_key(loss);
    all.push_back(knob);
  }
  return all;
}

const Part& find_part(const std::string& name, const Spec& spec) {
  for (const Part& part : parts())
    if (part.name == name) return part;
  if (name == gjs().name) reject("{}: gjs compares two views of each sample and stands alone", spec.where());
  spec.unknown(names_of(list_losses()));
}

/// The parameter's value where it has this key and this default.
double read_number(const Spec& spec, Parameter parameter, const std::string& key, double fallback) {
  parameter.key = key;
  parameter.number = fallback;
  return number_of(spec, parameter);
}

MarginKnobs read_knobs(Numbers& numbers, const LossInfo& loss, const Spec& spec) {
  MarginKnobs knobs{.shift = numbers["shift"],
                    .scale = numbers["scale-margin"],
                    .tau = numbers[tau_key(loss)],
                    .tau_shifts = numbers["tau-shifts"] != 0,
                    .unit_weight = numbers["unit-weight"] != 0};
  if (knobs.tau > 0 && (knobs.tau_shifts ? knobs.shift != 0 : knobs.scale != 1))
    reject("{}: {} sets {}, so only one of them can be given", spec.where(), tau_key(loss),
           knobs.tau_shifts ? "shift" : "scale-margin");
  if (knobs.tau == 0 && knobs.tau_shifts) reject("{}: tau-shifts needs {}", spec.where(), tau_key(loss));
  return knobs;
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
  if (loss.of_margin) values.knobs = read_knobs(values.numbers, loss, spec);
  if (loss.needs_transition) {
    if (setting.transition.empty()) reject("{}: its transition matrix is not known here", values.what);
    values.transition = setting.transition;
    values.classes = classes_of(values.transition, values.what);
  }
  return values;
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

/// The keys that a spec of these parts may have, the main one first.
std::vector<std::string> keys_of(const std::vector<const Part*>& summands) {
  std::vector<std::string> keys;
  if (summands.size() > 1) keys = {"alpha", "beta", "l1"};
  const auto add = [&](const std::string& key) {
    if (std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
  };
  for (const Part* part : summands)
    for (const Parameter& parameter : parameters_of(*part)) add(parameter.key);
  if (summands.size() == 1) return keys;
  for (const Part* part : summands)
    for (const Parameter& parameter : parameters_of(*part))
      if (!parameter.is_text()) add(part->name + "." + parameter.key);
  return keys;
}

Numbers published_defaults(const std::string& name) {
  for (const PublishedSum& sum : published_sums())
    if (sum.name == name) return {sum.defaults.begin(), sum.defaults.end()};
  return {};
}

std::unique_ptr<Loss> make_sum(Spec spec, const std::vector<const Part*>& summands,
                               const LossSetting& setting) {
  spec.expect(keys_of(summands));
  const bool is_sum = summands.size() > 1;
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
  for (const Part* part : summands) {
    const LossValues values = read_values(*part, spec, keys_of_sum, defaults, setting);
    if (values.classes != 0) classes = values.classes;
    const double weight = !is_sum ? 1 : factor(weighted.empty() ? alpha : beta);
    weighted.push_back({weight, part->make(values)});
  }
  return std::make_unique<SumLoss>(std::move(weighted), is_sum ? factor(l1) : 0, classes);
}

}  // namespace

std::vector<Parameter> margin_knobs() {
  return {number("shift", 0, {-1e4, 1e4}), number("scale-margin", 1, above(0, 1e4)),
          number("tau", 0, {0, 1e4}), flag("tau-shifts", false), flag("unit-weight", false)};
}

std::vector<LossInfo> list_losses() {
  std::vector<LossInfo> infos(parts().begin(), parts().end());
  infos.push_back({gjs()});
  return infos;
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
  std::vector<const Part*> summands;
  for (const std::string& name : names_of(spec)) {
    if (name == gjs().name) return std::nullopt;
    summands.push_back(&find_part(name, spec));
  }
  if (std::ranges::none_of(summands, [](const Part* part) { return part->needs_transition; }))
    return std::nullopt;
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

std::unique_ptr<PyLoss> make_margin_loss(Spec spec) {
  if (names_of(spec).size() > 1 || spec.name() == gjs().name || !find_part(spec.name(), spec).of_margin)
    reject("{}: only a loss of the given label's probability alone will do here", spec.where());
  const Part& part = find_part(spec.name(), spec);
  spec.expect(keys_of({&part}));
  const LossValues values = read_values(part, spec, {}, {}, {});
  for (const Parameter& knob : margin_knobs())
    if (spec.has(knob.key == "tau" ? tau_key(part) : knob.key))
      reject("{}: {} does not go with a scheme that clips", spec.where(), knob.key);
  return std::unique_ptr<PyLoss>(dynamic_cast<PyLoss*>(part.make(values).release()));
}

std::unique_ptr<Loss> make_loss(const Spec& spec, const LossSetting& setting) {
  if (spec.name() == gjs().name)
    return std::make_unique<TwoViewLoss>(
        GeneralizedJensenShannon(Values(spec, gjs().parameters).number("pi")));
  const std::vector<std::string> names = names_of(spec);
  if (names.size() > 2 || (names.size() == 2 && names[0] == names[1]))
    reject("{}: a sum has two different losses", spec.where());
  std::vector<const Part*> summands;
  for (const std::string& name : names) summands.push_back(&find_part(name, spec));
  return make_sum(spec, summands, setting);
}

}  // namespace noisegate
