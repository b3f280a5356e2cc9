// What is measured while training and after it.
#pragma once

#include "engine/tensor.h"
#include "tools/train/curriculum.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace noisegate {

/// What a row of logits says of its label.
struct Score {
  bool correct;        // the label's logit is the largest; of equal ones the first counts as the largest
  double margin;       // Δ = s_y − log Σ_{i≠y} e^{s_i}
  double probability;  // p_y, the label's softmax
};

/// Scores a row of logits against its label in [0,K).
Score score(std::span<const float> logits, std::int32_t label);
/// Scores each row of logits (N,K) against its label.
std::vector<Score> score(const Tensor& logits, std::span<const std::int32_t> labels);

/// Sums of scores.
struct Tally {
  std::int64_t samples = 0;
  std::int64_t correct = 0;
  double probability = 0;

  void add(const Score& score);
  double accuracy() const { return static_cast<double>(correct) / static_cast<double>(samples); }
  double mean_probability() const { return probability / static_cast<double>(samples); }
};

/// Images that could not be read and that the dataset lets be left out.
struct LeftOut {
  std::int64_t images = 0;
  std::string first;  // which, and why

  void add(const std::vector<std::string>& sentences);
  void add(const LeftOut& other);
};

/// "3 images were left out, the first: …"
std::string to_string(const LeftOut& left_out);

/// One line of metrics.jsonl. What it says of the training set comes from the forward passes of the training
/// steps themselves: from the model as it was learning, on augmented images.
struct EpochMetrics {
  int epoch = 0;                    // counted from 1
  double loss_sum = 0;              // over the epoch's samples
  Tally train;                      // against the given labels
  Tally clean, noisy;               // its parts: given labels that are true, and those that are wrong
  Tally test;                       // against the true labels
  std::optional<Tally> test_ema;    // the same, of the momentum model
  std::optional<Tally> validation;  // against the given labels of the held-out part
  EpochCurriculum curriculum;       // of the training samples
  LeftOut left_out;                 // of all these sets
  double learning_rate = 0;         // of the epoch's last step
  double seconds = 0;               // of the training steps; tests come on top
  std::vector<std::pair<std::string, double>> scheme;  // what it tells after the epoch's last step
  std::size_t peak_memory = 0;                         // bytes in tensors at once, the largest so far

  double train_loss() const { return loss_sum / static_cast<double>(train.samples); }
  double images_per_second() const { return static_cast<double>(train.samples) / seconds; }
};

/// epoch, train_loss, train_acc, train_acc_clean, mean_p_clean, train_acc_noisy, mean_p_noisy, test_acc,
/// test_acc_ema, validation_acc, images_left_out, lr, what the scheme tells (tau, …), weight_clean,
/// weight_noisy, snr, alpha_t, margins_clean, margins_noisy (see curriculum.h), seconds, images_per_second,
/// peak_memory_bytes. Keys of what there is not (noisy samples, a loss with sample weights, a momentum model,
/// a validation set, images left out) are not there.
nlohmann::ordered_json to_json(const EpochMetrics& metrics);

}  // namespace noisegate
