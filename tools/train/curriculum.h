// The measurements of Ou and Zhang (2023, A Curriculum View of Robust Loss Functions): during training, the
// margins Δ of samples with right labels and of those with wrong labels, and the weights w(Δ) that a loss of
// p_y gives them.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>

namespace noisegate {

/// The number of margins in each of 60 bins of equal width over [-15, 15]; the outer bins also count margins
/// beyond.
class MarginHistogram {
 public:
  static constexpr int bins = 60;
  static constexpr double low = -15, high = 15;

  void add(double margin);
  const std::array<std::int64_t, bins>& counts() const { return counts_; }
  std::array<std::int64_t, bins>& counts() { return counts_; }

 private:
  std::array<std::int64_t, bins> counts_{};
};

/// An average of sample weights, in which a sample's weight is its step's learning rate η (App. C.2).
struct AverageWeight {
  double rates = 0;           // Σ η
  double weighted_rates = 0;  // Σ η·w

  void add(double weight, double rate);
  bool empty() const { return rates == 0; }
  double value() const { return weighted_rates / rates; }
};

/// Sums since the beginning of training; checkpoints store them.
struct CurriculumSums {
  AverageWeight clean, noisy;

  void add(double weight, bool is_clean, double learning_rate);

  /// Returns w̄ of clean samples over w̄ of noisy ones; nothing if there are none, or they have no weight.
  std::optional<double> snr() const;

  /// Returns α_t, the distance that the steps have moved the logits (Sec. 5.1): Σ η·w·‖∇Δ‖₁ / Σ η over all
  /// samples, where ‖∇Δ‖₁ = 2. Nothing if the learning rates are all 0.
  std::optional<double> alpha_t() const;
};

/// The measurements of one epoch.
struct EpochCurriculum {
  MarginHistogram margins_clean, margins_noisy;
  AverageWeight weight_clean, weight_noisy;  // every sample counts as 1; empty if the loss has no weights
  CurriculumSums so_far;                     // at the epoch's end; empty if the loss has no weights

  void add_margin(double margin, bool is_clean);
  void add_weight(double weight, bool is_clean);
};

/// Stores the histograms of an epoch, counted from 1, as the last of the file: int64 (epoch, 2 [clean,
/// noisy], 60). Removes this epoch and later ones from the file, which remain from before a resume; missing
/// epochs are 0. Throws Error if the file is of another kind or cannot be written.
void append_margins(const std::filesystem::path& file, int epoch, const EpochCurriculum& curriculum);

}  // namespace noisegate
