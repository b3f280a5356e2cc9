#include "engine/error.h"
#include "engine/optimizer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numbers>
#include <system_error>

namespace noisegate {
namespace {

/// "50/100" → {50, 100}.
std::vector<int> parse_milestones(const Spec& spec) {
  const std::string text = spec.word("at", "");
  std::vector<int> milestones;
  const char* position = text.data();
  const char* const end = position + text.size();
  while (true) {
    int epoch = 0;
    const auto [stop, error] = std::from_chars(position, end, epoch);
    const int least = milestones.empty() ? 1 : milestones.back() + 1;
    if (error != std::errc() || epoch < least || (stop != end && *stop != '/')) {
      reject("{} '{}': at must be rising epochs like 50/100, not '{}'", spec.what(), spec.text(), text);
    }
    milestones.push_back(epoch);
    if (stop == end) return milestones;
    position = stop + 1;
  }
}

}  // namespace

std::vector<ScheduleInfo> list_schedules() {
  return {
      {"constant", "the base rate; all take warmup=0: epochs of a line from 0 up to it"},
      {"step", "every=30: times factor=0.1 at every so many epochs"},
      {"multistep", "at=50/100: times factor=0.1 at these epochs"},
      {"cosine", "half a cosine from the base rate down to 0"},
  };
}

Schedule::Schedule(Spec spec, int epochs) : epochs_(epochs) {
  if (epochs < 1) reject("a schedule needs at least one epoch, not {}", epochs);
  if (spec.name() == "constant") {
    spec.expect({"warmup"});
  } else if (spec.name() == "step") {
    spec.expect({"every", "factor", "warmup"});
    const int every = spec.integer("every", 30, 1, std::numeric_limits<int>::max());
    for (std::int64_t epoch = every; epoch < epochs; epoch += every) {
      milestones_.push_back(static_cast<int>(epoch));
    }
    kind_ = Kind::multistep;
  } else if (spec.name() == "multistep") {
    spec.expect({"at", "factor", "warmup"});
    milestones_ = parse_milestones(spec);
    kind_ = Kind::multistep;
  } else if (spec.name() == "cosine") {
    spec.expect({"warmup"});
    kind_ = Kind::cosine;
  } else {
    std::vector<std::string> known;
    for (const ScheduleInfo& schedule : list_schedules()) known.push_back(schedule.name);
    spec.unknown(known);
  }
  decay_ = spec.number("factor", 0.1, 0, 1);
  warmup_ = spec.number("warmup", 0, 0, epochs);
}

double Schedule::factor(double epoch) const {
  const double rise = epoch < warmup_ ? epoch / warmup_ : 1;
  const double whole = std::floor(epoch);
  switch (kind_) {
    case Kind::constant:
      return rise;
    case Kind::multistep: {
      const auto passed = std::count_if(milestones_.begin(), milestones_.end(),
                                        [&](int milestone) { return milestone <= whole; });
      return rise * std::pow(decay_, static_cast<double>(passed));
    }
    case Kind::cosine:
      return rise * 0.5 * (1 + std::cos(std::numbers::pi * whole / epochs_));
  }
  return rise;
}

}  // namespace noisegate
