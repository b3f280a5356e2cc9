// Published recipes through the command line.
#include "tests/session.h"

#include <doctest/doctest.h>

using namespace noisegate;

TEST_CASE("the list of recipes has papers, tables and numbers") {
  const Session session;
  const std::string list = session.run({"list", "recipes"}).output;
  for (const char* part : {"ogc-ce-cifar10", "Ye et al., Optimized Gradient Clipping, AAAI 2025, Table 3",
                           "symmetric:0.5 85.16 ± 0.26", "last ten epochs", "mae-scale-cifar100"})
    CHECK_MESSAGE(contains(list, part), part);
}

TEST_CASE("a recipe that there is not is refused with those that there are") {
  const Session session;
  check_refused(session.run({"train", "--recipe", "nonsense"}), 2,
                {"'nonsense'", "ogc-ce-cifar10", "mae-scale-cifar100"});
}

TEST_CASE("a shortened recipe trains, says what it scaled, and its config.toml stands alone") {
  const Session session;
  const Outcome outcome =
      session.run({"train", "--recipe", "ogc-ce-cifar10", "--dataset", "synthetic:train=256,test=32",
                   "--model", "cnn4", "--epochs", "3", "--threads", "1", "--out", "run"});
  REQUIRE_MESSAGE(outcome.exit_code == 0, outcome.errors);
  CHECK(contains(outcome.output, "85.16 ± 0.26 under symmetric:0.5 (test_acc, last ten epochs)"));
  CHECK(contains(outcome.output, "scaled from 150 to 3 epochs: multistep:at=50/100 is now multistep:at=1/2"));
  CHECK(contains(outcome.output, " here, 85.16 ± 0.26 in the paper"));
  const std::string config = session.text("run/config.toml");
  for (const char* line : {"recipe = \"ogc-ce-cifar10\"\n", "schedule = \"multistep:at=1/2\"\n",
                           "scheme = \"ogc:epsilon=20\"\n", "clip-norm = 5\n", "model = \"cnn4\"\n"})
    CHECK_MESSAGE(contains(config, line), line);

  const Outcome again = session.run({"train", "--config", "run/config.toml", "--out", "again"});
  REQUIRE_MESSAGE(again.exit_code == 0, again.errors);
  CHECK(session.text("again/config.toml") == config);
  CHECK(session.text("again/model.safetensors") == session.text("run/model.safetensors"));
}
