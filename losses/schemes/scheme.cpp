// The schemes by name.
#include "losses/schemes/scheme.h"

#include "engine/error.h"
#include "losses/loss_op.h"
#include "losses/margin_part.h"
#include "losses/schemes/ogc.h"

#include <cmath>

namespace noisegate {
namespace {

class PlainScheme final : public Scheme {
 public:
  explicit PlainScheme(std::unique_ptr<Loss> loss) : loss_(std::move(loss)) {}

  Variable loss(const Variable& logits, const Tensor& labels, const SchemeStep& step) override {
    return (*loss_)(logits, labels, step.draw);
  }
  int views() const override { return loss_->views(); }
  double l1_penalty() const override { return loss_->l1_penalty(); }
  std::optional<MarginCurve> curve() const override { return loss_->curve(); }

 private:
  std::unique_ptr<Loss> loss_;
};

/// A loss of p_y that can be clipped, by the probability P where clipping begins.
class Clippable {
 public:
  explicit Clippable(std::unique_ptr<LossPart> part) : part_(std::move(part)), curve_(*part_->curve()) {}

  double steepness(double p) const {
    const double margin = std::log(p) - std::log1p(-p);
    return curve_(margin, classes).weight / (p * (1 - p));
  }
  SumLoss clipped(double threshold) const {
    std::vector<WeightedPart> parts;
    parts.push_back({1, part_->clipped(threshold)});
    return SumLoss(std::move(parts));
  }

 private:
  static constexpr int classes = 2;  // only the knob tau would ask, which is refused
  std::unique_ptr<LossPart> part_;
  MarginCurve curve_;
};

/// The cross entropy of each sample.
std::vector<float> cross_entropies(const Variable& logits, const Tensor& labels) {
  std::vector<WeightedPart> parts;
  parts.push_back({1, std::make_unique<MarginPart<CrossEntropy>>(CrossEntropy{}, MarginKnobs{})});
  std::vector<float> values(labels.numel());
  const LossBatch batch{{labels.data<std::int32_t>(), values.size()}, static_cast<int>(logits.shape()[1])};
  SumLoss(std::move(parts)).compute(batch, logits.value().data<float>(), values.data(), nullptr);
  return values;
}

class Ogc final : public Scheme {
 public:
  Ogc(OgcOptions options, Clippable loss)
      : loss_(std::move(loss)), threshold_(options, [this](double p) { return loss_.steepness(p); }) {}

  Variable loss(const Variable& logits, const Tensor& labels, const SchemeStep& step) override {
    require_labels(logits, labels, 1);
    threshold_.observe(cross_entropies(logits, labels), step.learning_rate);
    return loss_.clipped(threshold_.threshold())(logits, labels);
  }
  std::optional<MarginCurve> curve() const override { return loss_.clipped(threshold_.threshold()).curve(); }
  std::vector<std::pair<std::string, double>> metrics() const override {
    const auto& [clean, noisy] = threshold_.components();
    return {{"prob_thr", threshold_.threshold()}, {"tau", threshold_.tau()},
            {"mean_clean", clean.mean},           {"mean_noisy", noisy.mean},
            {"variance_clean", clean.variance},   {"variance_noisy", noisy.variance}};
  }

 private:
  Clippable loss_;
  OgcThreshold threshold_;
};

/// P from τ: where a loss is as steep as τ, by halving; steepness falls in p.
double threshold_of(const Clippable& loss, double tau) {
  double low = 1e-7, high = 1 - 1e-7;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (loss.steepness(middle) > tau ? low : high) = middle;
  }
  return high;
}

/// Clipping at a τ that follows a course of its own: OGC's rivals in its Table 1.
class ScheduledClipping final : public Scheme {
 public:
  using Course = std::function<double(const SchemeStep&)>;
  ScheduledClipping(Clippable loss, Course tau) : loss_(std::move(loss)), course_(std::move(tau)) {}

  Variable loss(const Variable& logits, const Tensor& labels, const SchemeStep& step) override {
    tau_ = course_(step);
    threshold_ = threshold_of(loss_, tau_);
    return loss_.clipped(threshold_)(logits, labels);
  }
  std::optional<MarginCurve> curve() const override { return loss_.clipped(threshold_).curve(); }
  std::vector<std::pair<std::string, double>> metrics() const override {
    return {{"prob_thr", threshold_}, {"tau", tau_}};
  }

