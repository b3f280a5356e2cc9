#include "engine/error.h"
#include "engine/optimizer.h"
#include "engine/registry.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numbers>
#include <system_error>
#include <utility>

namespace noisegate {
namespace {

/// "50/100" → {50, 100}.
std::vector<int> parse_milestones(const Values& values) {
  const std::string& text = values.word("at");
  std::vector<int> milestones;
  const char* position = text.data();
  const char* const end = position + text.size();
  while (true) {
    int epoch = 0;
    const auto [stop, error] = std::from_chars(position, end, epoch);
    const int least = milestones.empty() ? 1 : milestones.back() + 1;
    if (error != std::errc() || epoch < least || (stop != end && *stop != '/')) {
      reject("{}: at must be rising epochs like 50/100, not '{}'", values.spec().where(), text);
    }
    milestones.push_back(epoch);
    if (stop == end) return milestones;
    position = stop + 1;
  }
}

using Curve = Schedule::Curve;

Curve constant(const Values&, int) {
  return [](double) { return 1.0; };
}

Curve falling_at(std::vector<int> milestones, double decay) {
  return [milestones = std::move(milestones), decay](double epoch) {
    const auto passed = std::ranges::count_if(milestones, [&](int milestone) { return milestone <= epoch; });
    return std::pow(decay, static_cast<double>(passed));
  };
}

Curve step(const Values& values, int epochs) {
  std::vector<int> milestones;
  const int every = values.integer("every");
  for (std::int64_t epoch = every; epoch < epochs; epoch += every)
    milestones.push_back(static_cast<int>(epoch));
  return falling_at(std::move(milestones), values.number("factor"));
}

Curve multistep(const Values& values, int) {
  return falling_at(parse_milestones(values), values.number("factor"));
}

Curve cosine(const Values&, int epochs) {
  return [epochs](double epoch) { return 0.5 * (1 + std::cos(std::numbers::pi * epoch / epochs)); };
}

using NamedCurve = Entry<Curve (*)(const Values& values, int epochs)>;

const std::vector<NamedCurve>& curves() {
  constexpr int most_epochs = std::numeric_limits<int>::max();
  const Parameter factor = parameter::number("factor", 0.1, {0, 1}, "by which it falls");
  const Parameter warmup = parameter::number("warmup", 0, {0, most_epochs}, "of a line from 0", "epochs");
  static const std::vector<NamedCurve> all = {
      {{"constant", "the base rate", "", {warmup}}, constant},
      {{"step",
        "falls at every so many epochs",
        "",
        {parameter::integer("every", 30, {1, most_epochs}, "from one fall to the next", "epochs"), factor,
         warmup}},
       step},
      {{"multistep",
        "falls at these epochs",
        "",
        {parameter::word("at", "", "rising, as 50/100", "epochs"), factor, warmup}},
       multistep},
      {{"cosine",
        "half a cosine from the base rate down to 0",
        "Loshchilov and Hutter, SGDR, ICLR 2017",
        {warmup}},
       cosine},
  };
  return all;
}

}  // namespace

std::vector<Description> list_schedules() {
  return {curves().begin(), curves().end()};
}

Schedule::Schedule(const Spec& spec, int epochs) {
  if (epochs < 1) reject("a schedule needs at least one epoch, not {}", epochs);
  const NamedCurve& named = find_entry(curves(), spec);
  const Values values(spec, named.parameters);
  curve_ = named.make(values, epochs);
  warmup_ = values.number("warmup");
  if (warmup_ > epochs) reject("{}: warmup must lie in [0, {}], not be {}", spec.where(), epochs, warmup_);
}

double Schedule::factor(double epoch) const {
  const double rise = epoch < warmup_ ? epoch / warmup_ : 1;
  return rise * curve_(std::floor(epoch));
}

}  // namespace noisegate
