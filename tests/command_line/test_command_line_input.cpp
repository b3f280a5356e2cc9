// What comes from outside and is not as it should be, through the command line: weights, names, labels,
// numbers.
#include "engine/io/npy.h"
#include "engine/io/safetensors.h"
#include "engine/text.h"
#include "tests/image_files.h"
#include "tests/session.h"

#include <algorithm>
#include <limits>

#include <nlohmann/json.hpp>

using namespace noisegate;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// A short training into the folder `run`, or another that `more` names.
Words training(const Words& more) {
  Words words = with({"train", "--model", "cnn4", "--epochs", "1", "--threads", "1"}, more);
  if (std::ranges::find(words, "--out") == words.end()) words = with(words, {"--out", "run"});
  return words;
}
const Words figures = {"--dataset", "synthetic:train=96,test=32", "--noise", "symmetric:0.4", "--batch-size",
                       "32"};

void check_done(const Outcome& outcome) {
  REQUIRE_MESSAGE(outcome.exit_code == 0, outcome.errors);
}

/// Leaves in the folder `run` a run whose model has this value in one place of its classifier.
void train_with_weight(const Session& session, float value) {
  check_done(session.run(training(figures)));
  TensorFile file = load_safetensors(session.path("run/model.safetensors"));
  for (NamedTensor& named : file.tensors) {
    if (named.name != "fc2.weight") continue;
    std::vector<float> values = named.tensor.to_vector<float>();
    for (std::size_t i = 0; i < 128; ++i) values[i] = value;
    named.tensor = Tensor::from(values, named.tensor.shape());
  }
  save_safetensors(session.path("run/model.safetensors"), file);
}

json report_data(const Session& session) {
  const std::string page = session.text("report.html"),
                    mark = R"(<script type="application/json" id="data">)";
  const std::size_t begin = page.find(mark) + mark.size();
  return json::parse(page.substr(begin, page.find("</script>", begin) - begin));
}

/// Lists of plain images, the i-th of label labels[i], and the names of the classes if there are any.
void write_list(const Session& session, const std::vector<int>& labels, const std::string& class_names = "") {
  std::ofstream train(session.path("train.txt")), test(session.path("test.txt"));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto shade = static_cast<std::uint8_t>(7 * i);
    const std::string name = std::to_string(i) + ".png";
    write_bytes(session.path(name), png(plain_image(8, 8, shade, 100, 9)));
    train << name << " " << labels[i] << "\n";
    test << name << " " << labels[i] << "\n";
  }
  if (!class_names.empty()) std::ofstream(session.path("classes.txt"), std::ios::binary) << class_names;
}
const Words of_list = {"--dataset", "list:size=8", "--data", "."};

Words training_on_list(const Words& more = {}) {
  return training(with(with(of_list, {"--batch-size", "2"}), more));
}

Words noise_of_list(const Words& more) {
  return with(with({"noise", "--noise", "symmetric:0.5", "--threads", "1"}, of_list), more);
}

/// Whether a terminal would do more with it than show it.
bool has_control_characters(const std::string& text) {
  std::string without_line_ends = text;
  std::erase(without_line_ends, '\n');
  return printable(without_line_ends) != without_line_ends;
}

}  // namespace

TEST_CASE("a weight that is no finite number is refused by its tensor's name") {
  const Session session;
  train_with_weight(session, std::numeric_limits<float>::quiet_NaN());
  const Words parts = {"model.safetensors", "'fc2.weight'", "nan"};
  check_refused(session.run({"eval", "--run", "run", "--json", "e.json"}), 2, parts);
  check_refused(session.run({"suspects", "run", "--out", "s.csv"}), 2, parts);
  check_refused(session.run(with(training(figures), {"--overwrite", "--init", "run/model.safetensors"})), 2,
                parts);
  for (const char* file : {"e.json", "s.csv"}) CHECK_FALSE(fs::exists(session.path(file)));

  const Outcome report = session.run({"report", "run"});
  check_done(report);
  for (const std::string& part : parts) CHECK_MESSAGE(contains(report.errors, part), report.errors);
  CHECK_FALSE(report_data(session)["runs"][0].contains("analysis"));
}