 private:
  Clippable loss_;
  Course course_;
  double tau_ = 0, threshold_ = 0;
};

Clippable clippable(const Spec& scheme, const Spec& loss) {
  const std::string own = scheme.word("loss", "");
  return Clippable(make_margin_loss(own.empty() ? loss : Spec(own, scheme.what() + "'s loss")));
}

using Make = std::unique_ptr<Scheme> (*)(const Spec& scheme, const Spec& loss, const LossSetting& setting);

struct Entry {
  SchemeInfo info;
  std::vector<std::string> keys;  // the main one first
  Make make;
};

double positive(const Spec& scheme, const std::string& key, double fallback) {
  const double value = scheme.number(key, fallback, 0, 1e9);
  if (value == 0) reject("{} '{}': {} must be above 0", scheme.what(), scheme.text(), key);
  return value;
}

std::unique_ptr<Scheme> make_ogc(const Spec& scheme, const Spec& loss, const LossSetting&) {
  const OgcOptions options{.epsilon = scheme.number("epsilon", 20, 0, 1e6),
                           .time_frame = scheme.integer("time-frame", 32, 1, 1000000),
                           .queue = scheme.integer("queue", 4096, 2, 1 << 24),
                           .lr_scaled = scheme.flag("lr-scaled", true)};
  return std::make_unique<Ogc>(options, clippable(scheme, loss));
}

std::unique_ptr<Scheme> make_fixed(const Spec& scheme, const Spec& loss, const LossSetting&) {
  const double tau = positive(scheme, "tau", 10);
  return std::make_unique<ScheduledClipping>(clippable(scheme, loss),
                                             [tau](const SchemeStep&) { return tau; });
}

std::unique_ptr<Scheme> make_linear(const Spec& scheme, const Spec& loss, const LossSetting&) {
  const double beta = positive(scheme, "beta", 10);
  return std::make_unique<ScheduledClipping>(
      clippable(scheme, loss), [beta](const SchemeStep& step) { return beta * (1 - step.progress); });
}

std::unique_ptr<Scheme> make_ema(const Spec& scheme, const Spec& loss, const LossSetting&) {
  const double alpha = scheme.number("alpha", 0.999, 0, 1);
  double inverse = 1e-7;  // 1/τ: as OGC, it begins without clipping to speak of
  return std::make_unique<ScheduledClipping>(clippable(scheme, loss), [=](const SchemeStep&) mutable {
    inverse = alpha * inverse + (1 - alpha);
    return 1 / inverse;
  });
}

std::unique_ptr<Scheme> make_plain(const Spec&, const Spec& loss, const LossSetting& setting) {
  return std::make_unique<PlainScheme>(make_loss(loss, setting));
}

const std::vector<Entry>& entries() {
  const char* const ogc = "Ye et al., Optimized Gradient Clipping, AAAI 2025";
  const char* const wrapped = "loss=: what is clipped, a loss of p_y; by default that of --loss";
  static const std::vector<Entry> all = {
      {{"none", "trains with the loss as it is", "", {}}, {}, make_plain},
      {{"ogc",
        "clips the gradient where noisy samples would weigh more than 1 + epsilon times the clean ones",
        ogc,
        {"epsilon=20: by how much more", "time-frame=32: steps from one threshold to the next",
         "queue=4096: samples whose cross entropy is remembered",
         "lr-scaled=1: epsilon times the learning rate, as in the published code; 0: as in the paper",
         wrapped}},
       {"epsilon", "time-frame", "queue", "lr-scaled", "loss"},
       make_ogc},
      {{"fixed-clip", "clips the gradient at tau", ogc, {"tau=10", wrapped}}, {"tau", "loss"}, make_fixed},
      {{"linear-clip",
        "clips it at beta (1 - t/T), falling with the steps t of T",
        ogc,
        {"beta=10", wrapped}},
       {"beta", "loss"},
       make_linear},
      {{"ema-clip",
        "clips it at tau with 1/tau(t) = alpha/tau(t-1) + 1 - alpha",
        ogc,
        {"alpha=0.999", wrapped}},
       {"alpha", "loss"},
       make_ema},
  };
  return all;
}

}  // namespace

std::vector<SchemeInfo> list_schemes() {
  std::vector<SchemeInfo> infos;
  for (const Entry& entry : entries()) infos.push_back(entry.info);
  return infos;
}

std::unique_ptr<Scheme> make_scheme(Spec scheme, Spec loss, const LossSetting& setting) {
  std::vector<std::string> known;
  for (const Entry& entry : entries()) {
    known.push_back(entry.info.name);
    if (entry.info.name != scheme.name()) continue;
    scheme.expect(entry.keys);
    return entry.make(scheme, loss, setting);
  }
  scheme.unknown(known);
}

}  // namespace noisegate
