// Noise that comes from files: labels, transition matrices, predictions. Human labels have their own test.
#include "engine/io/csv.h"
#include "engine/io/files.h"
#include "engine/io/npy.h"
#include "noise/models.h"
#include "noise/transition.h"
#include "tests/check_error.h"
#include "tests/temporary_folder.h"

#include <cmath>
#include <string_view>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

/// Files for a test, by short names.
class Files {
 public:
  std::string write(const std::string& name, const std::string& contents) const {
    write_file_atomically(path(name), contents);
    return path(name);
  }
  template <class T>
  std::string write(const std::string& name, const std::vector<std::int64_t>& shape,
                    const std::vector<T>& values) const {
    save_numpy<T>(path(name), shape, values);
    return path(name);
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

 private:
  TemporaryFolder folder_;
};

NoiseInput input_of(const Labels& truth, int classes, std::uint64_t seed = 1) {
  return {.truth = truth, .classes = classes, .seed = seed};
}

Labels noisy(const std::string& spec, const NoiseInput& input) {
  return make_noise(Spec(spec, "--noise"), input).given;
}

/// A table over a text, which is what tests have instead of a file's bytes.
CsvTable table_of(std::string_view text, bool has_header = true) {
  return {std::as_bytes(std::span(text)), "t.csv", has_header};
}

Labels taking_turns(int samples, int classes) {
  Labels labels(samples);
  for (int i = 0; i < samples; ++i) labels[i] = i % classes;
  return labels;
}

}  // namespace

TEST_CASE("tables of numbers are read however their lines end") {
  using Column = std::vector<std::int64_t>;
  for (const std::string_view text :
       {"label,label_noisy\n6,3\n9,-1\n", "label,label_noisy\r\n6,3\r\n9,-1\r\n",
        "label,label_noisy\n6,3\n9,-1", "\xEF\xBB\xBFlabel,label_noisy\n6,3\n9,-1\n\n",
        " label , label_noisy \n 6,\t3\n9 ,-1\n"}) {
    const CsvTable table = table_of(text);
    CHECK(table.rows() == 2);
    CHECK(table.columns() == 2);
    CHECK(table.has("label"));
    CHECK_FALSE(table.has("labels"));
    CHECK(table.integers("label") == Column{6, 9});
    CHECK(table.integers("label_noisy") == Column{3, -1});
  }
  CHECK(table_of("0.5,0.5\n1,0\n", false).numbers() == std::vector<double>{0.5, 0.5, 1, 0});
  CHECK(table_of("label\n").rows() == 0);
}

TEST_CASE("broken tables are refused by their line") {
  check_error([] { table_of(""); }, {"t.csv", "empty"});
  check_error([] { table_of("\r\n\n"); }, {"t.csv", "empty"});
  check_error([] { table_of("a,b\n1,2\n3\n"); }, {"t.csv", "line 3", "1 cells", "2"});
  check_error([] { table_of("a,b\n1,2\n\n3,4\n"); }, {"line 3"});
  check_error([] { table_of("1,2\n3,4,5\n", false); }, {"line 2", "3 cells"});
  check_error([] { table_of("a,b\n1,2\n").integers("c"); }, {"no column c", "a, b"});
  for (const std::string_view cell : {"x", "1.0", "", "1e3", "99999999999999999999", "0x1", "\"1\"", "1\x01"})
    check_error([&] { table_of("a\n1\n" + std::string(cell) + "\n1").integers("a"); },
                {"line 3", "whole number"});
  for (const std::string_view cell : {"nan", "inf", "1e999", "half"})
    check_error([&] { table_of("0.5," + std::string(cell), false).numbers(); }, {"line 1", "no number"});
}