TEST_CASE("a model whose outputs overflow ends in a sentence") {
  const Session session;
  train_with_weight(session, std::numeric_limits<float>::max());
  check_refused(session.run({"eval", "--run", "run"}), 1, {"output for image 0", "no finite number"});
  check_refused(session.run({"suspects", "run"}), 1, {"output for image 0", "no finite number"});
  const Outcome report = session.run({"report", "run"});
  check_done(report);
  CHECK_MESSAGE(contains(report.errors, "no finite number"), report.errors);
}

TEST_CASE("a file of torch.save is refused with what to do") {
  const Session session;
  std::ofstream(session.path("mine.pth"), std::ios::binary) << "PK\x03\x04" << std::string(100, '\0');
  check_refused(session.run(with(training(figures), {"--init", "mine.pth"})), 2,
                {"mine.pth", "torch.save", "safetensors.torch.save_file"});
}

TEST_CASE("logits that are too large for a loss end in a sentence, not in null") {
  const Session session;
  save_numpy<float>(session.path("s.npy"), {2, 2}, std::vector<float>{1, 0, -3e38f, 3e38f});
  save_numpy<std::int32_t>(session.path("y.npy"), {2}, std::vector<std::int32_t>{0, 0});
  check_refused(
      session.run({"loss", "--loss", "ce", "--logits", "s.npy", "--labels", "y.npy", "--json", "l.json"}), 1,
      {"loss of sample 1", "inf", "too large"});
  CHECK_FALSE(fs::exists(session.path("l.json")));
}

TEST_CASE("a recording with labels of other classes, or with what is no number, is refused") {
  const Session session;
  const auto replay = [&](const std::vector<float>& logits, const std::vector<std::int32_t>& labels) {
    save_numpy<float>(session.path("s.npy"), {1, 2, 2}, logits);
    save_numpy<std::int32_t>(session.path("y.npy"), {1, 2}, labels);
    save_numpy<double>(session.path("lr.npy"), {1}, std::vector<double>{0.1});
    return session.run(
        {"loss", "--scheme", "ogc", "--logits", "s.npy", "--labels", "y.npy", "--lr", "lr.npy"});
  };
  check_done(replay({1, 2, 3, 4}, {0, 1}));
  check_refused(replay({1, 2, 3, 4}, {0, 2}), 2, {"y.npy", "label 2", "2 classes"});
  check_refused(replay({1, 2, 3, std::numeric_limits<float>::infinity()}, {0, 1}), 2, {"s.npy", "finite"});
}

TEST_CASE("labels by the ten thousand cost no matrix of all pairs") {
  const Session session;
  write_list(session, {0, 1, 1, 20000, 0, 20000});
  const Outcome noise = session.run(noise_of_list({}));
  check_done(noise);
  CHECK(contains(noise.output, "of 6 labels are wrong"));
  CHECK(contains(noise.output, "The 20001 classes"));
  check_refused(session.run(noise_of_list({"--json", "n.json", "--out", "n.npy"})), 2,
                {"--json", "at most 2000", "20001"});
  check_refused(session.run(noise_of_list({"--plot", "n.svg"})), 2, {"--plot", "at most 2000", "20001"});
  check_refused(session.run(training_on_list({"--loss", "forward:true"})), 2,
                {"T=true", "at most 2000", "20001"});
  for (const char* file : {"n.json", "n.npy", "n.svg", "run"}) CHECK_FALSE(fs::exists(session.path(file)));
}

TEST_CASE("a run of three thousand classes is measured, without their confusions") {
  const Session session;
  write_list(session, {0, 1, 3000, 1, 3000, 0});
  check_done(session.run(training_on_list({"--noise", "symmetric:0.5"})));
  const Outcome eval = session.run({"eval", "--run", "run", "--json", "e.json"});
  check_done(eval);
  CHECK(contains(eval.errors, "at most 2000 classes"));
  const json model = json::parse(session.text("e.json"))["model"];
  CHECK_FALSE(model.contains("confusion"));
  CHECK(model["images"] == 6);
  check_done(session.run({"report", "run"}));
  const json run = report_data(session)["runs"][0];
  CHECK(run["analysis"].contains("density"));
  CHECK_FALSE(run["analysis"].contains("transition"));
  CHECK(contains(run["missing"][0], "at most 2000 classes"));
}

