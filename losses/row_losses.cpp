// The losses of the whole row by name.
#include "engine/error.h"
#include "losses/forward_correction.h"
#include "losses/logit_clipping.h"
#include "losses/loss_registry.h"
#include "losses/row_loss.h"
#include "losses/target_loss.h"
#include "losses/transition_matrix.h"

#include <utility>
#include <vector>

namespace noisegate {
namespace {

template <class F>
std::unique_ptr<LossPart> row(F loss) {
  return std::make_unique<PartOf<RowRule<F>>>(RowRule<F>{loss});
}

template <class F>
std::unique_ptr<LossPart> targets(F targets_of) {
  return std::make_unique<PartOf<TargetRule<F>>>(TargetRule<F>{std::move(targets_of)});
}

template <template <class> class Targets>
std::unique_ptr<LossPart> targets_in(const std::vector<double>& table, int classes) {
  return targets(Targets<InBothPrecisions>{InBothPrecisions(table, classes)});
}

std::unique_ptr<LossPart> confidence_regularizer(double lambda, std::vector<double> shares) {
  for (double& share : shares) share *= -lambda;
  return targets_in<ConfidenceTargets>(shares, static_cast<int>(shares.size()));
}

std::unique_ptr<LossPart> forward_correction(const std::vector<double>& transition, int classes) {
  std::vector<double> transposed;
  for (int j = 0; j < classes; ++j)
    for (int i = 0; i < classes; ++i) transposed.push_back(transition[i * classes + j]);
  using Rule = ForwardCorrection<InBothPrecisions>;
  return std::make_unique<PartOf<Rule>>(Rule{InBothPrecisions(transposed, classes)});
}

const char* const normalized = "Ma et al., Normalized Loss Functions, ICML 2020";
const char* const negative = "Ye et al., Active Negative Loss Functions, NeurIPS 2023";
const char* const correction = "Patrini et al., Making Deep Neural Networks Robust to Label Noise, CVPR 2017";

using parameter::flag, parameter::number;

const Parameter gamma = number("gamma", 0.5, {0, 20}), lambda = number("lambda", 1, {0, 1e6});

/// What transition_request() reads.
std::vector<Parameter> matrix() {
  return {parameter::path("T", "a file, or true, or estimate, with run"),
          parameter::path("run", "a run by cross entropy, to estimate it from")};
}

FocalLoss focal(const LossValues& v) {
  return {v["gamma"], v["detach"] != 0};
}

}  // namespace

std::vector<LossEntry> row_losses() {
  return {
      {{"nce", "log p_y / sum_i log p_i", normalized},
       [](const LossValues&) { return row(Normalized<CrossEntropy>{}); }},
      {{"nfl", "fl(y) / sum_i fl(i)", normalized, {gamma, flag("detach", false)}},
       [](const LossValues& v) { return row(Normalized<FocalLoss>{focal(v)}); }},
      {{"ngce", "(1-p_y^q) / (K - sum_i p_i^q)", normalized, {number("q", 0.7, {1e-9, 1})}},
       [](const LossValues& v) { return row(Normalized<GeneralizedCrossEntropy>{{v["q"]}}); }},
      {{"nnce", "1 - (A + log p_y) / sum_i (A + log p_i), A = -log 1e-7", negative},
       [](const LossValues&) { return row(NormalizedComplement<NegativeCrossEntropy>{}); }},
      {{"nnfl",
        "1 - (A - fl(y)) / (K A - sum_i fl(i)), A = fl(p=1e-7)",
        negative,
        {gamma, flag("detach", true)}},
       [](const LossValues& v) { return row(NormalizedComplement<NegativeFocalLoss>{{{focal(v)}}}); }},
      {{"lc-ce",
        "ce of s delta/|s| where |s| > tau; delta=0 is the paper's, tau (its code has 1/tau)",
        "Wei et al., Logit Clipping, ICML 2023",
        {number("tau", 1.5, above(0, 1e6)), number("delta", 0, {0, 1e6})}},
       [](const LossValues& v) {
         const double delta = v["delta"] == 0 ? v["tau"] : v["delta"];
         return std::make_unique<PartOf<LogitClipping>>(LogitClipping{v["tau"], delta});
       }},
      {{"mse", "sum_i (1[i=y] - p_i)^2", "Ghosh et al., Robust Loss Functions under Label Noise, AAAI 2017"},
       [](const LossValues&) { return row(MeanSquareError{}); }},
      {{"ls",
        "KL(t|p), t = (1-alpha) e_y + alpha/K",
        "Szegedy et al., CVPR 2016; negative: Wei et al., To Smooth or Not?, ICML 2022",
        {number("alpha", 0.2, {-1e3, 1})}},
       [](const LossValues& v) { return row(LabelSmoothing{v["alpha"]}); }},
      {{"bs",
        "-sum_i t_i log p_i, t = beta e_y + (1-beta) p",
        "Reed et al., Training with Bootstrapping, ICLR workshop 2015",
        {number("beta", 0.8, {0, 1})}},
       [](const LossValues& v) { return row(SoftBootstrapping{v["beta"]}); }},
      {{"cr",
        "ce + lambda sum_k P(label k) log p_k",
        "Cheng et al., A Sample Sieve Approach (CORES), ICLR 2021",
        {lambda}},
       [](const LossValues& v) {
         if (v.label_shares.empty()) reject("{}: the shares of the labels are not known here", v.what);
         return confidence_regularizer(v["lambda"], v.label_shares);
       }},
      {{"peer",
        "ce(s,y) - lambda ce(s_n,y_m), n and m random",
        "Liu and Guo, Peer Loss Functions, ICML 2020",
        {lambda}},
       [](const LossValues& v) { return targets(PeerTargets{v["lambda"]}); }},
      {{"forward", "-log (T^t p)_y", correction, matrix()},
       [](const LossValues& v) { return forward_correction(v.transition, v.classes); }},
      {{"backward", "sum_j (T^-1)_yj ce(j)", correction, matrix()},
       [](const LossValues& v) {
         return targets_in<BackwardTargets>(inverse_of(v.transition, v.what), v.classes);
       }},
  };
}

}  // namespace noisegate
