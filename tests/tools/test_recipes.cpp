// Every published recipe: that it parses, that what it names is there, that a shortened one still makes
// sense, and what wins over it.
#include "datasets/augment/augmentation.h"
#include "engine/optimizer.h"
#include "layers/models.h"
#include "losses/schemes/scheme.h"
#include "noise/noise.h"
#include "tests/check_error.h"
#include "tests/temporary_folder.h"
#include "tools/config/recipe.h"
#include "tools/config/spec_paths.h"
#include "tools/runs/table.h"
#include "tools/train/trainer.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

int classes_of(const TrainOptions& options) {
  return options.dataset == "cifar100" ? 100 : 10;
}

/// Labels under this noise, where that takes no files; else whether there is such a noise at all.
void check_noise(const std::string& text, const TrainOptions& options) {
  Spec spec(text, "--noise");
  const auto known = list_noise();
  CHECK(std::ranges::any_of(known, [&](const Description& noise) { return noise.name == spec.name(); }));
  if (spec.name() != "symmetric" && spec.name() != "asymmetric" && spec.name() != "none") return;
  NoiseInput input{.classes = classes_of(options), .dataset = options.dataset};
  for (int i = 0; i < 20 * input.classes; ++i) input.truth.push_back(i % input.classes);
  CHECK((make_noise(spec, input).given == input.truth) == (text == "none"));
}

/// A recipe of few words, in which everything counts epochs.
Recipe counting_recipe() {
  return parse_recipe("counting", R"(
noise = "symmetric:0.4"
epochs = 150
schedule = "multistep:at=50/100,factor=0.2,warmup=10"
scheme = "sln:sigma=1,mo=0.999,lc=120"

[published]
paper = "A paper"
table = "Table 1"
metric = "test_acc"
over = "last epoch"
results = [
  { noise = "symmetric:0.4", accuracy = 90 },
  { noise = "asymmetric:0.4", accuracy = 80.126, deviation = 0.5, loss = "gce", scheme = "sln:sigma=2,lc=90" },
])");
}

}  // namespace

TEST_CASE("every recipe trains with what there is, under every noise that it has a result for") {
  const std::vector<Recipe> all = list_recipes();
  CHECK(std::ranges::is_sorted(all, {}, &Recipe::name));
  for (const Recipe& recipe : all) {
    CAPTURE(recipe.name);
    CHECK(recipe.name.ends_with(recipe.options.dataset));
    REQUIRE_FALSE(recipe.results.empty());
    CHECK(std::ranges::any_of(recipe.results, [&](const auto& r) { return r.is_for(recipe.options.noise); }));
    for (const PublishedResult& result : recipe.results) {
      CAPTURE(result.noise);
      CHECK(result.accuracy > 0);
      CHECK(result.accuracy < 100);
      const TrainOptions options = recipe_options(recipe, result.noise, recipe.options.epochs);
      CHECK_NOTHROW(check(options));
      CHECK_NOTHROW(Augmentation::parse(options.augment));
      CHECK_NOTHROW(Schedule(Spec(options.schedule, "--schedule"), options.epochs));
      CHECK_NOTHROW(make_scheme(Spec(options.scheme, "--scheme"), Spec(options.loss, "--loss")));
      check_noise(result.noise, options);
    }
  }
}

TEST_CASE("every recipe makes a step on drawn images with a small model") {
  for (const Recipe& recipe : list_recipes()) {
    CAPTURE(recipe.name);
    TrainOptions options = recipe.options;
    options.dataset = "synthetic:train=64,test=32";
    options.model = "cnn4";
    options.batch_size = 16;
    Trainer trainer(options, prepare_data(options));
    const auto stop = [](const StepReport&) { return false; };
    CHECK_FALSE(trainer.run_epoch(stop));
    CHECK(trainer.state().steps_done == 1);
  }
}

TEST_CASE("every recipe's model is there") {
  std::set<std::pair<std::string, int>> models;
  for (const Recipe& recipe : list_recipes())
    models.emplace(recipe.options.model, classes_of(recipe.options));
  for (const auto& [model, classes] : models)
    CHECK_NOTHROW(make_model(Spec(model, "--model"), {32, 32, 3}, classes, 1));
}

