// The table over runs and seeds, and how runs are read back from their folders.
#include "tests/check_error.h"
#include "tests/temporary_folder.h"
#include "tools/config/recipe.h"
#include "tools/runs/table.h"

#include <fstream>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

using Row = std::vector<std::string>;

RunRecord run(const std::string& loss, std::int64_t seed, const std::vector<double>& accuracies) {
  RunRecord record;
  record.options.loss = loss;
  record.options.seed = seed;
  for (const double accuracy : accuracies) record.epochs.push_back({{"test_acc", accuracy}});
  return record;
}

void write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file) << text;
}

}  // namespace

TEST_CASE("runs that differ in their seed alone are one row, mean and deviation") {
  std::vector<RunRecord> runs = {run("ce", 1, {0.5, 0.8, 0.7}), run("gce", 1, {0.4, 0.9}),
                                 run("ce", 2, {0.3, 0.5, 0.5})};
  runs[2].options.threads = 7;
  const RunTable table = run_table(runs);
  CHECK(table.titles == Row{"loss", "runs", "last", "last ten", "best"});
  REQUIRE(table.rows.size() == 2);
  // Deviations of two are their distance over √2: 20/√2, 23.33/√2 and 30/√2.
  CHECK(table.rows[0] == Row{"ce", "2", "60.00 ± 14.14", "55.00 ± 16.50 (of 3)", "65.00 ± 21.21"});
  CHECK(table.rows[1] == Row{"gce", "1", "90.00", "65.00 (of 2)", "90.00"});
  runs[2].epochs.resize(1);
  CHECK(run_table(runs).rows[0][3] == "48.33 ± 25.93 (of 1–3)");
}

TEST_CASE("the last ten epochs are the last ten") {
  std::vector<double> accuracies(30, 0.1);
  for (std::size_t i = 20; i < 30; ++i) accuracies[i] = 0.01 * static_cast<double>(i);
  const RunRecord one = run("ce", 1, accuracies);
  const RunTable table = run_table(std::span(&one, 1));
  CHECK(table.titles == Row{"dataset", "noise", "loss", "runs", "last", "last ten", "best"});
  CHECK(table.rows == std::vector<Row>{{"synthetic", "none", "ce", "1", "29.00", "24.50", "29.00"}});
}

TEST_CASE("a momentum model has a row of its own, a validation set a column") {
  std::vector<RunRecord> runs = {run("ce", 1, {0.5, 0.6}), run("gce", 1, {0.7, 0.6})};
  runs[0].epochs[1]["test_acc_ema"] = 0.65;
  runs[1].epochs[0]["validation_acc"] = 0.55;
  runs[1].epochs[1]["validation_acc"] = 0.45;
  const RunTable table = run_table(runs);
  CHECK(table.titles == Row{"loss", "model", "runs", "last", "last ten", "best", "best validation"});
  REQUIRE(table.rows.size() == 3);
  CHECK(table.rows[0] == Row{"ce", "live", "1", "60.00", "55.00 (of 2)", "60.00", ""});
  CHECK(table.rows[1] == Row{"ce", "momentum", "1", "65.00", "65.00 (of 1)", "65.00", ""});
  CHECK(table.rows[2] == Row{"gce", "live", "1", "60.00", "65.00 (of 2)", "70.00", "70.00"});
}

namespace {

/// A run that followed a recipe in everything, of accuracies of a half.
RunRecord run_of_recipe(const std::string& recipe) {
  RunRecord record = run("", 1, std::vector<double>(150, 0.5));
  record.options = recipe_options(find_recipe(recipe), "symmetric:0.8", 150);
  record.options.noise = "symmetric:0.8";
  return record;
}

}  // namespace

TEST_CASE("options that follow from a recipe are no columns, and its published numbers are one") {
  std::vector<RunRecord> runs = {run_of_recipe("ogc-ce-cifar10"), run_of_recipe("ogc-baseline-gce-cifar10")};
  RunTable table = run_table(runs);
  CHECK(table.titles == Row{"recipe", "runs", "last", "last ten", "best", "published"});
  CHECK(table.rows[0] == Row{"ogc-ce-cifar10", "1", "50.00", "50.00", "50.00", "43.77 ± 2.27"});
  CHECK(table.rows[1] == Row{"ogc-baseline-gce-cifar10", "1", "50.00", "50.00", "50.00", "34.72 ± 3.65"});

  runs[0].epochs.resize(149);
  CHECK(run_table(runs).rows[0].back() == "unfinished");
  runs[1].options.recipe = "one of another version";
  table = run_table(runs);
  CHECK(table.titles == Row{"recipe", "loss", "scheme", "runs", "last", "last ten", "best", "published"});
  CHECK(table.rows[1].front() == "one of another version");
  CHECK(table.rows[1].back() == "");
}

