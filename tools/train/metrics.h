// The measurements during and after training.
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

/// How a row of logits compares with its label.
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

/// Unreadable images that the dataset leaves out.
struct LeftOut {
  std::int64_t images = 0;
  std::string first;  // which, and why

  void add(const std::vector<std::string>& sentences);
  void add(const LeftOut& other);
};

/// Returns "3 images were left out, the first: …".
std::string to_string(const LeftOut& left_out);

/// One line of metrics.jsonl. The metrics of the training set come from the forward passes of the training
/// steps themselves: from the model while it learns, on augmented images.
struct EpochMetrics {
  int epoch = 0;                    // counted from 1
  double loss_sum = 0;              // over the epoch's samples
  Tally train;                      // against the given labels
  Tally clean, noisy;               // the parts of `train` with true and with wrong given labels
  Tally test;                       // against the true labels
  std::optional<Tally> test_ema;    // against the true labels, of the EMA model
  std::optional<Tally> validation;  // against the given labels of the held-out part
  EpochCurriculum curriculum;       // of the training samples
  LeftOut left_out;                 // from all these sets
  double learning_rate = 0;         // in the epoch's last step
  double seconds = 0;               // spent in training steps, without tests
  std::vector<std::pair<std::string, double>> scheme;  // the scheme's values after the epoch's last step
  std::size_t peak_memory = 0;                         // largest number of bytes in tensors so far

  double train_loss() const { return loss_sum / static_cast<double>(train.samples); }
  double images_per_second() const { return static_cast<double>(train.samples) / seconds; }
};

/// Returns epoch, train_loss, train_acc, train_acc_clean, mean_p_clean, train_acc_noisy, mean_p_noisy,
/// test_acc, test_acc_ema, validation_acc, images_left_out, lr, the scheme's values (tau, …), weight_clean,
/// weight_noisy, snr, alpha_t, margins_clean, margins_noisy (see curriculum.h), seconds, images_per_second,
/// peak_memory_bytes. A key is missing if its value does not exist (without noisy samples, a loss with sample
/// weights, an EMA model, a validation set, images left out).
nlohmann::ordered_json to_json(const EpochMetrics& metrics);

}  // namespace noisegate