TEST_CASE("one class is refused before a folder is made") {
  const Session session;
  write_list(session, {0, 0, 0, 0});
  check_refused(session.run(training_on_list()), 2, {"train.txt", "one class"});
  CHECK_FALSE(fs::exists(session.path("run")));
}

TEST_CASE("a PNG with a wrong checksum ends the run, or is counted with skip-bad=1") {
  const Session session;
  write_list(session, {0, 1, 0, 1});
  auto bytes = png(plain_image(8, 8, 1, 2, 3));
  bytes[bytes.size() - 20] ^= std::byte{1};
  write_bytes(session.path("1.png"), bytes);
  check_refused(session.run(training_on_list()), 2, {"1.png", "chunk IDAT has the wrong checksum"});
  const Outcome outcome = session.run(
      training({"--dataset", "list:size=8,skip-bad=1", "--data", ".", "--batch-size", "2", "--overwrite"}));
  check_done(outcome);
  CHECK_MESSAGE(contains(outcome.errors, "2 images were left out"), outcome.errors);  // of both sets
}

TEST_CASE("names from files reach the terminal without their control characters, and cut") {
  const Session session;
  const std::string hostile = "\x1b]0;owned\x07\x1b[2Jname", long_name(10'000, 'n');
  write_list(session, {0, 1, 2, 0, 1, 2},
             hostile + "\n" + long_name +
                 "\n\xc2\x9b"
                 "2J\n");
  check_done(session.run(training_on_list({"--noise", "symmetric:0.5"})));
  for (const Words& words :
       {noise_of_list({"--plot", "n.svg", "--json", "n.json", "--show", "n.png"}),
        Words{"eval", "--run", "run"}, Words{"suspects", "run", "--show", "s.png"}, Words{"report", "run"}}) {
    const Outcome outcome = session.run(words);
    check_done(outcome);
    CHECK_MESSAGE(!has_control_characters(outcome.output), words.front());
    CHECK_MESSAGE(!has_control_characters(outcome.errors), words.front());
    CHECK_MESSAGE(!contains(outcome.output, std::string(100, 'n')), words.front());
  }
  CHECK_FALSE(has_control_characters(session.text("n.svg")));
  CHECK(json::parse(session.text("n.json"))["classes"][0] == hostile);  // which JSON can hold

  std::ofstream(session.path("train.txt")) << "0.png 0\n" << std::string(4'000'000, 'x') << hostile << "\n";
  const Outcome refused = session.run(noise_of_list({}));
  check_refused(refused, 2, {"train.txt", "line 2", "xxx..."});
  CHECK(refused.errors.size() < 1000);
}

TEST_CASE("option values and their errors reach the terminal without control characters") {
  const Session session;
  for (const Words& words : {Words{"train", "--loss", "\x1b[2J"}, Words{"train", "--epochs", "\x1b[2J"},
                             Words{"\x1b[2J"}, Words{"train", "--\x1b[2J"}, Words{"report", "\x1b[2J"},
                             Words{"noise", "--noise", "symmetric:\x1b[2J=1"}}) {
    const Outcome outcome = session.run(words);
    check_refused(outcome, 2, {"\\x1b[2J"});
    CHECK_FALSE(has_control_characters(outcome.errors));
  }
}

TEST_CASE("names that are not UTF-8 are refused in a sentence, or work") {
  const Session session;
  write_list(session, {0, 1, 0, 1}, "b\xe4r\ncat\n");
  check_refused(session.run(noise_of_list({"--json", "n.json"})), 2,
                {"classes.txt: line 1", "b\\xe4r", "UTF-8"});
  std::ofstream(session.path("classes.txt")) << "bear\ncat\n";

  const std::string folder = "d\xff";
  check_refused(session.run(training({"--data", folder, "--dataset", "synthetic:train=96,test=32"})), 2,
                {"--data", "d\\xff", "UTF-8"});
  CHECK_FALSE(fs::exists(session.path("run")));
  check_refused(session.run({"noise", "--noise", "symmetric", "--data", folder, "--json", "n.json"}), 2,
                {"--data", "UTF-8"});

  // Images are read by whatever bytes their names have, and files written.
  const std::string image = "b\xe4r.png";
  fs::rename(session.path("0.png"), session.path(image));
  std::ofstream(session.path("train.txt")) << image << " 0\n1.png 1\n2.png 0\n3.png 1\n";
  std::ofstream(session.path("test.txt")) << image << " 0\n1.png 1\n";
  check_done(session.run(training_on_list({"--out", "r\xff"})));
  check_done(session.run({"suspects", "r\xff", "--out", "s\xff.csv"}));
  CHECK(contains(session.text("s\xff.csv"), image));
  check_done(session.run({"report", "r\xff"}));
}

TEST_CASE("a path with DEL and other control characters in it comes back from config.toml") {
  const Session session;
  const std::string folder = "a\x7f\x1b b\"";
  fs::create_directories(session.path(folder));
  write_list(session, {0, 1, 0, 1});
  for (const char* file : {"train.txt", "test.txt", "0.png", "1.png", "2.png", "3.png"})
    fs::rename(session.path(file), session.path(folder) / file);
  const Outcome trained =
      session.run(training({"--dataset", "list:size=8", "--data", folder, "--batch-size", "2"}));
  check_done(trained);
  CHECK_FALSE(has_control_characters(trained.output));
  CHECK(contains(session.text("run/config.toml"), "\\u007F"));
  check_done(session.run({"eval", "--run", "run"}));
  check_done(session.run({"train", "--resume", "run", "--epochs", "2"}));
}

TEST_CASE("parameters outside what the loss can compute are refused before anything is made") {
  const Session session;
  check_refused(session.run(training(with(figures, {"--loss", "gce:1e-300"}))), 2,
                {"gce:1e-300", "q", "[1e-09, 1]"});
  CHECK_FALSE(fs::exists(session.path("run")));
}

TEST_CASE("letters beyond ASCII stand in a TOML file's strings and comments alone") {
  const Session session;
  const auto sweep_of = [&](const std::string& text) {
    std::ofstream(session.path("s.toml")) << text;
    return session.run({"sweep", "s.toml"});
  };
  check_refused(sweep_of("epochs = 1\n\xc3\xa9 = 1\n"), 2, {"s.toml", "line 2", "ASCII"});
  check_refused(sweep_of("\xc2\xb5"), 2, {"s.toml", "line 1", "ASCII"});
  // In strings of each kind and in comments they are none of the parser's concern, and the key is found.
  for (const std::string word :
       {"'\xc3\xa9'", "\"\\\"\xc3\xa9\"", "\"\"\"\n\"\xc3\xa9\"\"\"", "1 # \xc3\xa9"}) {
    CAPTURE(word);
    check_refused(sweep_of("lrr = " + word + "\n"), 2, {"s.toml", "unknown key 'lrr'"});
  }
}

TEST_CASE("a word that nobody knows is told in part, however long it is") {
  const Session session;
  const std::string word(3000, 'x');
  const auto check_short = [&](const Words& words) {
    const Outcome outcome = session.run(words);
    check_refused(outcome, 2, {"xxx..."});
    CHECK(outcome.errors.size() < 1500);
  };
  check_short({word});
  check_short({"list", word});
  check_short({"bench", word});
  check_short({"train", "--" + word});
  for (const std::string option : {"--recipe", "--device", "--precision", "--conv", "--loss", "--noise",
                                   "--model", "--scheme", "--epochs", "--nesterov"})
    check_short({"train", "--out", "run", option + "=" + word});
  std::ofstream(session.path("s.toml")) << word << " = 1\n";
  check_short({"sweep", "s.toml"});
  check_short({"train", "--config", "s.toml"});
}
