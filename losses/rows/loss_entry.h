// A loss in the registry: its functor's entry() returns its name, formula, paper and parameters, and the
// function that makes the functor of their values.
#pragma once

#include "engine/registry.h"

#include <map>
#include <string>
#include <vector>

namespace noisegate {

/// The values that a spec gives the parameters of a loss, checked.
struct LossValues {
  std::map<std::string, double> numbers;
  std::vector<double> label_shares;  // P(ỹ=k); empty where they are not known
  std::vector<double> transition;    // (K,K), P(given j | true i), for losses that have the parameter T
  int classes = 0;                   // of the transition matrix
  std::string what;                  // "--loss 'gce:0.7'", for messages

  double operator[](const std::string& key) const { return numbers.at(key); }
  /// Throws Error where they are not known.
  const std::vector<double>& required_label_shares() const;
};

template <class F>
using LossEntry = Entry<F (*)(const LossValues&)>;

}  // namespace noisegate
