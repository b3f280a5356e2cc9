#include "noise/transition.h"

#include "engine/error.h"
#include "noise/models.h"

#include <functional>
#include <numeric>

namespace noisegate {
namespace {

void require_same_length(const Labels& truth, const Labels& given) {
  if (truth.size() != given.size())
    reject("there are {} true labels but {} given ones", truth.size(), given.size());
}

}  // namespace

TransitionMatrix::TransitionMatrix(const Labels& truth, const Labels& given, int classes)
    : classes_(classes), counts_(static_cast<std::size_t>(classes + 1) * classes) {
  require_same_length(truth, given);
  require_labels_in_range(given, classes);
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (truth[i] != no_class && (truth[i] < 0 || truth[i] >= classes))
      reject("sample {} has the true label {}; there are {} classes", i, truth[i], classes);
    ++counts_[(truth[i] + 1) * classes + given[i]];
  }
}

double TransitionMatrix::operator()(int truth, int given) const {
  const std::int64_t all = samples(truth);
  return all == 0 ? 0
                  : static_cast<double>(counts_[(truth + 1) * classes_ + given]) / static_cast<double>(all);
}

std::int64_t TransitionMatrix::samples(int truth) const {
  const auto row = counts_.begin() + (truth + 1) * classes_;
  return std::accumulate(row, row + classes_, std::int64_t{0});
}

std::int64_t TransitionMatrix::samples_given(int given) const {
  std::int64_t sum = 0;
  for (int truth = no_class; truth < classes_; ++truth) sum += counts_[(truth + 1) * classes_ + given];
  return sum;
}

double noise_rate(const Labels& truth, const Labels& given) {
  require_same_length(truth, given);
  if (truth.empty()) return 0;
  const int wrong = std::transform_reduce(truth.begin(), truth.end(), given.begin(), 0, std::plus<>(),
                                          std::not_equal_to<>());
  return static_cast<double>(wrong) / static_cast<double>(truth.size());
}

}  // namespace noisegate
