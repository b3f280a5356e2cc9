// The report: one page about one or several runs that needs nothing beside itself.
#pragma once

#include "tools/runs/record.h"
#include "tools/runs/trained_run.h"

#include <cstdint>
#include <span>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace noisegate {

struct ReportOptions {
  std::string title = "What the runs did";
  RunView view;                // of the runs' models and data
  bool curves_only = false;    // nothing that takes models and data
  std::int64_t pictures = 24;  // of suspects, a run
};

/// All that the page shows (see tools/report/model.js). What a run lacks, from margins to its dataset, is
/// left out, with a sentence that says why.
nlohmann::ordered_json report_data(std::span<const RunRecord> runs, const ReportOptions& options);

/// The page of this data.
std::string report_page(const nlohmann::ordered_json& data);

}  // namespace noisegate
