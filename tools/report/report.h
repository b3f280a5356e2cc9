// The report: a self-contained page about one or several runs.
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
  RunView view;                // for the runs' models and data
  bool curves_only = false;    // leaves out everything that needs models and data
  std::int64_t pictures = 24;  // number of suspects per run
};

/// Returns all data of the page (see tools/report/model.js). It leaves out what a run lacks, from margins to
/// its dataset, with a sentence that says why.
nlohmann::ordered_json report_data(std::span<const RunRecord> runs, const ReportOptions& options);

/// Returns the page with this data.
std::string report_page(const nlohmann::ordered_json& data);

}  // namespace noisegate
