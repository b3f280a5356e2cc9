// The schemes by name.
#include "losses/schemes/scheme.h"

#include "engine/error.h"
#include "losses/schemes/clipping.h"
#include "losses/schemes/co_teaching.h"
#include "losses/schemes/label_confidence.h"
#include "losses/schemes/ogc.h"
#include "losses/schemes/plain.h"
#include "losses/schemes/stochastic_labels.h"
#include "losses/schemes/truncated.h"

#include <algorithm>

namespace noisegate {
namespace {

/// A scheme's own spec, that of --loss, and what losses must know of the training set.
struct Request {
  const Spec& scheme;
  const Spec& loss;
  const LossSetting& setting;

  std::unique_ptr<Loss> make_loss() const { return noisegate::make_loss(loss, setting); }
};

using Make = std::unique_ptr<Scheme> (*)(const Request& request);

struct Entry {
  SchemeInfo info;
  std::vector<std::string> keys;  // the main one first
  Make make;
};

constexpr const char* momentum_key = "mo";
constexpr double default_decay = 0.999;
constexpr int most_epochs = 1'000'000;

double positive(const Spec& scheme, const std::string& key, double fallback) {
  const double value = scheme.number(key, fallback, 0, 1e9);
  if (value == 0) reject("{} '{}': {} must be above 0", scheme.what(), scheme.text(), key);
  return value;
}

ClippedLossAt clippable(const Request& request) {
  const std::string own = request.scheme.word("loss", "");
  return ClippedLossAt(
      make_margin_loss(own.empty() ? request.loss : Spec(own, request.scheme.what() + "'s loss")));
}

std::unique_ptr<Scheme> make_ogc(const Request& request) {
  const Spec& scheme = request.scheme;
  const OgcOptions options{.epsilon = scheme.number("epsilon", 20, 0, 1e6),
                           .time_frame = scheme.integer("time-frame", 32, 1, 1000000),
                           .queue = scheme.integer("queue", 4096, 2, 1 << 24),
                           .lr_scaled = scheme.flag("lr-scaled", true)};
  return std::make_unique<Ogc>(options, clippable(request));
}

std::unique_ptr<Scheme> make_fixed(const Request& request) {
  return std::make_unique<FixedClipping>(clippable(request), positive(request.scheme, "tau", 10));
}

std::unique_ptr<Scheme> make_linear(const Request& request) {
  return std::make_unique<LinearClipping>(clippable(request), positive(request.scheme, "beta", 10));
}

std::unique_ptr<Scheme> make_ema(const Request& request) {
  return std::make_unique<EmaClipping>(clippable(request), request.scheme.number("alpha", 0.999, 0, 1));
}

std::unique_ptr<Scheme> make_stochastic_labels(const Request& request, double sigma) {
  const Spec& scheme = request.scheme;
  if (request.loss.text() != "ce")
    reject("{} '{}' changes the targets of ce, and the loss is {}", scheme.what(), scheme.text(),
           request.loss.text());
  return std::make_unique<StochasticLabels>(
      request.make_loss(), sigma,
      LabelCorrection(scheme.integer("lc", 0, 0, most_epochs), scheme.flag("lc-soft", false)));
}

std::unique_ptr<Scheme> make_plain(const Request& request) {
  if (request.scheme.has("lc")) return make_stochastic_labels(request, 0);
  if (request.scheme.has("lc-soft"))
    reject("{} '{}': lc-soft belongs to lc=EPOCH", request.scheme.what(), request.scheme.text());
  return std::make_unique<PlainScheme>(request.make_loss());
}

std::unique_ptr<Scheme> make_sln(const Request& request) {
  return make_stochastic_labels(request, request.scheme.number("sigma", 1, 0, 1e3));
}

std::unique_ptr<Scheme> make_noise_on_logits(const Request& request) {
  return std::make_unique<NoiseOnLogits>(request.make_loss(), request.scheme.number("sigma", 1, 0, 1e3));
}

std::unique_ptr<Scheme> make_noise_on_weights(const Request& request) {
  const NoiseOf of = request.scheme.flag("per-sample", false) ? NoiseOf::sample : NoiseOf::batch;
  return std::make_unique<NoiseOnWeights>(request.make_loss(), request.scheme.number("sigma", 0.01, 0, 1e3),
                                          of);
}

std::unique_ptr<Scheme> make_truncated(const Request& request) {
  const Spec& scheme = request.scheme;
  auto loss = request.make_loss();
  if (!loss->curve())
    reject("{} '{}' prunes by the given label's probability, and {} depends on more than that", scheme.what(),
           scheme.text(), request.loss.text());
  const TruncationOptions options{.k = positive(scheme, "k", 0.5),
                                  .from = scheme.integer("from", 40, 1, most_epochs),
                                  .every = scheme.integer("every", 10, 1, most_epochs)};
  if (options.k >= 1) reject("{} '{}': k must be below 1", scheme.what(), scheme.text());
  return std::make_unique<Truncated>(std::move(loss), options);
}

std::unique_ptr<Scheme> make_co_teaching(const Request& request) {
  const Spec& scheme = request.scheme;
  const CoTeachingOptions options{.forget = scheme.number("forget", 0.4, 0, 0.99),
                                  .ramp = scheme.integer("ramp", 10, 1, most_epochs)};
  return std::make_unique<CoTeaching>(request.make_loss(), options);
}

std::unique_ptr<Scheme> make_label_confidence(const Request& request) {
  const Spec& scheme = request.scheme;
  const LabelConfidenceOptions defaults;
  const LabelConfidenceOptions options{
      .models = scheme.integer("models", defaults.models, 1, 2),
      .alpha = scheme.number("alpha", defaults.alpha, 0, 1e6),
      .lambda = scheme.number("lambda", defaults.lambda, 0, 1e6),
      .rho = scheme.number("rho", defaults.rho, 0, 1e6),
      .m = scheme.number("m", defaults.m, -100, 100),
      .correct_from = scheme.number("correct-from", defaults.correct_from, 0, 1)};
  const std::string by_default = request.loss.text() == "ce" ? "gce" : request.loss.text();
  const Spec robust(scheme.word("robust", by_default), scheme.what() + "'s robust loss");
  return std::make_unique<LabelConfidence>(make_loss(robust, request.setting), options);
}

constexpr const char* ogc_paper = "Ye et al., Optimized Gradient Clipping, AAAI 2025";
constexpr const char* sln_paper = "Chen et al., Noise against Noise: Stochastic Label Noise, ICLR 2021";
constexpr const char* clipped_loss = "loss=: what is clipped, a loss of p_y; by default that of --loss";
constexpr const char* correction =
    "lc=0: epochs after which labels are corrected before each epoch; 0: never";
constexpr const char* soft_correction = "lc-soft=0: towards the most likely class; 1: towards the softmax";

std::vector<Entry> clipping_schemes() {
  return {
      {{"ogc",
        "clips the gradient where noisy samples would weigh more than 1 + epsilon times the clean ones",
        ogc_paper,
        {"epsilon=20: by how much more", "time-frame=32: steps from one threshold to the next",
         "queue=4096: samples whose cross entropy is remembered",
         "lr-scaled=1: epsilon times the learning rate, as in the published code; 0: as in the paper",
         clipped_loss}},
       {"epsilon", "time-frame", "queue", "lr-scaled", "loss"},
       make_ogc},
      {{"fixed-clip", "clips the gradient at tau", ogc_paper, {"tau=10", clipped_loss}},
       {"tau", "loss"},
       make_fixed},
      {{"linear-clip",
        "clips it at beta (1 - t/T), falling with the steps t of T",
        ogc_paper,
        {"beta=10", clipped_loss}},
       {"beta", "loss"},
       make_linear},
      {{"ema-clip",
        "clips it at tau with 1/tau(t) = alpha/tau(t-1) + 1 - alpha",
        ogc_paper,
        {"alpha=0.999", clipped_loss}},
       {"alpha", "loss"},
       make_ema},
  };
}

std::vector<Entry> noise_schemes() {
  return {
      {{"sln",
        "ce with normal noise on the targets, drawn afresh for every sample and step",
        sln_paper,
        {"sigma=1: of the noise", correction, soft_correction}},
       {"sigma", "lc", "lc-soft"},
       make_sln},
      {{"noise-on-logits",
        "normal noise on the gradient to the logits",
        sln_paper,
        {"sigma=1: of each sample's"}},
       {"sigma"},
       make_noise_on_logits},
      {{"noise-on-weights",
        "normal noise on the gradient to the parameters",
        sln_paper,
        {"sigma=0.01: of the noise",
         "per-sample=0: to the mean over the batch; 1: to each sample's, as in the paper's Eq. 1"}},
       {"sigma", "per-sample"},
       make_noise_on_weights},
  };
}

std::vector<Entry> sample_schemes() {
  return {
      {{"truncated",
        "prunes samples whose given label is too unlikely; needs --validation",
        "Zhang and Sabuncu, Generalized Cross Entropy Loss, NeurIPS 2018",
        {"k=0.5: the probability up to which they are", "from=40: epochs with all samples",
         "every=10: epochs from one pruning to the next"}},
       {"k", "from", "every"},
       make_truncated},
      {{"co-teaching",
        "two models that choose small-loss samples for each other",
        "Han et al., Co-teaching, NeurIPS 2018",
        {"forget=0.4: share that is not chosen, the noise rate", "ramp=10: epochs over which it rises"}},
       {"forget", "ramp"},
       make_co_teaching},
      {{"label-confidence",
        "a robust model's confidence in each label weighs the ce of the model that is tested",
        "Ahn et al., Sample-wise Label Confidence Incorporation, ICCV 2023",
        {"robust=gce: the robust model's loss; by default that of --loss where it is not ce",
         "alpha=1: factor of ce", "lambda=0.0001: of the squared distance of the parameters",
         "rho=1: of the divergence of two views; 0: one view", "m=0: raises confidence",
         "correct-from=0.25: share of training after which labels are corrected; 1: never",
         "models=2: 1 is the ablation with one"}},
       {"robust", "alpha", "lambda", "rho", "m", "correct-from", "models"},
       make_label_confidence},
  };
}

const std::vector<Entry>& entries() {
  static const std::vector<Entry> all = [] {
    std::vector<Entry> list = {
        {{"none", "trains with the loss as it is", "", {correction, soft_correction}},
         {"lc", "lc-soft"},
         make_plain},
        {{"mo",
          "the same, beside it a momentum model of this decay",
          sln_paper,
          {"mo=0.999: the decay, a step; every other scheme takes it too", correction, soft_correction}},
         {momentum_key, "lc", "lc-soft"},
         make_plain},
    };
    for (const auto& more : {clipping_schemes(), noise_schemes(), sample_schemes()})
      list.insert(list.end(), more.begin(), more.end());
    return list;
  }();
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
    std::vector<std::string> keys = entry.keys;
    if (!std::ranges::count(keys, momentum_key)) keys.emplace_back(momentum_key);
    scheme.expect(keys);
    auto made = entry.make({scheme, loss, setting});
    made->momentum_decay_ =
        scheme.number(momentum_key, scheme.name() == momentum_key ? default_decay : 0, 0, 1);
    if (made->momentum_decay_ == 1)
      reject("{} '{}': a momentum model of decay 1 never moves", scheme.what(), scheme.text());
    return made;
  }
  scheme.unknown(known);
}

}  // namespace noisegate
