// noisegate loss, list losses and bench ops as a person uses them.
#include "engine/io/npy.h"
#include "tests/session.h"

#include <cmath>

#include <nlohmann/json.hpp>

using namespace noisegate;

namespace {

/// Three samples of four classes.
void save_batch(const Session& session) {
  save_numpy<float>(session.path("f.npy"), {3, 4}, std::vector<float>{2, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4});
  save_numpy<std::int64_t>(session.path("y.npy"), {3}, std::vector<std::int64_t>{0, 1, 3});
}

nlohmann::json json_of(const Session& session, const std::string& name) {
  return nlohmann::json::parse(session.text(name));
}

}  // namespace

TEST_CASE("loss tells loss, margin, weight and gradient, as a table and as JSON") {
  const Session session;
  save_batch(session);
  const Outcome outcome = session.run(
      {"loss", "--loss", "gce:0.7", "--logits", "f.npy", "--labels", "y.npy", "--json", "out.json"});
  CHECK(outcome.exit_code == 0);
  CHECK(contains(outcome.output, "mean loss of 3 samples"));
  const nlohmann::json json = json_of(session, "out.json");
  const double p = std::exp(2) / (std::exp(2) + 3), q = 0.7;
  CHECK(json["per_sample"][0].get<double>() == doctest::Approx((1 - std::pow(p, q)) / q));
  CHECK(json["per_sample"][1].get<double>() == doctest::Approx((1 - std::pow(0.25, q)) / q));
  CHECK(json["margin"][1].get<double>() == doctest::Approx(-std::log(3)));
  CHECK(json["weight"][0].get<double>() == doctest::Approx(std::pow(p, q) * (1 - p)));
  CHECK(json["grad"][0][0].get<double>() == doctest::Approx(-std::pow(p, q) * (1 - p) / 3));  // of the mean
  CHECK(json["grad"].size() == 3);
  const auto per_sample = json["per_sample"].get<std::vector<double>>();
  CHECK(json["loss"].get<double>() == doctest::Approx((per_sample[0] + per_sample[1] + per_sample[2]) / 3));
}

TEST_CASE("loss has a weight for losses of p_y only, and a second gradient for two views") {
  const Session session;
  save_batch(session);
  const auto run = [&](const Words& more) {
    Words words{"loss", "--logits", "f.npy", "--labels", "y.npy", "--json", "out.json"};
    words.insert(words.end(), more.begin(), more.end());
    return session.run(words);
  };
  CHECK(run({"--loss", "nce+rce"}).exit_code == 0);
  CHECK_FALSE(json_of(session, "out.json").contains("weight"));
  CHECK(run({"--loss", "gjs", "--logits2", "f.npy"}).exit_code == 0);
  const nlohmann::json twice = json_of(session, "out.json");
  CHECK(twice["grad"] == twice["grad2"]);
  CHECK(run({"--loss", "js"}).exit_code == 0);  // two equal views are one
  CHECK(json_of(session, "out.json")["loss"].get<double>() ==
        doctest::Approx(twice["loss"].get<double>()).epsilon(1e-5));

  std::ofstream(session.path("T.csv")) << "0.7,0.1,0.1,0.1\n0.1,0.7,0.1,0.1\n0.1,0.1,0.7,0.1\n0,0,0,1\n";
  CHECK(run({"--loss", "forward:T.csv"}).exit_code == 0);
  CHECK(json_of(session, "out.json")["per_sample"][1].get<double>() ==
        doctest::Approx(-std::log((0.1 + 0.7 + 0.1) / 4)));
}

TEST_CASE("loss draws one or several losses of p_y") {
  const Session session;
  const Outcome outcome = session.run({"loss", "--loss", "ce mae:tau=2.6 gce", "--plot", "a.svg"});
  CHECK(outcome.exit_code == 0);
  const std::string svg = session.text("a.svg");
  CHECK(svg.starts_with("<svg"));
  CHECK(contains(svg, "mae:tau=2.6"));
  CHECK(contains(svg, "prefers-color-scheme: dark"));
  CHECK_FALSE(contains(svg, "nan"));
}

TEST_CASE("loss refuses what it cannot use, naming it") {
  const Session session;
  save_batch(session);
  save_numpy<std::int64_t>(session.path("far.npy"), {3}, std::vector<std::int64_t>{0, 1, 4});
  save_numpy<std::int64_t>(session.path("two.npy"), {2}, std::vector<std::int64_t>{0, 1});
  save_numpy<float>(session.path("nan.npy"), {3, 4},
                    std::vector<float>{0, 0, 0, 0, 0, 0, NAN, 0, 0, 0, 0, 0});
  const auto refused = [&](const Words& more, const Words& parts) {
    Words words{"loss"};
    words.insert(words.end(), more.begin(), more.end());
    check_refused(session.run(words), 2, parts);
  };
  refused({}, {"--loss"});
  refused({"--loss", "ce"}, {"--logits", "--plot"});
  refused({"--loss", "ce", "--logits", "f.npy"}, {"--labels"});
  refused({"--loss", "cee", "--logits", "f.npy", "--labels", "y.npy"}, {"cee", "ce, fl"});
  refused({"--loss", "ce", "--logits", "f.npy", "--labels", "far.npy"}, {"far.npy", "label 4 of sample 2"});
  refused({"--loss", "ce", "--logits", "f.npy", "--labels", "two.npy"}, {"two.npy", "(2)"});
  refused({"--loss", "ce", "--logits", "nan.npy", "--labels", "y.npy"}, {"nan.npy", "row 1", "nan"});
  refused({"--loss", "ce", "--logits", "y.npy", "--labels", "y.npy"}, {"y.npy", "(3)"});
  refused({"--loss", "gjs", "--logits", "f.npy", "--labels", "y.npy"}, {"--logits2"});
  refused({"--loss", "ce", "--logits", "f.npy", "--labels", "y.npy", "--logits2", "f.npy"}, {"--logits2"});
  refused({"--loss", "forward:true", "--logits", "f.npy", "--labels", "y.npy"}, {"T=FILE"});
  refused({"--loss", "nce", "--plot", "a.svg"}, {"nce", "p_y"});
  refused({"--loss", "ce", "--plot", "a.png"}, {"a.png", ".svg"});
  refused({"--loss", "ce", "--scheme", "ogc"}, {"--scheme needs --logits, --labels and --lr"});
  refused({"--loss", "ce", "--lr", "y.npy", "--logits", "f.npy", "--labels", "y.npy"}, {"--lr"});
  CHECK_FALSE(std::filesystem::exists(session.path("a.svg")));
}

