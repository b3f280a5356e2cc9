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

/// What --loss names, and what losses must know of the training set.
struct Request {
  const Spec& loss;
  const LossSetting& setting;

  std::unique_ptr<Loss> make_loss() const { return noisegate::make_loss(loss, setting); }
};

using NamedScheme = Entry<std::unique_ptr<Scheme> (*)(const Values& values, const Request& request)>;

constexpr int most_epochs = 1'000'000;

ClippedLossAt clippable(const Values& values, const Request& request) {
  const std::string& own = values.word("loss");
  return ClippedLossAt(
      make_py_loss(own.empty() ? request.loss : Spec(own, values.spec().what() + "'s loss")));
}

std::unique_ptr<Scheme> make_ogc(const Values& values, const Request& request) {
  const OgcOptions options{.epsilon = values.number("epsilon"),
                           .time_frame = values.integer("time-frame"),
                           .queue = values.integer("queue"),
                           .lr_scaled = values.flag("lr-scaled")};
  return std::make_unique<Ogc>(options, clippable(values, request));
}

std::unique_ptr<Scheme> make_fixed(const Values& values, const Request& request) {
  return std::make_unique<FixedClipping>(clippable(values, request), values.number("tau"));
}

std::unique_ptr<Scheme> make_linear(const Values& values, const Request& request) {
  return std::make_unique<LinearClipping>(clippable(values, request), values.number("beta"));
}

std::unique_ptr<Scheme> make_ema(const Values& values, const Request& request) {
  return std::make_unique<EmaClipping>(clippable(values, request), values.number("alpha"));
}

std::unique_ptr<Scheme> make_stochastic_labels(const Values& values, const Request& request, double sigma) {
  if (request.loss.text() != "ce")
    reject("{} changes the targets of ce, and the loss is {}", values.spec().where(), request.loss.text());
  return std::make_unique<StochasticLabels>(request.make_loss(), sigma,
                                            LabelCorrection(values.integer("lc"), values.flag("lc-soft")));
}

std::unique_ptr<Scheme> make_plain(const Values& values, const Request& request) {
  if (values.given("lc")) return make_stochastic_labels(values, request, 0);
  if (values.given("lc-soft")) reject("{}: lc-soft belongs to lc=EPOCH", values.spec().where());
  return std::make_unique<PlainScheme>(request.make_loss());
}

std::unique_ptr<Scheme> make_sln(const Values& values, const Request& request) {
  return make_stochastic_labels(values, request, values.number("sigma"));
}

std::unique_ptr<Scheme> make_noise_on_logits(const Values& values, const Request& request) {
  return std::make_unique<NoiseOnLogits>(request.make_loss(), values.number("sigma"));
}

std::unique_ptr<Scheme> make_noise_on_weights(const Values& values, const Request& request) {
  const NoiseOf of = values.flag("per-sample") ? NoiseOf::sample : NoiseOf::batch;
  return std::make_unique<NoiseOnWeights>(request.make_loss(), values.number("sigma"), of);
}

std::unique_ptr<Scheme> make_truncated(const Values& values, const Request& request) {
  auto loss = request.make_loss();
  if (!loss->curve())
    reject("{} prunes by the given label's probability, and {} depends on more than that",
           values.spec().where(), request.loss.text());
  const TruncationOptions options{
      .k = values.number("k"), .from = values.integer("from"), .every = values.integer("every")};
  return std::make_unique<Truncated>(std::move(loss), options);
}

std::unique_ptr<Scheme> make_co_teaching(const Values& values, const Request& request) {
  const CoTeachingOptions options{.forget = values.number("forget"), .ramp = values.integer("ramp")};
  return std::make_unique<CoTeaching>(request.make_loss(), options);
}

std::unique_ptr<Scheme> make_label_confidence(const Values& values, const Request& request) {
  const LabelConfidenceOptions options{.models = values.integer("models"),
                                       .alpha = values.number("alpha"),
                                       .lambda = values.number("lambda"),
                                       .rho = values.number("rho"),
                                       .m = values.number("m"),
                                       .correct_from = values.number("correct-from")};
  const bool by_default = !values.given("robust") && request.loss.text() != "ce";
  const Spec robust(by_default ? request.loss.text() : values.word("robust"),
                    values.spec().what() + "'s robust loss");
  return std::make_unique<LabelConfidence>(make_loss(robust, request.setting), options);
}

using parameter::flag, parameter::integer, parameter::number, parameter::word;

constexpr const char* ogc_paper = "Ye et al., Optimized Gradient Clipping, AAAI 2025";
constexpr const char* sln_paper = "Chen et al., Noise against Noise: Stochastic Label Noise, ICLR 2021";
constexpr Range positive = above(0, 1e9);

/// The decay of the momentum model, which every scheme takes: 0 for none, and one of decay 1 never moves.
Parameter momentum(double fallback) {
  return number("mo", fallback, {.low = 0, .high = 1, .with_high = false},
                "the decay, a step; every other scheme takes it too");
}

Parameter correction() {
  return integer("lc", 0, {0, most_epochs}, "before each epoch after these labels are corrected; 0: never",
                 "epochs");
}

Parameter soft_correction() {
  return flag("lc-soft", false, "towards the most likely class; 1: towards the softmax");
}

