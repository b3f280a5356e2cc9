// The losses by name: from a spec, "nce+mae:beta=2", to a loss.
#pragma once

#include "engine/registry.h"
#include "losses/loss.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace noisegate {

/// `what` is its formula in plain text: "(1 - p^q) / q".
struct LossInfo : Description {
  bool is_py = false;             // of p_y alone: takes shift_scale_parameters() too
  bool needs_transition = false;  // takes T, see LossSetting
};

/// Every loss, without the sums.
std::vector<LossInfo> list_losses();

/// shift, scale-margin, tau, tau-shifts and unit-weight of any loss of p_y (rows/shift_scale.h).
std::vector<Parameter> shift_scale_parameters();

/// The published sums of two losses with the parameters published for CIFAR-10, which are their defaults.
struct SumInfo {
  std::string name;      // "nce+agce"
  std::string defaults;  // "alpha=1, beta=4, a=6, q=1.5"
  std::string source;
};
std::vector<SumInfo> list_sums();

/// What some losses must know of the training set.
struct LossSetting {
  std::vector<double> label_shares;  // P(ỹ=k), for cr
  std::vector<double> transition;    // (K,K), P(given j | true i), for forward and backward
};

/// Where the transition matrix of forward and backward correction comes from, by what their `T` says.
struct TransitionRequest {
  enum class Source {
    file,      // T=matrix.npy or T=matrix.csv
    truth,     // T=true: counted from the true and the given labels of the training set
    estimate,  // T=estimate,run=DIR: from the cross-entropy model of a run
  } source;
  std::string path;  // of the file or the run
};
/// Nothing for losses that need none. Throws Error for a `T` that is missing, or names no source.
std::optional<TransitionRequest> transition_request(const Spec& spec);

/// Makes `name` or a sum `name+name` with factors alpha and beta; a part's parameter stands as `key` or,
/// where both parts or the sum have that key, as `name.key`. Throws Error for an unknown name or key, for a
/// value outside its range, and for a transition matrix that cannot be read or, for backward, inverted.
std::unique_ptr<Loss> make_loss(const Spec& spec, const LossSetting& setting = {});

/// A loss of p_y by itself, not shifted or scaled, for schemes that work on it. Throws Error for other
/// losses, and as make_loss() does.
std::unique_ptr<PyLoss> make_py_loss(Spec spec);

}  // namespace noisegate
