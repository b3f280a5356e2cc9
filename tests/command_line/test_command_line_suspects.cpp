// noisegate suspects through the command line: the table, the file, the picture.
#include "tests/session.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

void train(const Session& session, const Words& more) {
  Words words = {"train", "--dataset", "synthetic:train=128,test=64", "--model", "cnn4", "--out", "run"};
  for (const char* word : {"--batch-size", "32", "--epochs", "2", "--threads", "1"}) words.push_back(word);
  words.insert(words.end(), more.begin(), more.end());
  const Outcome outcome = session.run(words);
  REQUIRE_MESSAGE(outcome.exit_code == 0, outcome.errors);
}

std::vector<double> numbers(const std::string& line) {
  std::vector<double> all;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) all.push_back(std::stod(cell));
  return all;
}

}  // namespace

TEST_CASE("suspects of noisy labels: ranked, checked against the truth, drawn") {
  const Session session;
  train(session, {"--noise", "symmetric:0.4", "--ema", "0.9", "--validation", "0.25"});
  const Outcome ranked =
      session.run({"suspects", "run", "--out", "s.csv", "--count", "0", "--show", "s.png"});
  REQUIRE_MESSAGE(ranked.exit_code == 0, ranked.errors);
  CHECK(contains(ranked.output, "precision"));
  CHECK(session.text("s.png").starts_with("\x89PNG"));

  const auto table = lines(session.text("s.csv"));
  REQUIRE(table.size() == 129);  // the held-out samples too
  CHECK(table[0] == "index,given,predicted,p,loss,margin,second_predicted,second_p,true");
  std::vector<double> margins;
  for (std::size_t i = 1; i < table.size(); ++i) {
    const auto row = numbers(table[i]);
    REQUIRE(row.size() == 9);
    margins.push_back(row[5]);
    CHECK(row[3] == doctest::Approx(1 / (1 + std::exp(-row[5]))).epsilon(1e-3));
  }
  CHECK(std::ranges::is_sorted(margins));

  REQUIRE(session.run({"suspects", "run", "--momentum", "--out", "m.csv", "--count", "5"}).exit_code == 0);
  const auto momentum = lines(session.text("m.csv"));
  CHECK(momentum.size() == 6);
  CHECK(momentum[1] != table[1]);
}

TEST_CASE("suspects of labels whose truth nobody knows") {
  const Session session;
  train(session, {});
  const Outcome ranked = session.run({"suspects", "run", "--out", "s.csv"});
  REQUIRE_MESSAGE(ranked.exit_code == 0, ranked.errors);
  CHECK_FALSE(contains(ranked.output, "precision"));
  CHECK(lines(session.text("s.csv"))[0] == "index,given,predicted,p,loss,margin");
}

TEST_CASE("suspects says what it cannot do") {
  const Session session;
  check_refused(session.run({"suspects"}), 2, {"folder of a run"});
  check_refused(session.run({"suspects", "nowhere"}), 2, {"nowhere", "config.toml"});
  check_refused(session.run({"suspects", "run", "--out", "s.txt"}), 2, {"s.txt", ".csv"});
  check_refused(session.run({"suspects", "run", "--show", "s.jpg"}), 2, {"s.jpg", ".png"});
  check_refused(session.run({"suspects", "run", "--count", "-1"}), 2, {"--count"});
  train(session, {});
  check_refused(session.run({"suspects", "run", "--momentum"}), 2, {"no momentum model"});
}