TEST_CASE("a shortened recipe's milestones lie inside the run") {
  for (const Recipe& recipe : list_recipes()) {
    CAPTURE(recipe.name);
    const TrainOptions options = recipe_options(recipe, recipe.options.noise, 12);
    CHECK(options.epochs == 12);
    const auto rate = [](const TrainOptions& o, double epoch) {
      return Schedule(Spec(o.schedule, "--schedule"), o.epochs).factor(epoch);
    };
    CHECK(rate(options, 0) == rate(recipe.options, 0));
    // After the last milestone the rate is the recipe's; a cosine's last epoch is a larger part of it.
    if (!options.schedule.starts_with("cosine"))
      CHECK(rate(options, 11) == doctest::Approx(rate(recipe.options, recipe.options.epochs - 1)));
    CHECK_NOTHROW(make_scheme(Spec(options.scheme, "--scheme"), Spec(options.loss, "--loss")));
  }
}

TEST_CASE("all that counts epochs is scaled with them") {
  const Recipe recipe = counting_recipe();
  const TrainOptions shortened = recipe_options(recipe, "none", 15);
  CHECK(shortened.schedule == "multistep:at=5/10,factor=0.2,warmup=1");
  CHECK(shortened.scheme == "sln:sigma=1,mo=0.999,lc=12");
  CHECK(recipe_options(recipe, "none", 300).schedule == "multistep:at=100/200,factor=0.2,warmup=20");
  CHECK(recipe_options(recipe, "none", 1).schedule == "multistep:at=1/2,factor=0.2,warmup=1");
  CHECK(recipe_options(recipe, "none", 1).scheme == "sln:sigma=1,mo=0.999,lc=1");
  CHECK(recipe_options(recipe, "none", 150).schedule == recipe.options.schedule);
}

TEST_CASE("a noise that the paper sets something else for gets it") {
  const Recipe recipe = counting_recipe();
  CHECK(recipe_options(recipe, "symmetric:0.4", 150).loss == "ce");
  CHECK(recipe_options(recipe, "asymmetric:0.4,map=circular", 150).loss == "gce");
  CHECK(recipe_options(recipe, "asymmetric:map=circular,rate=0.40", 150).loss == "gce");
  CHECK(recipe_options(recipe, "asymmetric:0.45", 150).loss == "ce");
  CHECK(recipe_options(recipe, "asymmetric:0.4", 50).scheme == "sln:sigma=2,lc=30");
}

TEST_CASE("a run's notes say what is published and what was scaled") {
  const Recipe recipe = counting_recipe();
  TrainOptions options = recipe_options(recipe, "asymmetric:0.4", 150);
  options.noise = "asymmetric:0.4";
  CHECK(
      recipe_notes(recipe, options) ==
      std::vector<std::string>{"A paper, Table 1: 80.13 ± 0.50 under asymmetric:0.4 (test_acc, last epoch)"});
  options = recipe_options(recipe, "none", 15);
  options.noise = "none";
  CHECK(recipe_notes(recipe, options) ==
        std::vector<std::string>{"recipe counting scaled from 150 to 15 epochs: "
                                 "multistep:at=50/100,factor=0.2,warmup=10 is now "
                                 "multistep:at=5/10,factor=0.2,warmup=1, "
                                 "sln:sigma=1,mo=0.999,lc=120 is now sln:sigma=1,mo=0.999,lc=12",
                                 "this run is not the paper's: recipe counting, changed: noise, epochs"});
  options.schedule = "cosine";  // the user's own
  options.scheme = "none";
  CHECK(recipe_notes(recipe, options) ==
        std::vector<std::string>{
            "this run is not the paper's: recipe counting, changed: noise, scheme, epochs, schedule"});
}

TEST_CASE("what a run changed of its recipe") {
  const Recipe recipe = counting_recipe();
  const auto changed = [&](const std::string& noise, int epochs, const auto& change) {
    TrainOptions options = recipe_options(recipe, noise, epochs);
    options.noise = noise;
    change(options);
    return changed_options(recipe, options);
  };
  using Names = std::vector<std::string>;
  const auto nothing = [](TrainOptions&) {};
  CHECK(changed("symmetric:0.4", 150, nothing).empty());
  CHECK(changed("asymmetric:rate=0.40", 150, nothing).empty());  // with what the paper sets for it
  CHECK(changed("symmetric:0.4", 15, nothing) == Names{"epochs"});
  CHECK(changed("symmetric:0.3", 150, nothing) == Names{"noise"});
  CHECK(changed("symmetric:0.4,inclusive=1", 150, nothing) == Names{"noise"});
  CHECK(changed("symmetric:0.4", 150, [](TrainOptions& o) {
          o.seed = 9, o.threads = 3, o.device = "cpu", o.data = "there", o.out = "here";
        }).empty());
  // Every option that decides, each alone.
  TrainOptions probe;
  const std::size_t count = option_table(probe).size();
  for (std::size_t i = 0; i < count; ++i) {
    const Option option = option_table(probe)[i];
    if (!option.policy.decides || option.name == "recipe" || option.name == "noise") continue;
    CAPTURE(option.name);
    CHECK(changed("symmetric:0.4", 150, [&](TrainOptions& o) {
            const Option mine = option_table(o)[i];
            if (auto* const* text = std::get_if<std::string*>(&mine.value))
              **text += "x";
            else
              assign(mine, mine.is_flag() ? "true" : "77", option.name);
          }) == (option.name == "epochs" ? Names{"scheme", "epochs", "schedule"} : Names{option.name}));
  }
}