Parameter clipped_loss() {
  return word("loss", "", "what is clipped, a loss of p_y; by default that of --loss", "spec");
}

std::vector<NamedScheme> clipping_schemes() {
  return {
      {{"ogc",
        "clips the gradient where noisy samples would weigh more than 1 + epsilon times the clean ones",
        ogc_paper,
        {number("epsilon", 20, {0, 1e6}, "by how much more"),
         integer("time-frame", 32, {1, 1000000}, "from one threshold to the next", "steps"),
         integer("queue", 4096, {2, 1 << 24}, "whose cross entropy is remembered", "samples"),
         flag("lr-scaled", true,
              "epsilon times the learning rate, as in the published code; 0: as in the paper"),
         clipped_loss()}},
       make_ogc},
      {{"fixed-clip", "clips the gradient at tau", ogc_paper, {number("tau", 10, positive), clipped_loss()}},
       make_fixed},
      {{"linear-clip",
        "clips it at beta (1 - t/T), falling with the steps t of T",
        ogc_paper,
        {number("beta", 10, positive), clipped_loss()}},
       make_linear},
      {{"ema-clip",
        "clips it at tau with 1/tau(t) = alpha/tau(t-1) + 1 - alpha",
        ogc_paper,
        {number("alpha", 0.999, {0, 1}), clipped_loss()}},
       make_ema},
  };
}

std::vector<NamedScheme> noise_schemes() {
  return {
      {{"sln",
        "ce with normal noise on the targets, drawn afresh for every sample and step",
        sln_paper,
        {number("sigma", 1, {0, 1e3}, "of the noise"), correction(), soft_correction()}},
       make_sln},
      {{"noise-on-logits",
        "normal noise on the gradient to the logits",
        sln_paper,
        {number("sigma", 1, {0, 1e3}, "of each sample's")}},
       make_noise_on_logits},
      {{"noise-on-weights",
        "normal noise on the gradient to the parameters",
        sln_paper,
        {number("sigma", 0.01, {0, 1e3}, "of the noise"),
         flag("per-sample", false,
              "to the mean over the batch; 1: to each sample's, as in the paper's Eq. 1")}},
       make_noise_on_weights},
  };
}

std::vector<NamedScheme> sample_schemes() {
  const LabelConfidenceOptions defaults;
  return {
      {{"truncated",
        "prunes samples whose given label is too unlikely; needs --validation",
        "Zhang and Sabuncu, Generalized Cross Entropy Loss, NeurIPS 2018",
        {number("k", 0.5, {0, 1, false, false}, "the probability up to which they are"),
         integer("from", 40, {1, most_epochs}, "with all samples", "epochs"),
         integer("every", 10, {1, most_epochs}, "from one pruning to the next", "epochs")}},
       make_truncated},
      {{"co-teaching",
        "two models that choose small-loss samples for each other",
        "Han et al., Co-teaching, NeurIPS 2018",
        {number("forget", 0.4, {0, 0.99}, "share that is not chosen, the noise rate"),
         integer("ramp", 10, {1, most_epochs}, "over which it rises", "epochs")}},
       make_co_teaching},
      {{"label-confidence",
        "a robust model's confidence in each label weighs the ce of the model that is tested",
        "Ahn et al., Sample-wise Label Confidence Incorporation, ICCV 2023",
        {word("robust", "gce", "the robust model's loss; by default that of --loss where it is not ce"),
         number("alpha", defaults.alpha, {0, 1e6}, "factor of ce"),
         number("lambda", defaults.lambda, {0, 1e6}, "of the squared distance of the parameters"),
         number("rho", defaults.rho, {0, 1e6}, "of the divergence of two views; 0: one view"),
         number("m", defaults.m, {-100, 100}, "raises confidence"),
         number("correct-from", defaults.correct_from, {0, 1},
                "share of training after which labels are corrected; 1: never"),
         integer("models", defaults.models, {1, 2}, "1 is the ablation with one")}},
       make_label_confidence},
  };
}

const std::vector<NamedScheme>& schemes() {
  static const std::vector<NamedScheme> all = [] {
    std::vector<NamedScheme> list = {
        {{"none", "trains with the loss as it is", "", {correction(), soft_correction()}}, make_plain},
        {{"mo",
          "the same, beside it a momentum model of this decay",
          sln_paper,
          {momentum(0.999), correction(), soft_correction()}},
         make_plain},
    };
    for (const auto& more : {clipping_schemes(), noise_schemes(), sample_schemes()})
      list.insert(list.end(), more.begin(), more.end());
    return list;
  }();
  return all;
}

}  // namespace

std::vector<Description> list_schemes() {
  return {schemes().begin(), schemes().end()};
}

std::unique_ptr<Scheme> make_scheme(const Spec& scheme, const Spec& loss, const LossSetting& setting) {
  const NamedScheme& named = find_entry(schemes(), scheme);
  std::vector<Parameter> parameters = named.parameters;
  const Parameter no_momentum = momentum(0);
  if (std::ranges::count(parameters, no_momentum.key, &Parameter::key) == 0)
    parameters.push_back(no_momentum);
  const Values values(scheme, parameters);
  auto made = named.make(values, {loss, setting});
  made->momentum_decay_ = values.number(no_momentum.key);
  return made;
}

}  // namespace noisegate
