// The table at the end of a sweep or a report: test accuracies of several runs. Runs that differ only in
// their seed are one row, mean ± standard deviation.
#pragma once

#include "tools/config/recipe.h"
#include "tools/runs/record.h"

#include <span>
#include <string>
#include <vector>

namespace noisegate {

struct RunTable {
  std::vector<std::string> titles;
  std::vector<std::vector<std::string>> rows;  // one cell per title
};

/// Makes a row for runs of the same options, whatever their seed, folders, threads and device; in order of
/// their first one. Columns: each option in which rows differ (dataset, noise and loss if none does), except
/// those that follow from a recipe; they too if a row did not follow it, which its label says; `model` if
/// runs test more than one ("momentum", "robust"); `runs`; of the test accuracies in percent the `last`
/// epoch, the mean of the `last ten` ("(of 2)" if there are only two), the `best` epoch and, if some run has
/// a validation set, the epoch of the `best validation` accuracy; and the `published` result of a recipe,
/// next to finished runs that followed it in everything. The standard deviation is that of a sample, n − 1.
/// Runs without an epoch are left out.
RunTable run_table(std::span<const RunRecord> runs);

/// Prints aligned columns, for a terminal.
std::string as_text(const RunTable& table);
std::string as_markdown(const RunTable& table);
/// Prints a tabular that needs the package booktabs.
std::string as_latex(const RunTable& table);

/// Returns a sentence that compares the run's result with the paper's and says how the run differs; empty if
/// the run has no result of the paper's kind.
std::string recipe_outcome(const Recipe& recipe, const RunRecord& run);

}  // namespace noisegate