TEST_CASE("a run's outcome stands beside the paper's where the run is the paper's") {
  const Recipe recipe = counting_recipe();
  RunRecord run;
  run.options = recipe.options;
  run.epochs = {{{"test_acc", 0.5}}, {{"test_acc", 0.75}}};
  CHECK(recipe_outcome(recipe, run) == "test_acc, last epoch: 75.00 here, 90.00 in the paper");
  run.options.model = "cnn4";
  run.options.limit = 100;
  CHECK(recipe_outcome(recipe, run) ==
        "recipe counting, changed: limit, model: no published number stands beside it");
  Recipe of_ten = recipe;
  of_ten.over = Epochs::last_ten;
  run.options = recipe.options;
  CHECK(recipe_outcome(of_ten, run) == "test_acc, last ten epochs (of 2): 62.50 here, 90.00 in the paper");
}

TEST_CASE("defaults < recipe < configuration file < command line") {
  const TemporaryFolder temporary;
  const auto file = temporary.path() / "mine.toml";
  std::ofstream(file) << "epochs = 30\nlr = 0.05\nmodel = \"cnn4\"\n";
  const auto options = read_train_options(
      {"--recipe", "ogc-ce-cifar10", "--config", file.string(), "--lr", "0.02", "--data", "somewhere"});
  REQUIRE(options);
  CHECK(options->recipe == "ogc-ce-cifar10");
  CHECK(options->weight_decay == 5e-4);              // default and recipe
  CHECK(options->clip_norm == 5);                    // recipe
  CHECK(options->schedule == "multistep:at=10/20");  // recipe, scaled to the file's epochs
  CHECK(options->model == "cnn4");                   // file
  CHECK(options->learning_rate == 0.02);             // command line
  CHECK(options->augment == "crop:4+flip+rotation:15");

  std::ofstream(file) << "recipe = \"ogc-ce-cifar10\"\nschedule = \"constant\"\n";
  const auto other = read_train_options({"--config", file.string(), "--recipe", "mae-scale-cifar100"});
  CHECK(other->recipe == "mae-scale-cifar100");
  CHECK(other->schedule == "constant");
}

TEST_CASE("recipes are refused by name and key") {
  check_error([] { find_recipe("ogc-ce-cifar"); }, {"'ogc-ce-cifar'", "did you mean ogc-ce-cifar10?"});
  check_error([] { parse_recipe("x", "epochs = 3"); }, {"recipe x", "[published]"});
  const std::string published = "\n[published]\npaper = \"P\"\ntable = \"T\"\nmetric = \"test_acc\"\n";
  check_error([&] { parse_recipe("x", published); }, {"recipe x", "'over'"});
  check_error([&] { parse_recipe("x", published + "over = \"best week\""); }, {"recipe x", "'best week'"});
  const std::string complete = published + "over = \"last epoch\"\nresults = []\n";
  CHECK_NOTHROW(parse_recipe("x", complete));
  check_error([&] { parse_recipe("x", "epoch = 3" + complete); }, {"recipe x", "'epoch'", "epochs"});
  check_error([&] { parse_recipe("x", complete + "year = 1"); }, {"recipe x", "'year'"});
}

TEST_CASE("every file that a noise or a loss names is kept with its whole path") {
  const std::string here = std::filesystem::current_path().string() + "/";
  CHECK(noise_with_absolute_paths("human:worst,file=a.pt,order=b.npy") ==
        "human:worst,file=" + here + "a.pt,order=" + here + "b.npy");
  CHECK(noise_with_absolute_paths("openset:0.4,dataset=mnist,data=d") ==
        "openset:0.4,dataset=mnist,data=" + here + "d");
  CHECK(noise_with_absolute_paths("file:l.npy") == "file:" + here + "l.npy");
  CHECK(noise_with_absolute_paths("asymmetric:0.4,map=blocks") == "asymmetric:0.4,map=blocks");
  CHECK(loss_with_absolute_paths("forward:t.csv") == "forward:" + here + "t.csv");
  CHECK(loss_with_absolute_paths("forward:estimate,run=r") == "forward:estimate,run=" + here + "r");
  CHECK(loss_with_absolute_paths("gce:0.7") == "gce:0.7");
}