TEST_CASE("a run that did not follow its recipe is named so, and no published number stands beside it") {
  std::vector<RunRecord> runs = {run_of_recipe("ogc-ce-cifar10"), run_of_recipe("ogc-ce-cifar10")};
  runs[1].options.loss = "mae";
  runs[1].options.limit = 1000;
  RunTable table = run_table(runs);
  CHECK(table.titles == Row{"recipe", "limit", "loss", "runs", "last", "last ten", "best", "published"});
  CHECK(table.rows[0].front() == "ogc-ce-cifar10");
  CHECK(table.rows[0].back() == "43.77 ± 2.27");
  CHECK(table.rows[1].front() == "ogc-ce-cifar10, changed: limit, loss");
  CHECK(table.rows[1].back() == "");

  // Also where it is alone, or all are alike in it.
  table = run_table(std::span(runs).last(1));
  CHECK(table.titles == Row{"recipe", "dataset", "noise", "loss", "runs", "last", "last ten", "best"});
  CHECK(table.rows[0].front() == "ogc-ce-cifar10, changed: limit, loss");
}

TEST_CASE("runs without an epoch are left out, and none make an empty table") {
  const std::vector<RunRecord> runs = {run("ce", 1, {}), run("gce", 1, {0.5})};
  CHECK(run_table(runs).rows.size() == 1);
  CHECK(run_table({}).rows.empty());
}

TEST_CASE("the table as text, Markdown and LaTeX") {
  const RunTable table{{"loss", "noise_rate", "last"},
                       {{"a|b", "40%", "1.00 ± 0.10 (of 2)"}, {"gce", "5", "2.00"}}};
  CHECK(as_text(table) ==
        "loss  noise_rate  last\n"
        "a|b   40%         1.00 ± 0.10 (of 2)\n"
        "gce   5           2.00\n");
  CHECK(as_markdown(table) ==
        "| loss | noise_rate | last |\n"
        "| --- | --- | --- |\n"
        "| a\\|b | 40% | 1.00 ± 0.10 (of 2) |\n"
        "| gce | 5 | 2.00 |\n");
  CHECK(as_latex(table) ==
        "\\begin{tabular}{lll}\n\\toprule\n"
        "loss & noise\\_rate & last \\\\\n\\midrule\n"
        "a|b & 40\\% & $1.00 \\pm 0.10$ (of 2) \\\\\n"
        "gce & 5 & 2.00 \\\\\n\\bottomrule\n\\end{tabular}\n");
}

TEST_CASE("a run is read back from its folder, without the line that is just being written") {
  const TemporaryFolder temporary;
  TrainOptions options;
  options.loss = "gce:0.5";
  options.epochs = 2;
  options.seed = 7;
  write(temporary.path() / "config.toml", config_text(options));
  CHECK(read_run_record(temporary.path()).epochs.empty());
  write(temporary.path() / "metrics.jsonl", "{\"epoch\":1,\"test_acc\":0.5}\n{\"epoch\":2,\"te");
  RunRecord record = read_run_record(temporary.path());
  CHECK(record.options.loss == "gce:0.5");
  CHECK(record.options.seed == 7);
  REQUIRE(record.epochs.size() == 1);
  CHECK(record.epochs[0]["test_acc"] == 0.5);
  CHECK_FALSE(record.is_finished());
  write(temporary.path() / "metrics.jsonl", "{\"epoch\":1}\n{\"epoch\":2}\n");
  CHECK(read_run_record(temporary.path()).is_finished());

  write(temporary.path() / "metrics.jsonl", "{\"epoch\":1}\n[2]\n");
  check_error([&] { read_run_record(temporary.path()); }, {"line 2", "metrics.jsonl"});
  check_error([&] { read_run_record(temporary.path() / "none"); }, {"none", "config.toml"});
}