TEST_CASE("labels come from .npy and .csv, and the whole set's serve a limited one") {
  const Files files;
  NoiseInput input = input_of({0, 1, 2, 1}, 3);
  const Labels given = {0, 2, 2, 1};
  CHECK(noisy("file:" + files.write<std::int64_t>("l.npy", {4}, {0, 2, 2, 1}), input) == given);
  CHECK(noisy("file:" + files.write<std::int32_t>("s.npy", {4}, {0, 2, 2, 1}), input) == given);
  CHECK(noisy("file:" + files.write("l.csv", "label,label_noisy\n0,0\n1,2\n2,2\n1,1\n"), input) == given);
  CHECK(noisy("file:" + files.write("n.csv", "label_noisy\n0\n2\n2\n1\n"), input) == given);

  input.truth = {0, 1};
  input.samples_in_all = 4;
  CHECK(noisy("file:" + files.path("l.csv"), input) == Labels{0, 2});
  CHECK(noisy("file:" + files.path("l.npy"), input) == Labels{0, 2});
}

TEST_CASE("label files that do not fit are refused") {
  const Files files;
  const NoiseInput input = input_of({0, 1, 2, 1}, 3);
  const auto refused = [&](const std::string& file, const std::vector<std::string>& parts) {
    check_error([&] { noisy("file:" + file, input); }, parts);
  };
  refused(files.write<std::int64_t>("few.npy", {3}, {0, 2, 2}), {"few.npy", "3 rows", "4 samples"});
  refused(files.write<std::int64_t>("high.npy", {4}, {0, 3, 2, 1}), {"high.npy", "sample 1", "label 3"});
  refused(files.write<std::int64_t>("low.npy", {4}, {0, 2, -1, 1}), {"low.npy", "sample 2", "label -1"});
  refused(files.write<std::int64_t>("flat.npy", {2, 2}, {0, 1, 2, 1}), {"flat.npy", "2 axes"});
  refused(files.write<float>("real.npy", {4}, {0, 1, 2, 1}), {"real.npy", "integers"});
  refused(files.write("other.csv", "label,label_noisy\n0,0\n1,2\n1,2\n1,1\n"),
          {"other.csv", "sample 2", "another order"});
  refused(files.write("few.csv", "label,label_noisy\n0,0\n"), {"few.csv", "1 rows", "4 samples"});
  refused(files.write("none.csv", "label,noisy\n0,0\n"), {"none.csv", "label_noisy"});
  refused(files.write("huge.csv", "label_noisy\n0\n2\n4294967296\n1\n"), {"huge.csv", "4294967296"});
  refused(files.path("absent.csv"), {"absent.csv"});
  refused(files.path("labels.txt"), {".npy", ".csv"});
}

TEST_CASE("a transition matrix gives labels with its chances") {
  const Files files;
  const std::string csv = files.write("t.csv", "0.7,0.3,0\n0,1,0\n0.25,0.25,0.5\n");
  const NoiseInput input = input_of(taking_turns(30000, 3), 3);
  const Labels given = noisy("transition:" + csv, input);
  const TransitionMatrix t(input.truth, given, 3);
  // Four standard deviations of a share of 10,000 samples: 0.02 at most.
  CHECK(std::abs(t(0, 1) - 0.3) < 0.02);
  CHECK(t(0, 2) == 0);
  CHECK(t(1, 1) == 1);
  CHECK(std::abs(t(2, 0) - 0.25) < 0.02);
  CHECK(std::abs(t(2, 2) - 0.5) < 0.02);

  const std::string npy = files.write<double>("t.npy", {3, 3}, {0.7, 0.3, 0, 0, 1, 0, 0.25, 0.25, 0.5});
  CHECK(noisy("transition:" + npy, input) == given);
  CHECK(noisy("transition:" + npy, input_of(input.truth, 3, 2)) != given);
  // A sample's label is its own, whatever the samples behind it.
  NoiseInput limited = input_of({input.truth.begin(), input.truth.begin() + 100}, 3);
  CHECK(noisy("transition:" + csv, limited) == Labels(given.begin(), given.begin() + 100));
  CHECK(Labels(given.begin(), given.begin() + 12) == Labels{0, 1, 0, 0, 1, 2, 0, 1, 2, 0, 1, 2});
}

