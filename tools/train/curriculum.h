// What Ou and Zhang (2023, A Curriculum View of Robust Loss Functions) watch while training: the margins Δ of
// samples whose labels are right and of those whose labels are wrong, and the weights w(Δ) that a loss of p_y
// gives them.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>

namespace noisegate {

/// How many margins lie in each of 60 bins of equal width over [-15, 15]; the outer bins also take what lies
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

/// An average of sample weights, in which a sample counts as much as its step's learning rate η (App. C.2).
struct AverageWeight {
  double rates = 0;           // Σ η
  double weighted_rates = 0;  // Σ η·w

  void add(double weight, double rate);
  bool empty() const { return rates == 0; }
  double value() const { return weighted_rates / rates; }
};

/// Since training began, and so part of a checkpoint.
struct CurriculumSums {
  AverageWeight clean, noisy;

  void add(double weight, bool is_clean, double learning_rate);

  /// w̄ of clean samples over w̄ of noisy ones; nothing as long as there are none, or they have no weight.
  std::optional<double> snr() const;

  /// α_t, how far the steps have moved the logits (Sec. 5.1): Σ η·w·‖∇Δ‖₁ / Σ η over all samples, where
  /// ‖∇Δ‖₁ = 2. Nothing as long as there is no learning rate.
  std::optional<double> alpha_t() const;
};

/// Of one epoch.
struct EpochCurriculum {
  MarginHistogram margins_clean, margins_noisy;
  AverageWeight weight_clean, weight_noisy;  // every sample counts as 1; empty where the loss has no weights
  CurriculumSums so_far;                     // at the epoch's end, likewise

  void add_margin(double margin, bool is_clean);
  void add_weight(double weight, bool is_clean);
};

/// Makes the epoch's histograms, counted from 1, the last of the file: int64 (epoch, 2 [clean, noisy], 60).
/// What the file has of this epoch and of later ones, from before a run was resumed, goes; epochs that it
/// lacks are 0. Throws Error where it is no such file or cannot be written.
void append_margins(const std::filesystem::path& file, int epoch, const EpochCurriculum& curriculum);

}  // namespace noisegate
