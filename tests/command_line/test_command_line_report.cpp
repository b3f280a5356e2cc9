// noisegate report through the command line: the page is whole, and runs that lack something say so.
// tests/report/open_page.py opens such a page in a browser.
#include "tests/session.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace noisegate;
using nlohmann::json;

namespace {

void train(const Session& session, const std::string& run, const Words& more = {}) {
  Words words = {"train", "--dataset", "synthetic:train=96,test=64", "--model", "cnn4", "--out", run};
  for (const char* word :
       {"--batch-size", "32", "--epochs", "2", "--threads", "1", "--noise", "symmetric:0.4"})
    words.push_back(word);
  words.insert(words.end(), more.begin(), more.end());
  const Outcome outcome = session.run(words);
  REQUIRE_MESSAGE(outcome.exit_code == 0, outcome.errors);
}

/// The data inside a page.
json data_of(const std::string& page) {
  const std::string start = R"(<script type="application/json" id="data">)";
  const std::size_t from = page.find(start) + start.size();
  return json::parse(page.substr(from, page.find("</script>", from) - from));
}

}  // namespace

TEST_CASE("a report of two runs and what they tell") {
  const Session session;
  train(session, "a", {"--ema", "0.9"});
  train(session, "b", {"--loss", "gce:0.7", "--seed", "2"});
  const Outcome report = session.run({"report", "a", "b", "--title", "</script><b>", "--pictures", "3"});
  REQUIRE_MESSAGE(report.exit_code == 0, report.errors);
  CHECK(report.errors.empty());
  const std::string page = session.text("report.html");
  CHECK_FALSE(contains(page, "@DATA@"));
  CHECK_FALSE(contains(page, "<script src"));
  CHECK_FALSE(contains(page, "</script><b>"));
  CHECK(contains(page, "Chart.js v"));

  const json data = data_of(page);
  CHECK(data["title"] == "</script><b>");
  CHECK(data["differing"] == json{"loss", "ema"});
  CHECK(contains(data["table"]["markdown"], "gce:0.7"));
  REQUIRE(data["runs"].size() == 2);
  const json& run = data["runs"][0];
  CHECK(run["missing"].empty());
  CHECK(run["metrics"]["test_acc"].size() == 2);
  CHECK(run["metrics"]["test_acc_ema"].size() == 2);
  CHECK(run["margins"]["epochs"] == json{1, 2});
  CHECK(run["margins"]["noisy"][1].size() == 60);
  CHECK(run["group"] != data["runs"][1]["group"]);

  const json& analysis = run["analysis"];
  CHECK(analysis["suspects"].size() == 3);
  CHECK(contains(analysis["suspects"][0]["picture"], "data:image/png;base64,iVBORw0KGgo"));
  int samples = 0, given = 0;
  for (const char* kind : {"both_true", "only_prediction_true", "only_label_true", "none_true"})
    for (const json& count : analysis["dissection"][kind]) samples += count.get<int>();
  for (const json& row : analysis["transition"])
    for (const json& count : row) given += count.get<int>();
  CHECK(samples == 96);
  CHECK(given == 96);
  CHECK(analysis["test"]["test_acc"] == run["metrics"]["test_acc"][1]);
}

TEST_CASE("runs that lack something say so, and the rest is there") {
  const Session session;
  train(session, "whole");
  train(session, "old");
  std::string without_margins;
  for (const std::string& line : lines(session.text("old/metrics.jsonl"))) {
    json epoch = json::parse(line);
    epoch.erase("margins_clean");
    epoch.erase("margins_noisy");
    without_margins += epoch.dump() + "\n";
  }
  std::ofstream(session.path("old/metrics.jsonl")) << without_margins;
  std::filesystem::remove(session.path("old/model.safetensors"));
  std::filesystem::create_directories(session.path("new"));
  std::filesystem::copy(session.path("whole/config.toml"), session.path("new/config.toml"));

  const Outcome report = session.run({"report", "whole", "old", "new", "--out", "r.html"});
  REQUIRE_MESSAGE(report.exit_code == 0, report.errors);
  CHECK(contains(report.errors, "old: "));
  const json data = data_of(session.text("r.html"));
  CHECK(data["runs"][0]["missing"].empty());
  const json& old = data["runs"][1];
  CHECK(old["missing"].size() == 2);
  CHECK(contains(old["missing"][0], "margins"));
  CHECK(contains(old["missing"][1], "no model"));
  CHECK_FALSE(old.contains("margins"));
  CHECK_FALSE(old.contains("analysis"));
  CHECK(old["metrics"]["test_acc"].size() == 2);
  CHECK(contains(data["runs"][2]["missing"][0], "No epoch"));

  REQUIRE(session.run({"report", "whole", "--curves-only"}).exit_code == 0);
  CHECK_FALSE(data_of(session.text("report.html"))["runs"][0].contains("analysis"));
}

TEST_CASE("report says what it cannot do") {
  const Session session;
  check_refused(session.run({"report"}), 2, {"folder of a run"});
  check_refused(session.run({"report", "nowhere"}), 2, {"nowhere", "config.toml"});
  check_refused(session.run({"report", "a", "--out", "page.pdf"}), 2, {"page.pdf", ".html"});
  check_refused(session.run({"report", "a", "--pictures", "-1"}), 2, {"--pictures"});
  check_refused(session.run({"report", "a", "--titel", "x"}), 2, {"did you mean --title?"});
}
