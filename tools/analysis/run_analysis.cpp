#include "tools/analysis/run_analysis.h"

#include "noise/transition.h"
#include "tools/analysis/evaluation_text.h"
#include "tools/figures/contact_sheet.h"
#include "tools/figures/data_uri.h"
#include "tools/train/data.h"

#include <algorithm>
#include <string>

#include <nlohmann/json.hpp>

namespace noisegate {
namespace {

using Json = nlohmann::ordered_json;

bool has_true_label(const Suspect& suspect, const ImageSet& set) {
  return suspect.given == set.truth[suspect.sample];
}

/// A thousand samples, as in the paper, or of a smaller set a fiftieth.
std::int64_t interval_of(std::size_t samples) {
  constexpr std::size_t most = 1000, intervals = 50;
  return static_cast<std::int64_t>(std::clamp((samples + intervals - 1) / intervals, std::size_t{1}, most));
}

Json to_json(const Dissection& dissection) {
  using Counts = Dissection::Counts;
  Json json = {{"interval", dissection.interval}};
  const auto add = [&](const std::string& key, std::int64_t Counts::*count) {
    for (const Counts& counts : dissection.intervals) json[key].push_back(counts.*count);
  };
  add("both_true", &Counts::both_true);
  add("only_prediction_true", &Counts::only_prediction_true);
  add("only_label_true", &Counts::only_label_true);
  add("none_true", &Counts::none_true);
  return json;
}

/// Counts, a row a true class; the last row is that of images of no class, where there are such.
Json transition_counts(const ImageSet& train, int classes) {
  std::vector<std::vector<std::int64_t>> counts(classes + 1, std::vector<std::int64_t>(classes));
  for (std::int64_t i = 0; i < train.size(); ++i)
    ++counts[train.truth[i] == no_class ? classes : train.truth[i]][train.given[i]];
  if (std::ranges::count(counts.back(), 0) == classes) counts.pop_back();
  return counts;
}

/// Of `bins` bins of equal width over [0, 1]; what is no number counts as 0.
int bin_of(double probability, int bins) {
  return probability > 0 ? static_cast<int>(std::min(probability * bins, bins - 1.0)) : 0;
}

/// A picture of at most `most_pixels` a side.
std::string thumbnail(const ImageSet& set, std::int64_t sample) {
  constexpr int most_pixels = 72;
  const Image image = image_of(set, sample);
  const int side = std::min(most_pixels, std::max(image.height, image.width));
  Picture picture(side, side, {255, 255, 255});
  picture.draw(0, 0, side, image);
  return data_uri("image/png", picture.png());
}

Json to_json(const std::vector<Suspect>& suspects, const ImageSet& set, std::int64_t count) {
  Json json = Json::array();
  for (const Suspect& s : suspects) {
    if (static_cast<std::int64_t>(json.size()) == count) break;
    json.push_back({{"index", s.sample},
                    {"given", s.given},
                    {"predicted", s.predicted},
                    {"true", set.truth[s.sample]},
                    {"p", s.probability},
                    {"margin", s.margin},
                    {"picture", thumbnail(set, s.sample)}});
  }
  return json;
}

Json hits_of(const std::vector<Suspect>& suspects, const ImageSet& set) {
  const auto wrong =
      std::ranges::count_if(suspects, [&](const Suspect& s) { return !has_true_label(s, set); });
  const Hits hits = count_hits(suspects, set, {wrong}).front();
  Json json = {{"wrong", wrong}, {"precision", hits.precision}};
  if (const auto quality = ranking_quality(suspects, set)) json["quality"] = *quality;
  return json;
}

}  // namespace

Dissection dissect(const std::vector<Suspect>& suspects, const ImageSet& set, std::int64_t interval) {
  Dissection result{interval, {}};
  std::int64_t place = 0;
  for (auto suspect = suspects.rbegin(); suspect != suspects.rend(); ++suspect, ++place) {
    if (place % interval == 0) result.intervals.emplace_back();
    Dissection::Counts& counts = result.intervals.back();
    const bool prediction_is_true = suspect->predicted == set.truth[suspect->sample];
    if (has_true_label(*suspect, set))
      ++(prediction_is_true ? counts.both_true : counts.only_label_true);
    else
      ++(prediction_is_true ? counts.only_prediction_true : counts.none_true);
  }
  return result;
}

ProbabilityDensity probability_density(const std::vector<Suspect>& suspects, const ImageSet& set, int bins) {
  ProbabilityDensity density{std::vector<double>(bins), std::vector<double>(bins)};
  double clean = 0, noisy = 0;
  for (const Suspect& suspect : suspects) {
    const int bin = bin_of(suspect.probability, bins);
    const bool is_clean = has_true_label(suspect, set);
    ++(is_clean ? density.clean : density.noisy)[bin];
    ++(is_clean ? clean : noisy);
  }
  const auto normalise = [&](std::vector<double>& counts, double samples) {
    if (samples == 0) counts.clear();
    for (double& count : counts) count *= bins / samples;
  };
  normalise(density.clean, clean);
  normalise(density.noisy, noisy);
  return density;
}

Json analyse_run(const TrainedRun& run, std::int64_t pictures) {
  constexpr int density_bins = 50;
  const Dataset dataset = load_noisy_dataset(run.options);
  const ImageSet& train = dataset.train;
  const auto model = load_run_model(run, run.folder.model(), dataset);
  const Predictions on_train = predict(*model, dataset, train);
  const auto suspects = rank_suspects(on_train, nullptr, train.given);
  const ProbabilityDensity density = probability_density(suspects, train, density_bins);

  Json json = {{"classes", dataset.class_names},
               {"images", train.size()},
               {"truth_is_known", knows_wrong_labels(train)},
               {"noise_rate", noise_rate(train.truth, train.given)}};
  json["test"] =
      to_json(evaluate(*model, dataset, dataset.test, dataset.test.truth), "test", dataset.class_names);
  if (dataset.classes <= most_classes_in_matrix)
    json["transition"] = transition_counts(train, dataset.classes);
  json["dissection"] = to_json(dissect(suspects, train, interval_of(suspects.size())));
  json["density"] = {{"clean", density.clean}, {"noisy", density.noisy}};
  if (knows_wrong_labels(train)) json["hits"] = hits_of(suspects, train);
  json["suspects"] = to_json(suspects, train, pictures);
  return json;
}

}  // namespace noisegate
