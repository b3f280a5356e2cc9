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
  const std::string label = "recipe ogc-ce-cifar10, changed: dataset, model, epochs";
  CHECK(contains(outcome.output, "this run is not the paper's: " + label + "\n"));
  CHECK(lines(outcome.output).back() == label + ": no published number stands beside it");
  const std::string config = session.text("run/config.toml");
  for (const char* line :
       {"recipe = \"ogc-ce-cifar10\"\n", "# recipe ogc-ce-cifar10, changed: dataset, model, epochs\n",
        "schedule = \"multistep:at=1/2\"\n", "scheme = \"ogc:epsilon=20\"\n", "clip-norm = 5\n",
        "model = \"cnn4\"\n"})
    CHECK_MESSAGE(contains(config, line), line);

  const Outcome again = session.run({"train", "--config", "run/config.toml", "--out", "again"});
  REQUIRE_MESSAGE(again.exit_code == 0, again.errors);
  CHECK(session.text("again/config.toml") == config);
  CHECK(session.text("again/model.safetensors") == session.text("run/model.safetensors"));
}

TEST_CASE("a run whose configuration file overrode its recipe is called so wherever it is shown") {
  const Session session;
  std::ofstream(session.path("mine.toml")) << "dataset = \"synthetic:train=96,test=32\"\nmodel = \"cnn4\"\n"
                                           << "loss = \"gce:0.7\"\nscheme = \"none\"\nbatch-size = 32\n";
  const Outcome outcome = session.run({"train", "--config", "mine.toml", "--recipe", "ogc-ce-cifar10",
                                       "--epochs", "1", "--threads", "1", "--out", "run"});
  REQUIRE_MESSAGE(outcome.exit_code == 0, outcome.errors);
  const std::string label = "ogc-ce-cifar10, changed: dataset, model, loss, scheme, epochs, batch-size";
  CHECK(contains(session.text("run/config.toml"), "# recipe " + label + "\n"));
  CHECK(contains(outcome.output, "recipe " + label + ": no published number stands beside it"));
  CHECK_FALSE(contains(outcome.output, "in the paper"));

  REQUIRE(session.run({"report", "run", "--curves-only"}).exit_code == 0);
  const std::string page = session.text("report.html");
  CHECK(contains(page, "\"recipe\":\"" + label + "\""));
  CHECK(contains(page, "| " + label + " |"));
  CHECK_FALSE(contains(page, "85.16"));
}

TEST_CASE("a sweep's tables put no published number beside runs that changed the recipe") {
  const Session session;
  std::ofstream(session.path("grid.toml"))
      << "recipe = [\"ogc-ce-cifar10\", \"ogc-baseline-ce-cifar10\"]\nmodel = \"cnn4\"\nthreads = 1\n"
      << "dataset = \"synthetic:train=128,test=32\"\nepochs = 2\n";
  const Outcome outcome = session.run({"sweep", "grid.toml"});
  REQUIRE_MESSAGE(outcome.exit_code == 0, outcome.errors);
  for (const std::string& table :
       {outcome.output, session.text("runs/grid/table.md"), session.text("runs/grid/table.tex")}) {
    CHECK(contains(table, "ogc-ce-cifar10, changed: dataset, model, epochs"));
    CHECK(contains(table, "ogc-baseline-ce-cifar10, changed: dataset, model, epochs"));
    CHECK(contains(table, " (of 2)"));
  }
  for (const char* table : {"runs/grid/table.md", "runs/grid/table.tex"})
    for (const char* published : {"published", "85.16", "51.58"})
      CHECK_FALSE(contains(session.text(table), published));
}
