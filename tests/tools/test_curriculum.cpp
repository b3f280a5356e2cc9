// Margins, sample weights, snr and α_t beside plain loops in double, and their file.
#include "engine/io/npy.h"
#include "losses/registry.h"
#include "tests/check_error.h"
#include "tests/loss_batch.h"
#include "tests/temporary_folder.h"
#include "tools/train/curriculum.h"
#include "tools/train/metrics.h"
#include "tools/train/trainer.h"

#include <cmath>
#include <limits>
#include <numeric>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

std::int64_t total(const MarginHistogram& margins) {
  return std::accumulate(margins.counts().begin(), margins.counts().end(), std::int64_t{0});
}

Tensor as_tensor(const TestBatch& batch) {
  const std::vector<float> numbers(batch.logits.begin(), batch.logits.end());
  return Tensor::from(numbers, {static_cast<std::int64_t>(batch.labels.size()), batch.classes});
}

/// The label's softmax, without a thought to overflow.
double plain_probability(const TestBatch& batch, std::size_t row) {
  const double* logits = &batch.logits[row * batch.classes];
  double sum = 0;
  for (int i = 0; i < batch.classes; ++i) sum += std::exp(logits[i]);
  return std::exp(logits[batch.labels[row]]) / sum;
}

}  // namespace

TEST_CASE("snr and alpha_t are what the formulas of the paper say") {
  const auto curve = make_loss(Spec("gce:0.7", "--loss"))->curve();
  CurriculumSums sums;
  double above[2] = {}, below[2] = {};  // of w̄, noisy and clean
  double updates = 0, rates = 0;        // of α_t
  for (int step = 0; step < 3; ++step) {
    const TestBatch batch = irregular_batch(20 + step, 5, 3.0 + step);
    const double learning_rate = 0.1 / (1 + step);
    const auto scores = score(as_tensor(batch), batch.labels);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const bool is_clean = i % 3 != 0;
      sums.add((*curve)(scores[i].margin, batch.classes).weight, is_clean, learning_rate);

      const double p = plain_probability(batch, i);
      const double weight = std::pow(p, 0.7) * (1 - p);  // −ℓ'(p)·p·(1 − p)
      above[is_clean] += learning_rate * weight;
      below[is_clean] += learning_rate;
      updates += learning_rate * weight * 2;
    }
    rates += learning_rate * static_cast<double>(scores.size());
  }
  CHECK(*sums.alpha_t() == doctest::Approx(updates / rates).epsilon(1e-12));
  CHECK(*sums.snr() == doctest::Approx(above[1] / below[1] / (above[0] / below[0])).epsilon(1e-12));
}

TEST_CASE("snr and alpha_t are not told where there is nothing to divide by") {
  CurriculumSums sums;
  CHECK_FALSE(sums.alpha_t());
  sums.add(0.5, true, 0);  // the first step of a warm-up
  CHECK_FALSE(sums.alpha_t());
  sums.add(0.5, true, 0.1);
  CHECK(*sums.alpha_t() == doctest::Approx(1));
  CHECK_FALSE(sums.snr());
  sums.add(0, false, 0.1);
  CHECK_FALSE(sums.snr());
  sums.add(0.1, false, 0.1);
  CHECK(*sums.snr() == doctest::Approx(10));
}

TEST_CASE("margins are those of the logits, however large these are") {
  const Tensor logits = Tensor::from(std::vector<float>{1000, 0, 0, 0, -1000, 0, 2, 1, 1}, {3, 3});
  const auto scores = score(logits, std::vector<std::int32_t>{0, 1, 0});
  CHECK(scores[0].margin == doctest::Approx(1000 - std::log(2)));
  CHECK(scores[1].margin == doctest::Approx(-1000 - std::log(2)));
  CHECK(scores[2].margin == doctest::Approx(1 - std::log(2)));
  CHECK(scores[2].probability == doctest::Approx(std::exp(1) / (std::exp(1) + 2)));
}

TEST_CASE("a histogram counts every margin, its outer bins those beyond it") {
  MarginHistogram margins;
  for (const double margin : {-1e9, -15.0, -14.51, -14.5, -0.01, 0.0, 0.49, 14.99, 15.0, 1e9})
    margins.add(margin);
  CHECK(total(margins) == 10);
  CHECK(margins.counts()[0] == 3);
  CHECK(margins.counts()[1] == 1);
  CHECK(margins.counts()[29] == 1);
  CHECK(margins.counts()[30] == 2);
  CHECK(margins.counts()[59] == 3);
}

TEST_CASE("a margin that is no number counts as the lowest") {
  MarginHistogram margins;
  margins.add(std::numeric_limits<double>::quiet_NaN());
  margins.add(std::numeric_limits<double>::infinity());
  CHECK(margins.counts().front() == 1);
  CHECK(margins.counts().back() == 1);
}

TEST_CASE("an epoch has the margin and the weight of every training sample") {
  TrainOptions options;
  options.dataset = "synthetic:train=64,test=32";
  options.noise = "symmetric:0.25";
  options.model = "cnn4";
  options.batch_size = 16;
  options.epochs = 2;
  options.augment = "none";
  Trainer trainer(options, prepare_data(options));
  const auto go_on = [](const StepReport&) { return true; };
  for (int epoch = 1; epoch <= 2; ++epoch) {
    const auto metrics = trainer.run_epoch(go_on);
    const EpochCurriculum& curriculum = metrics->curriculum;
    CHECK(total(curriculum.margins_clean) == metrics->clean.samples);
    CHECK(total(curriculum.margins_noisy) == metrics->noisy.samples);
    // Of cross entropy, w = 1 − p.
    CHECK(curriculum.weight_clean.value() ==
          doctest::Approx(1 - metrics->clean.mean_probability()).epsilon(1e-9));
    CHECK(curriculum.weight_noisy.rates == static_cast<double>(metrics->noisy.samples));
    // The sums go on from epoch to epoch; the cosine's first rate is 0.1, its second half of that.
    const double rates = (epoch == 1 ? 0.1 : 0.15) * static_cast<double>(metrics->clean.samples);
    CHECK(trainer.state().curriculum.clean.rates == doctest::Approx(rates));
    CHECK(curriculum.so_far.alpha_t() == trainer.state().curriculum.alpha_t());
  }
}

TEST_CASE("the file of margins gains an epoch, and loses those that a resumed run repeats") {
  const TemporaryFolder temporary;
  const auto file = temporary.path() / "margins.npy";
  for (const int epoch : {1, 2, 3, 2, 5}) {
    EpochCurriculum curriculum;
    for (int i = 0; i < epoch; ++i) curriculum.add_margin(-15, true);
    curriculum.add_margin(15, false);
    append_margins(file, epoch, curriculum);
  }
  const auto array = load_numpy<std::int64_t>(file);
  CHECK(array.shape == std::vector<std::int64_t>{5, 2, 60});
  std::vector<std::int64_t> clean, noisy;
  for (std::size_t epoch = 0; epoch < 5; ++epoch) {
    clean.push_back(array.values[epoch * 120]);
    noisy.push_back(array.values[epoch * 120 + 119]);
  }
  CHECK(clean == std::vector<std::int64_t>{1, 2, 0, 0, 5});
  CHECK(noisy == std::vector<std::int64_t>{1, 1, 0, 0, 1});

  save_numpy<std::int64_t>(file, {120}, std::vector<std::int64_t>(120));
  check_error([&] { append_margins(file, 1, {}); }, {"margins.npy", "(epochs, 2, 60)"});
}