TEST_CASE("list losses names every loss with formula, parameters, ranges and paper, in 110 columns") {
  const Session session;
  const Outcome outcome = session.run({"list", "losses"});
  CHECK(outcome.exit_code == 0);
  for (const char* part : {"(1-p^q) / q", "q=0.7 in [1e-09, 1]", "NeurIPS 2018", "gjs", "truncated-gce",
                           "unit-weight", "nce+agce", "alpha=1, beta=4, a=6, q=1.5"})
    CHECK_MESSAGE(contains(outcome.output, part), part);
  for (const std::string& line : lines(outcome.output)) CHECK_MESSAGE(line.size() <= 110, line);
}

TEST_CASE("bench ops times every loss beside cross entropy") {
  const Session session;
  const Outcome outcome = session.run({"bench", "ops", "--samples", "1", "--json", "ops.json"});
  CHECK(outcome.exit_code == 0);
  const nlohmann::json json = json_of(session, "ops.json");
  CHECK(json["losses"].size() >= 2 * 30);
  for (const nlohmann::json& row : json["losses"]) {
    CHECK(row["microseconds"].get<double>() > 0);
    CHECK(row["over_ce"].get<double>() > 0);
  }
  check_refused(session.run({"bench", "ops", "--samples", "0"}), 2, {"--samples"});
}

TEST_CASE("training takes the new losses, and says what is wrong with one") {
  const Session session;
  const Words small{"train",   "--dataset",    "synthetic:train=64,test=32",
                    "--model", "cnn4",         "--epochs",
                    "1",       "--batch-size", "32"};
  const auto run = [&](const std::string& loss, const std::string& out) {
    Words words = small;
    words.insert(words.end(), {"--loss", loss, "--noise", "symmetric:0.2", "--out", out});
    return session.run(words);
  };
  CHECK(run("nce+agce:alpha=1,beta=4", "a").exit_code == 0);
  CHECK(contains(session.text("a/config.toml"), "loss = \"nce+agce:alpha=1,beta=4\""));
  CHECK(run("forward:estimate,run=a", "b").exit_code == 0);
  check_refused(run("forward", "c"), 2, {"--loss", "T=FILE, T=true or T=estimate"});
  check_refused(run("forward:estimate,run=none", "c"), 2, {"none"});
  check_refused(run("aul:a=1", "c"), 2, {"a must lie in [1.001, 1000]"});
  CHECK_FALSE(std::filesystem::exists(session.path("c")));
}

TEST_CASE("a scheme trains through the command line, and tells of itself in the metrics") {
  const Session session;
  const Outcome outcome =
      session.run({"train", "--dataset", "synthetic:train=64,test=32", "--model", "cnn4", "--epochs", "2",
                   "--batch-size", "32", "--noise", "symmetric:0.4", "--loss", "gce", "--scheme",
                   "ogc:time-frame=2,queue=64", "--out", "a"});
  CHECK(outcome.exit_code == 0);
  CHECK(contains(session.text("a/config.toml"), "scheme = \"ogc:time-frame=2,queue=64\""));
  const nlohmann::json last = nlohmann::json::parse(lines(session.text("a/metrics.jsonl")).back());
  CHECK(last["tau"].get<double>() > 0);
  CHECK(last["mean_clean"].get<double>() < last["mean_noisy"].get<double>());
  check_refused(session.run({"train", "--loss", "nce", "--scheme", "ogc"}), 2, {"nce", "probability alone"});
  check_refused(session.run({"train", "--scheme", "ogd"}), 2, {"--scheme", "ogd", "ogc"});
}

TEST_CASE("loss replays a scheme over recorded steps") {
  const Session session;
  std::vector<float> logits;
  for (int i = 0; i < 2 * 8 * 3; ++i) logits.push_back(static_cast<float>(3 * std::sin(i)));
  save_numpy<float>(session.path("F.npy"), {2, 8, 3}, logits);
  save_numpy<std::int64_t>(session.path("Y.npy"), {2, 8}, std::vector<std::int64_t>(16, 1));
  save_numpy<float>(session.path("lr.npy"), {2}, std::vector<float>{0.1f, 0.1f});
  const Words words{"loss",     "--scheme", "ogc:time-frame=2,queue=16",
                    "--logits", "F.npy",    "--labels",
                    "Y.npy",    "--lr",     "lr.npy",
                    "--json",   "o.json"};
  CHECK(session.run(words).exit_code == 0);
  const nlohmann::json json = json_of(session, "o.json");
  REQUIRE(json["steps"].size() == 2);
  CHECK(json["steps"][0]["prob_thr"].get<double>() == doctest::Approx(1e-7));
  CHECK(json["steps"][1]["tau"].get<double>() < 1e7);
  save_numpy<float>(session.path("lr.npy"), {1}, std::vector<float>{0.1f});
  check_refused(session.run(words), 2, {"lr.npy", "(1)", "(2)"});
}
