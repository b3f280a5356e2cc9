// The losses of p_y alone by name; their functors are in margin_loss.h.
#include "losses/loss_registry.h"

namespace noisegate {
namespace {

template <class F>
std::unique_ptr<LossPart> part(F loss, const LossValues& values) {
  return std::make_unique<MarginPart<F>>(loss, values.knobs);
}

constexpr double rce_scale = 9.210340371976182;  // −log 1e-4

// Nearer to its limit a loss is lost in float32: p^q is 1, (a−1)^q is 0, 1/(a+1) is 1.
constexpr double least_q = 1e-9, least_a = 1e-6, least_a_of_aul = 1.001;

using parameter::flag, parameter::integer, parameter::number;

const Parameter q_of_gce = number("q", 0.7, {least_q, 1});

}  // namespace

std::vector<LossEntry> margin_losses() {
  return {
      {{"ce", "-log p", "cross entropy"}, [](const LossValues& v) { return part(CrossEntropy{}, v); }},
      {{"fl",
        "-(1-p)^gamma log p; detach=1: (1-p)^gamma without gradient",
        "Lin et al., Focal Loss, ICCV 2017",
        {number("gamma", 0.5, {0, 20}), flag("detach", false)}},
       [](const LossValues& v) {
         return part(FocalLoss{v["gamma"], v["detach"] != 0}, v);
       }},
      {{"mae",
        "scale (1-p)",
        "Ghosh et al., Robust Loss Functions under Label Noise, AAAI 2017",
        {number("scale", 1, above(0, 1e6))}},
       [](const LossValues& v) { return part(MeanAbsoluteError{v["scale"]}, v); }},
      {{"rce", "-log(1e-4) (1-p)", "Wang et al., Symmetric Cross Entropy, ICCV 2019"},
       [](const LossValues& v) { return part(MeanAbsoluteError{rce_scale}, v); }},
      {{"gce", "(1-p^q) / q", "Zhang and Sabuncu, Generalized Cross Entropy, NeurIPS 2018", {q_of_gce}},
       [](const LossValues& v) { return part(GeneralizedCrossEntropy{v["q"]}, v); }},
      {{"truncated-gce",
        "(1-k^q) / q where p <= k, else gce",
        "Zhang and Sabuncu, Generalized Cross Entropy, NeurIPS 2018",
        {q_of_gce, number("k", 0.5, above(0, 1))}},
       [](const LossValues& v) {
         return part(TruncatedGce{v["q"], v["k"]}, v);
       }},
      {{"sce",
        "alpha ce + beta rce",
        "Wang et al., Symmetric Cross Entropy, ICCV 2019",
        {number("alpha", 0.1, {0, 1e6}), number("beta", 1, {0, 1e6})}},
       [](const LossValues& v) {
         return part(SymmetricCrossEntropy{v["alpha"], v["beta"] * rce_scale}, v);
       }},
      {{"phuber-ce",
        "-log p where p > 1/tau, else 1 + log tau - tau p",
        "Menon et al., Can Gradient Clipping Mitigate Label Noise?, ICLR 2020",
        {number("tau", 10, {1, 1e7})}},
       [](const LossValues& v) { return part(PartiallyHuberisedCrossEntropy{v["tau"]}, v); }},
      {{"taylor-ce",
        "sum over i=1..t of (1-p)^i / i",
        "Feng et al., Can Cross Entropy Loss Be Robust to Label Noise?, IJCAI 2020",
        {integer("t", 2, {1, 100})}},
       [](const LossValues& v) { return part(TaylorCrossEntropy{static_cast<int>(v["t"])}, v); }},
      {{"aul",
        "((a-p)^q - (a-1)^q) / q",
        "Zhou et al., Asymmetric Loss Functions, ICML 2021",
        {number("a", 6.3, {least_a_of_aul, 1000}), number("q", 1.5, {least_q, 10})}},
       [](const LossValues& v) {
         return part(AsymmetricUnhingedLoss{v["a"], v["q"]}, v);
       }},
      {{"agce",
        "((a+1)^q - (a+p)^q) / q",
        "Zhou et al., Asymmetric Loss Functions, ICML 2021",
        {number("a", 6, {least_a, 1000}), number("q", 1.5, {least_q, 10})}},
       [](const LossValues& v) {
         return part(AsymmetricGce{v["a"], v["q"]}, v);
       }},
      {{"ael",
        "exp(-p/a)",
        "Zhou et al., Asymmetric Loss Functions, ICML 2021",
        {number("a", 2.5, {least_a, 1000})}},
       [](const LossValues& v) { return part(AsymmetricExponentialLoss{v["a"]}, v); }},
      {{"js",
        "Z [pi KL(e_y|m) + (1-pi) KL(p|m)], m = pi e_y + (1-pi) p, Z = -1/((1-pi) log(1-pi))",
        "Englesson and Azizpour, Generalized Jensen-Shannon Divergence Loss, NeurIPS 2021",
        {number("pi", 0.3, {1e-3, 0.999})}},
       [](const LossValues& v) { return part(JensenShannon{v["pi"]}, v); }},
  };
}

}  // namespace noisegate
