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

using Values = std::map<std::string, double>;

const LossParameter alpha{"alpha", 1, 0, 1e6}, beta{"beta", 1, 0, 1e6}, l1{"l1", 0, 0, 1};

const LossEntry& gjs() {
  static const LossEntry entry{
      {"gjs",
       "js over e_y, p(view 1), p(view 2) with weights pi, (1-pi)/2, (1-pi)/2; needs two views",
       "Englesson and Azizpour, Generalized Jensen-Shannon Divergence Loss, NeurIPS 2021",
       {{"pi", 0.3, 1e-3, 0.999}}},
      nullptr};
  return entry;
}

/// Every loss that can be part of a sum: all but gjs.
const std::vector<LossEntry>& parts() {
  static const std::vector<LossEntry> all = [] {
    std::vector<LossEntry> entries = margin_losses();
    for (LossEntry& entry : row_losses()) entries.push_back(std::move(entry));
    return entries;
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
  const auto is_tau = [](const LossParameter& p) { return p.key == "tau"; };
  return std::ranges::any_of(loss.parameters, is_tau) ? "margin-tau" : "tau";
}

/// The parameters of a part, knobs included, under the keys that they have in its spec.
std::vector<LossParameter> parameters_of(const LossInfo& loss) {
  std::vector<LossParameter> all = loss.parameters;
  if (!loss.of_margin) return all;
  for (LossParameter& knob : margin_knobs()) {
    if (knob.key == "tau") knob.key = tau_key(loss);
    all.push_back(knob);
  }
  return all;
}

const LossEntry& find_part(const std::string& name, const Spec& spec) {
  for (const LossEntry& entry : parts())
    if (entry.info.name == name) return entry;
  if (name == gjs().info.name)
    reject("{} '{}': gjs compares two views of each sample and stands alone", spec.what(), spec.text());
  std::vector<std::string> known;
  for (const LossInfo& info : list_losses()) known.push_back(info.name);
  spec.unknown(known);
}

double read_number(const Spec& spec, const std::string& key, const LossParameter& parameter,
                   double fallback) {
  if (!spec.has(key)) return fallback;
  const double value = spec.number(key, fallback, parameter.low, parameter.high);
  if (parameter.above_low && value == parameter.low)
    reject("{} '{}': {} must lie in {}, not be {}", spec.what(), spec.text(), key, parameter.range(), value);
  if (parameter.is_integer && value != std::round(value))
    reject("{} '{}': {} must be a whole number, not {}", spec.what(), spec.text(), key, value);
  return value;
}

MarginKnobs read_knobs(Values& numbers, const LossInfo& loss, const Spec& spec) {
  MarginKnobs knobs{.shift = numbers["shift"],
                    .scale = numbers["scale-margin"],
                    .tau = numbers[tau_key(loss)],
                    .tau_shifts = numbers["tau-shifts"] != 0,
                    .unit_weight = numbers["unit-weight"] != 0};
  if (knobs.tau > 0 && (knobs.tau_shifts ? knobs.shift != 0 : knobs.scale != 1))
    reject("{} '{}': {} sets {}, so only one of them can be given", spec.what(), spec.text(), tau_key(loss),
           knobs.tau_shifts ? "shift" : "scale-margin");
  if (knobs.tau == 0 && knobs.tau_shifts)
    reject("{} '{}': tau-shifts needs {}", spec.what(), spec.text(), tau_key(loss));
  return knobs;
}

/// The part's values: `name.key` before `key`, `key` (unless it is the sum's own) before the default.
LossValues read_values(const LossEntry& entry, const Spec& spec, const std::set<std::string>& keys_of_sum,
                       const Values& defaults, const LossSetting& setting) {
  LossValues values;
  for (const LossParameter& parameter : parameters_of(entry.info)) {
    const std::string& key = parameter.key;
    double value = parameter.fallback;
    if (!keys_of_sum.contains(key)) {
      if (const auto found = defaults.find(key); found != defaults.end()) value = found->second;
      value = read_number(spec, key, parameter, value);
    }
    values.numbers[key] = read_number(spec, entry.info.name + "." + key, parameter, value);
  }
  values.what = fmt::format("{} '{}'", spec.what(), spec.text());
  values.label_shares = setting.label_shares;
  if (entry.info.of_margin) values.knobs = read_knobs(values.numbers, entry.info, spec);
  if (entry.info.needs_transition) {
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
std::vector<std::string> keys_of(const std::vector<const LossEntry*>& entries) {
  std::vector<std::string> keys;
  if (entries.size() > 1) keys = {"alpha", "beta", "l1"};
  const auto add = [&](const std::string& key) {
    if (std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
  };
  for (const LossEntry* entry : entries) {
    if (entry->info.needs_transition) {
      add("T");
      add("run");
    }
    for (const LossParameter& parameter : parameters_of(entry->info)) add(parameter.key);
  }
  if (entries.size() == 1) return keys;
  for (const LossEntry* entry : entries)
    for (const LossParameter& parameter : parameters_of(entry->info))
      add(entry->info.name + "." + parameter.key);
  return keys;
}

Values published_defaults(const std::string& name) {
  for (const PublishedSum& sum : published_sums())
    if (sum.name == name) return {sum.defaults.begin(), sum.defaults.end()};
  return {};
}

std::unique_ptr<Loss> make_sum(Spec& spec, const std::vector<const LossEntry*>& entries,
                               const LossSetting& setting) {
  spec.expect(keys_of(entries));
  const bool is_sum = entries.size() > 1;
  const std::set<std::string> keys_of_sum =
      is_sum ? std::set<std::string>{"alpha", "beta", "l1"} : std::set<std::string>{};
  const Values defaults = published_defaults(spec.name());
  const auto factor = [&](const LossParameter& parameter) {
    const auto found = defaults.find(parameter.key);
    return read_number(spec, parameter.key, parameter,
                       found == defaults.end() ? parameter.fallback : found->second);
  };
  std::vector<WeightedPart> weighted;
  int classes = static_cast<int>(setting.label_shares.size());
  for (const LossEntry* entry : entries) {
    const LossValues values = read_values(*entry, spec, keys_of_sum, defaults, setting);
    if (values.classes != 0) classes = values.classes;
    const double weight = !is_sum ? 1 : factor(weighted.empty() ? alpha : beta);
    weighted.push_back({weight, entry->make(values)});
  }
  return std::make_unique<SumLoss>(std::move(weighted), is_sum ? factor(l1) : 0, classes);
}

}  // namespace

std::string LossParameter::range() const {
  return fmt::format("{}{}, {}]", above_low ? '(' : '[', low, high);
}

std::vector<LossParameter> margin_knobs() {
  return {{"shift", 0, -1e4, 1e4},
          {"scale-margin", 1, 0, 1e4, true},
          {"tau", 0, 0, 1e4},
          {"tau-shifts", 0, 0, 1, false, true},
          {"unit-weight", 0, 0, 1, false, true}};
}

std::vector<LossInfo> list_losses() {
  std::vector<LossInfo> infos;
  for (const LossEntry& entry : parts()) infos.push_back(entry.info);
  infos.push_back(gjs().info);
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
  std::vector<const LossEntry*> entries;
  for (const std::string& name : names_of(spec)) {
    if (name == gjs().info.name) return std::nullopt;
    entries.push_back(&find_part(name, spec));
  }
  if (std::ranges::none_of(entries, [](const LossEntry* e) { return e->info.needs_transition; }))
    return std::nullopt;
  copy.expect(keys_of(entries));
  using Source = TransitionRequest::Source;
  const std::string word = copy.word("T", ""), run = copy.word("run", "");
  if (word.empty())
    reject("{} '{}' needs a transition matrix: T=FILE, T=true or T=estimate,run=DIR", spec.what(),
           spec.text());
  if ((word == "estimate") == run.empty())
    reject("{} '{}': T=estimate and run=DIR belong together", spec.what(), spec.text());
  if (word == "estimate") return TransitionRequest{Source::estimate, run};
  if (word == "true") return TransitionRequest{Source::truth, ""};
  return TransitionRequest{Source::file, word};
}

std::unique_ptr<PyLoss> make_margin_loss(Spec spec) {
  if (names_of(spec).size() > 1 || spec.name() == gjs().info.name ||
      !find_part(spec.name(), spec).info.of_margin)
    reject("{} '{}': only a loss of the given label's probability alone will do here", spec.what(),
           spec.text());
  const LossEntry& entry = find_part(spec.name(), spec);
  spec.expect(keys_of({&entry}));
  const LossValues values = read_values(entry, spec, {}, {}, {});
  for (const LossParameter& knob : margin_knobs())
    if (spec.has(knob.key == "tau" ? tau_key(entry.info) : knob.key))
      reject("{} '{}': {} does not go with a scheme that clips", spec.what(), spec.text(), knob.key);
  return std::unique_ptr<PyLoss>(dynamic_cast<PyLoss*>(entry.make(values).release()));
}

std::unique_ptr<Loss> make_loss(Spec spec, const LossSetting& setting) {
  if (spec.name() == gjs().info.name) {
    const LossParameter& pi = gjs().info.parameters.front();
    spec.expect({pi.key});
    return std::make_unique<TwoViewLoss>(
        GeneralizedJensenShannon(read_number(spec, pi.key, pi, pi.fallback)));
  }
  const std::vector<std::string> names = names_of(spec);
  if (names.size() > 2 || (names.size() == 2 && names[0] == names[1]))
    reject("{} '{}': a sum has two different losses", spec.what(), spec.text());
  std::vector<const LossEntry*> entries;
  for (const std::string& name : names) entries.push_back(&find_part(name, spec));
  return make_sum(spec, entries, setting);
}

}  // namespace noisegate
