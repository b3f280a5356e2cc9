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

void require_matrix_of(int classes, const std::string& what) {
  if (classes > most_classes_in_matrix)
    reject("{}: a matrix of all pairs of classes is made of at most {}, and there are {}", what,
           most_classes_in_matrix, classes);
}

TransitionMatrix::TransitionMatrix(const Labels& truth, const Labels& given, int classes)
    : classes_(classes), counts_(classes + 1), samples_(classes + 1), samples_given_(classes) {
  require_same_length(truth, given);
  require_labels_in_range(given, classes);
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (truth[i] != no_class && (truth[i] < 0 || truth[i] >= classes))
      reject("sample {} has the true label {}; there are {} classes", i, truth[i], classes);
    ++counts_[truth[i] + 1][given[i]];
    ++samples_[truth[i] + 1];
    ++samples_given_[given[i]];
  }
}

double TransitionMatrix::operator()(int truth, int given) const {
  const auto& row = counts_[truth + 1];
  const auto found = row.find(given);
  return found == row.end() ? 0 : static_cast<double>(found->second) / static_cast<double>(samples(truth));
}

std::int64_t TransitionMatrix::samples(int truth) const {
  return samples_[truth + 1];
}

std::int64_t TransitionMatrix::samples_given(int given) const {
  return samples_given_[given];
}

std::vector<int> TransitionMatrix::labels_of(int truth) const {
  std::vector<int> labels;
  for (const auto& [label, count] : counts_[truth + 1]) labels.push_back(label);
  return labels;
}

double noise_rate(const Labels& truth, const Labels& given) {
  require_same_length(truth, given);
  if (truth.empty()) return 0;
  const int wrong = std::transform_reduce(truth.begin(), truth.end(), given.begin(), 0, std::plus<>(),
                                          std::not_equal_to<>());
  return static_cast<double>(wrong) / static_cast<double>(truth.size());
}

}  // namespace noisegate
