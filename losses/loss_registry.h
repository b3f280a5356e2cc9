// What make_loss() and list_losses() know, a table a family.
#pragma once

#include "losses/loss.h"
#include "losses/margin_part.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace noisegate {

/// The values that a spec gives the parameters of a loss, checked.
struct LossValues {
  std::map<std::string, double> numbers;
  MarginKnobs knobs;
  std::vector<double> label_shares;  // as in LossSetting
  std::vector<double> transition;    // as in LossSetting, checked
  int classes = 0;                   // of the transition matrix
  std::string what;                  // "--loss 'gce:0.7'", for messages

  double operator[](const std::string& key) const { return numbers.at(key); }
};

using LossMaker = std::function<std::unique_ptr<LossPart>(const LossValues&)>;
using LossEntry = Entry<LossMaker>;

std::vector<LossEntry> margin_losses();  // of p_y alone
std::vector<LossEntry> row_losses();     // of all probabilities

}  // namespace noisegate
