// The table that a sweep and a report end in: test accuracies of several runs, those that differ in nothing
// but their seed as one row, mean ± standard deviation.
#pragma once

#include "tools/config/recipe.h"
#include "tools/runs/record.h"

#include <span>
#include <string>
#include <vector>

namespace noisegate {

struct RunTable {
  std::vector<std::string> titles;
  std::vector<std::vector<std::string>> rows;  // a cell a title
};

/// A row for runs of the same options, whatever their seed, folders, threads and device; in order of their
/// first one. Columns: each option in which rows differ (dataset, noise and loss where none does), but for
/// those that follow from a recipe; that too where a row did not follow it, which its label tells; `model`
/// where runs test more than one ("momentum", "robust"); `runs`; of the test accuracies in percent `last`
/// epoch, mean of the `last ten` ("(of 2)" where there are but two), `best` epoch and, where some run has a
/// validation set, the epoch of the `best validation` accuracy; and what is `published` for a recipe, beside
/// finished runs that followed it in everything. The deviation is that of a sample, n − 1. Runs without an
/// epoch are left out.
RunTable run_table(std::span<const RunRecord> runs);

/// Aligned columns, for a terminal.
std::string as_text(const RunTable& table);
std::string as_markdown(const RunTable& table);
/// A tabular that needs the package booktabs.
std::string as_latex(const RunTable& table);

/// What came of the run beside what the paper reports for it, in a sentence that says so where the run
/// differs; empty where it has nothing of what the paper reports.
std::string recipe_outcome(const Recipe& recipe, const RunRecord& run);

}  // namespace noisegate