TEST_CASE("wrong transition matrices are refused by their row") {
  const Files files;
  const auto refused = [&](const std::string& text, const std::vector<std::string>& parts) {
    check_error([&] { noisy("transition:" + files.write("t.csv", text), input_of({0, 1}, 2)); }, parts);
  };
  refused("0.7,0.3\n0.5,0.4\n", {"t.csv", "row 1", "0.9"});
  refused("1.5,-0.5\n0,1\n", {"row 0", "-0.5"});
  refused("1,0\n", {"2 rows"});
  refused("1,0,0\n0,1,0\n0,0,1\n", {"2 rows"});
  refused("a,b\n1,0\n0,1\n", {"line 1"});
  check_error([&] { noisy("transition", input_of({0, 1}, 2)); }, {"transition", ".npy or .csv"});
}

TEST_CASE("a draw falls where the chances say") {
  const std::vector<double> chances = {0, 0.5, 0, 0.5, 0};
  CHECK(draw_class(chances, 0) == 1);
  CHECK(draw_class(chances, 0.49) == 1);
  CHECK(draw_class(chances, 0.5) == 3);
  CHECK(draw_class(chances, 0.9999999) == 3);
  CHECK(draw_class(std::vector<double>{0.3, 0.3, 0}, 0.99) == 1);  // what rounding leaves
}

TEST_CASE("prediction noise flips the samples that the model had most wrong") {
  const Files files;
  const NoiseInput input = input_of({0, 1, 2, 0}, 3);
  const std::vector<float> predictions = {0.6f,  0.3f,  0.1f,   // wrong: 1 with 0.3
                                          0.5f,  0.4f,  0.1f,   // wrong: 0 with 0.5
                                          0.1f,  0.1f,  0.8f,   // wrong: 0 with 0.1
                                          0.05f, 0.05f, 0.9f};  // wrong: 2 with 0.9
  const std::string file = files.write<float>("p.npy", {4, 3}, predictions);
  CHECK(noisy("prediction:0.25,file=" + file, input) == Labels{0, 1, 2, 2});
  CHECK(noisy("prediction:0.5,file=" + file, input) == Labels{0, 0, 2, 2});
  CHECK(noisy("prediction:0.75,file=" + file, input) == Labels{1, 0, 2, 2});
  CHECK(noisy("prediction:1,file=" + file, input) == Labels{1, 0, 0, 2});
  CHECK(noisy("prediction:0,file=" + file, input) == input.truth);

  std::filesystem::create_directory(files.path("run"));
  files.write<float>("run/predictions.npy", {4, 3}, predictions);
  CHECK(noisy("prediction:0.5,run=" + files.path("run"), input) == Labels{0, 0, 2, 2});

  check_error([&] { noisy("prediction:0.5", input); }, {"run=DIR", "file="});
  check_error([&] { noisy("prediction:0.5,run=" + files.path("elsewhere"), input); },
              {"predictions.npy", "--predictions"});
  const auto refused = [&](const std::vector<std::int64_t>& shape, const std::vector<float>& values,
                           const std::vector<std::string>& parts) {
    check_error([&] { noisy("prediction:0.5,file=" + files.write<float>("q.npy", shape, values), input); },
                parts);
  };
  refused({3, 3}, std::vector<float>(9, 1.0f / 3), {"3 rows", "4 samples"});
  refused({3, 4}, std::vector<float>(12, 0.25f), {"3 columns"});
  refused({12}, std::vector<float>(12, 0.25f), {"3 columns"});
  refused({4, 3}, std::vector<float>(12, 0.25f), {"row 0", "probabilities"});
  refused({4, 3}, std::vector<float>(12, NAN), {"row 0", "probabilities"});
}
