// Datasets and augmentation through the command line: training on files that the test writes.
#include "tests/idx_files.h"
#include "tests/image_files.h"
#include "tests/session.h"

#include <nlohmann/json.hpp>

using namespace noisegate;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

Words training(const Words& more) {
  Words words = {"train", "--epochs", "2", "--batch-size", "16", "--threads", "2", "--out", "run"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

json last_metrics(const Session& session) {
  return json::parse(lines(session.text("run/metrics.jsonl")).back());
}

/// Images of three plain colours, one a class, in PNG and JPEG files, and lists of them: `train` of them for
/// training, six for each of the clean lists.
void write_list_dataset(const fs::path& folder, int train) {
  std::ofstream train_list(folder / "train.txt", std::ios::binary);
  std::ofstream validation_list(folder / "val.txt"), test_list(folder / "test.txt");
  std::ofstream(folder / "classes.txt") << "red\ngreen\nblue\n";
  for (int i = 0; i < train + 12; ++i) {
    const int label = i % 3;
    const auto colour = [&](int channel) {
      return static_cast<std::uint8_t>(channel == label ? 200 + i % 20 : 20 + i % 30);
    };
    const Image image = plain_image(24 + i % 5, 30, colour(0), colour(1), colour(2));
    const std::string name = "pictures of \xc3\xa4pfel/" + std::to_string(i) + (i % 2 ? ".jpg" : ".png");
    write_bytes(folder / name, i % 2 ? jpeg(image) : png(image));
    if (i < train) {
      train_list << name << " " << label << "\r\n";
    } else {
      (i < train + 6 ? validation_list : test_list) << name << " " << label << "\n";
    }
  }
}

}  // namespace

TEST_CASE("train: MNIST's form, plain and packed alike") {
  const Session session;
  write_mnist_like(session.path("plain"), 200, 60, 28, false);
  write_mnist_like(session.path("packed"), 200, 60, 28, true);
  std::vector<json> results;
  for (const char* folder : {"plain", "packed"}) {
    const Outcome outcome =
        session.run(training({"--dataset", "mnist", "--data", folder, "--model", "cnn4", "--lr", "0.05",
                              "--augment", "crop:2+rotation:5", "--overwrite"}));
    REQUIRE_MESSAGE(outcome.exit_code == 0, outcome.errors);
    results.push_back(last_metrics(session));
  }
  CHECK(results[0]["train_loss"] == results[1]["train_loss"]);
  CHECK(results[0]["test_acc"] == results[1]["test_acc"]);
  CHECK(results[0]["test_acc"].get<double>() > 0.3);
  check_refused(
      session.run(training({"--dataset", "mnist", "--data", "nowhere", "--model", "cnn4", "--overwrite"})), 2,
      {"nowhere", "no such folder"});
}

TEST_CASE("train and eval: a list of PNG and JPEG files, with clean lists beside it") {
  const Session session;
  write_list_dataset(session.path(""), 60);
  const Outcome outcome = session.run(
      training({"--dataset", "list:size=16", "--data", ".", "--model", "cnn4", "--lr", "0.05", "--augment",
                "resized-crop:scale=0.3+flip+jitter:hue=0+cutout:4", "--noise", "symmetric:0.2"}));
  REQUIRE_MESSAGE(outcome.exit_code == 0, outcome.errors);
  CHECK(outcome.errors.empty());
  const json metrics = last_metrics(session);
  CHECK(metrics["test_acc"].get<double>() > 0.6);
  CHECK(metrics.contains("validation_acc"));
  CHECK(metrics.contains("train_acc_noisy"));

  const Outcome eval = session.run({"eval", "--run", "run"});
  REQUIRE_MESSAGE(eval.exit_code == 0, eval.errors);
  CHECK(contains(eval.output, "green"));
}

TEST_CASE("train: an epoch of per-class=N visits N images of each class") {
  const Session session;
  write_list_dataset(session.path(""), 61);
  const Outcome outcome = session.run(training(
      {"--dataset", "list:size=16,per-class=8", "--data", ".", "--model", "resnet18", "--augment", "flip"}));
  REQUIRE_MESSAGE(outcome.exit_code == 0, outcome.errors);
  const json metrics = last_metrics(session);
  // 24 images: what is left when the seconds are divided out of the rate.
  CHECK(metrics["images_per_second"].get<double>() * metrics["seconds"].get<double>() == doctest::Approx(24));
}

TEST_CASE("train: images that cannot be read end the run, or are counted with skip-bad=1") {
  const Session session;
  write_list_dataset(session.path(""), 48);
  const fs::path pictures = session.path("pictures of \xc3\xa4pfel");
  std::ofstream(pictures / "4.png") << "this is no picture";
  std::ofstream(pictures / "50.png") << "nor is this";
  const Words words =
      training({"--dataset", "list:size=16", "--data", ".", "--model", "cnn4", "--augment", "none"});
  check_refused(session.run(words), 2, {"4.png", "no JPEG or PNG"});

  fs::remove(pictures / "7.jpg");
  Words again = words;
  again.push_back("--overwrite");
  check_refused(session.run(again), 2, {"train.txt", "1 of 48 images is missing", "7.jpg", "skip-bad=1"});
  again[again.size() - 8] = "list:size=16,skip-bad=1";
  const Outcome outcome = session.run(again);
  REQUIRE_MESSAGE(outcome.exit_code == 0, outcome.errors);
  const auto said = lines(outcome.errors);
  REQUIRE(said.size() == 3);
  CHECK(contains(said[0], "7.jpg of line 8; left out"));
  CHECK(contains(said[1], "2 images were left out, the first: "));
  CHECK(contains(said[1], "4.png"));
  CHECK(last_metrics(session)["images_left_out"] == 2);
}

TEST_CASE("list: datasets and augmentations are described with their parameters") {
  const Session session;
  const std::string datasets = session.run({"list", "datasets"}).output;
  for (const char* part :
       {"mnist", "fashion-mnist", "labels=fine|coarse", "per-class=0 samples", "skip-bad=0"})
    CHECK_MESSAGE(contains(datasets, part), part);
  const std::string augmentations = session.run({"list", "augmentations"}).output;
  for (const char* part :
       {"randaugment", "n=2 in [1, 16]", "resized-crop", "jitter", "cutout", "rotation", "side=16"})
    CHECK_MESSAGE(contains(augmentations, part), part);
  check_refused(session.run(training({"--augment", "crop+blur"})), 2, {"--augment", "blur", "randaugment"});
}

TEST_CASE("bench data measures files and memory") {
  const Session session;
  const Outcome outcome = session.run({"bench", "data", "--images", "20", "--side", "32", "--size", "16",
                                       "--rounds", "1", "--threads", "2", "--json", "data.json"});
  REQUIRE_MESSAGE(outcome.exit_code == 0, outcome.errors);
  CHECK(contains(outcome.output, "stb_image alone"));
  const json result = json::parse(session.text("data.json"));
  CHECK(result["decode_images_per_second"].get<double>() > 0);
  CHECK(result["load_images_per_second"].get<double>() > 0);
  CHECK(result["resident"].size() == 5);
  check_refused(session.run({"bench", "data", "--images", "0"}), 2, {"--images", "0"});
}

TEST_CASE("--data without --dataset takes what lies there, and says so") {
  const Session session;
  write_mnist_like(session.path("data/mnist"), 64, 16, 28, true);
  for (const char* folder : {"data", "data/mnist", "data/mnist/"}) {
    CAPTURE(folder);
    const Outcome outcome =
        session.run({"train", "--data", folder, "--model", "cnn4", "--epochs", "1", "--batch-size", "16",
                     "--threads", "1", "--out", "run", "--overwrite"});
    REQUIRE_MESSAGE(outcome.exit_code == 0, outcome.errors);
    CHECK(lines(outcome.errors).size() == 1);
    CHECK(contains(outcome.errors, "is taken as --dataset mnist"));
    CHECK(contains(outcome.output, "mnist: 64 training images"));
    CHECK(contains(session.text("run/config.toml"), "dataset = \"mnist\"\n"));
  }
  std::ofstream(session.path("mine.toml")) << "data = \"data\"\nthreads = 1\n";
  const Outcome by_file = session.run({"train", "--config", "mine.toml", "--model", "cnn4", "--epochs", "1",
                                       "--batch-size", "16", "--out", "run", "--overwrite"});
  CHECK(contains(by_file.output, "mnist: 64 training images"));

  const auto noise = [&](const std::string& folder) {
    return session.run({"noise", "--data", folder, "--noise", "symmetric:0.4", "--threads", "1"});
  };
  write_mnist_like(session.path("FashionMNIST/raw"), 64, 16, 28, false);
  CHECK(contains(noise("FashionMNIST/raw").output, "fashion-mnist symmetric:0.4"));
  make_black_cifar10(session.path("cifar/cifar-10-batches-bin"));
  for (const char* folder : {"cifar", "cifar/cifar-10-batches-bin"}) {
    const Outcome outcome = noise(folder);
    CHECK(contains(outcome.output, "cifar10 symmetric:0.4"));
    CHECK(contains(outcome.errors, "is taken as --dataset cifar10"));
  }
  fs::create_directories(session.path("lists"));
  write_list_dataset(session.path("lists"), 12);
  CHECK(contains(noise("lists").output, "list symmetric:0.4"));
}

TEST_CASE("--data without --dataset is refused where it cannot be told what lies there") {
  const Session session;
  const auto refuse = [&](const std::string& folder, const Words& parts) {
    check_refused(session.run({"train", "--data", folder}), 2, parts);
    check_refused(session.run({"noise", "--data", folder, "--noise", "symmetric:0.4"}), 2, parts);
  };
  refuse("nowhere", {"nowhere", "no such folder"});
  fs::create_directories(session.path("photographs"));
  refuse("photographs",
         {"photographs", "data_batch_1.bin", "train.bin", "train-images-idx3-ubyte", "train.txt"});
  write_mnist_like(session.path("plain"), 10, 10, 28, false);
  refuse("plain", {"plain", "--dataset mnist", "--dataset fashion-mnist"});
  write_mnist_like(session.path("both/mnist"), 10, 10, 28, false);
  write_mnist_like(session.path("both/fashion-mnist"), 10, 10, 28, false);
  refuse("both", {"both", "mnist and fashion-mnist", "--dataset"});
  CHECK_FALSE(fs::exists(session.path("runs")));
}
