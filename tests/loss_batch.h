// A small batch of logits and a loss run over it, in double and as the graph does.
#pragma once

#include "losses/registry.h"

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace noisegate {

struct TestBatch {
  std::vector<double> logits;  // (views·N,K)
  std::vector<std::int32_t> labels;
  int classes;

  LossBatch batch() const { return {labels, classes, 1, 0}; }
};

/// Smooth, irregular logits of this scale; every class comes up as a label.
inline TestBatch irregular_batch(int samples, int classes, double scale, int views = 1) {
  TestBatch batch{std::vector<double>(std::size_t(views) * samples * classes), {}, classes};
  for (std::size_t i = 0; i < batch.logits.size(); ++i) {
    // Rounded to float, so that both precisions see the same numbers.
    batch.logits[i] = static_cast<float>(scale * std::sin(0.7 + 1.3 * i + 0.1 * std::sqrt(double(i))));
  }
  for (int i = 0; i < samples; ++i) batch.labels.push_back((i * 7 + i / classes) % classes);
  return batch;
}

struct LossOutcome {
  std::vector<double> values, gradient;
};

inline LossOutcome in_double(const Loss& loss, const TestBatch& batch) {
  LossOutcome outcome{std::vector<double>(batch.labels.size()), std::vector<double>(batch.logits.size())};
  loss.compute(batch.batch(), batch.logits.data(), outcome.values.data(), outcome.gradient.data());
  return outcome;
}

inline LossOutcome in_float(const Loss& loss, const TestBatch& batch) {
  const std::vector<float> logits(batch.logits.begin(), batch.logits.end());
  std::vector<float> values(batch.labels.size()), gradient(logits.size());
  loss.compute(batch.batch(), logits.data(), values.data(), gradient.data());
  return {{values.begin(), values.end()}, {gradient.begin(), gradient.end()}};
}

/// A transition matrix that keeps 70% and spreads the rest unevenly.
inline std::vector<double> uneven_transition(int classes) {
  std::vector<double> matrix(std::size_t(classes) * classes, 0.1 / classes);
  for (int i = 0; i < classes; ++i) {
    matrix[i * classes + i] += 0.7;
    matrix[i * classes + (i + 1) % classes] += 0.2;
  }
  return matrix;
}

/// Shares of labels that sum to 1, unevenly.
inline std::vector<double> uneven_shares(int classes) {
  std::vector<double> shares;
  for (int i = 0; i < classes; ++i) shares.push_back(2.0 * (i + 1) / (classes * (classes + 1.0)));
  return shares;
}

/// Losses that must know something of the training set get it where the number of classes is given.
inline std::unique_ptr<Loss> loss_of(const std::string& spec, int classes = 0) {
  if (classes == 0) return make_loss(Spec(spec, "--loss"));
  return make_loss(Spec(spec, "--loss"), {uneven_shares(classes), uneven_transition(classes)});
}

/// Every loss, and the sums that have been published.
inline std::vector<std::string> every_loss() {
  std::vector<std::string> names;
  for (const LossInfo& info : list_losses()) names.push_back(info.name);
  for (const SumInfo& info : list_sums()) names.push_back(info.name);
  return names;
}

}  // namespace noisegate
