// noisegate report: what several runs did, side by side, as one page.
#include "tools/report/report.h"

#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/text.h"
#include "tools/cli/command.h"
#include "tools/cli/command_line.h"
#include "tools/cli/output.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace noisegate {
namespace {

CommandLine report_command_line(ReportOptions& o, std::string& out, std::vector<std::string>& folders) {
  return {.command = "report",
          .summary = "writes a page that shows what runs did, side by side",
          .word = "RUN_DIR...",
          .options = {{"out", "FILE.html", "the page", &out},
                      {"title", "TEXT", "its title", &o.title},
                      {"pictures", "N", "suspicious samples to draw, a run", &o.pictures},
                      {"curves-only", "", "leave out all that takes models and data: quick", &o.curves_only},
                      {"data", "DIR", "folder with the files of the datasets, where they have moved",
                       &o.view.data},
                      o.view.row("device"),
                      o.view.row("threads")},
          .words = &folders};
}

void check(const ReportOptions& o, const std::string& out, const std::vector<std::string>& folders) {
  if (folders.empty()) reject("report needs the folder of a run, or of several");
  if (!out.ends_with(".html")) reject("--out {}: the file's name must end in .html", out);
  if (o.pictures < 0) reject("--pictures must be at least 0, not {}", o.pictures);
  require_writable(out);
}

}  // namespace

int report_command(const Arguments& arguments) {
  ReportOptions options;
  std::string out = "report.html";
  std::vector<std::string> folders;
  const CommandLine line = report_command_line(options, out, folders);
  const auto given = parse(line, arguments);
  if (!given) return 0;
  assign_given(line, *given);
  check(options, out, folders);

  std::vector<RunRecord> runs;
  for (const std::string& folder : folders) runs.push_back(read_run_record(folder));
  const nlohmann::ordered_json data = report_data(runs, options);
  for (const auto& run : data["runs"])
    for (const auto& sentence : run["missing"])
      warn("{}: {}", printable(run["folder"].get<std::string>()), sentence.get<std::string>());
  write_file_atomically(out, report_page(data));
  say("{} shows {} run{}\n", printable(out), runs.size(), runs.size() == 1 ? "" : "s");
  return 0;
}

}  // namespace noisegate
