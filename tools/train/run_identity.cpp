#include "tools/train/run_identity.h"

#include "engine/io/checksum.h"

#include <initializer_list>
#include <sstream>
#include <utility>

#include <fmt/format.h>

namespace noisegate {
namespace {

/// The folder of the data may have moved; its images are compared themselves.
std::string settings_of(TrainOptions options) {
  std::string text;
  for (const Option& option : option_table(options))
    if (option.policy.is_kept && !option.policy.may_change && option.name != "data")
      text += fmt::format("{} = {}\n", option.name, value_text(option));
  return text;
}

void add(Checksum& checksum, const ImageSet& set) {
  if (set.images.defined()) checksum.add(set.images.raw(), set.images.bytes());
  for (const std::string& file : set.files) checksum.add(file);
  checksum.add(set.truth.data(), set.truth.size() * sizeof set.truth.front());
}

/// The first line that one text has and the other has not.
std::string first_difference(const std::string& has, const std::string& wants) {
  std::istringstream one(has), other(wants);
  for (std::string a, b; std::getline(one, a) && std::getline(other, b);)
    if (a != b) return fmt::format("{}, not {}", a, b);
  return "other options";
}

}  // namespace

RunIdentity::RunIdentity(TrainOptions options, const Dataset& dataset)
    : settings_(settings_of(std::move(options))) {
  Checksum labels, images;
  labels.add(dataset.train.given.data(), dataset.train.given.size() * sizeof dataset.train.given.front());
  for (const ImageSet* set : {&dataset.train, &dataset.test}) add(images, *set);
  labels_ = labels.text();
  images_ = images.text();
}

void RunIdentity::save(State& state) const {
  state.put_text("run.settings", settings_);
  state.put_text("run.labels", labels_);
  state.put_text("run.images", images_);
}

std::string RunIdentity::difference(const State& state) const {
  if (const std::string settings = state.text("run.settings"); settings != settings_)
    return "it is of a run with " + first_difference(settings, settings_);
  if (state.text("run.images") != images_) return "it is of a run on other images";
  if (state.text("run.labels") != labels_) return "it is of a run with other training labels";
  return "";
}

}  // namespace noisegate
