#include "engine/error.h"
#include "engine/registry.h"
#include "tests/check_error.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

const std::vector<Parameter>& all_kinds() {
  static const std::vector<Parameter> all = {
      parameter::number("rate", 0.4, {0, 1}, "the share"),
      parameter::number("k", 0.5, {0, 1, false, false}),
      parameter::integer("every", 10, {1, 100}, "from one to the next", "epochs"),
      parameter::flag("inclusive", false, "1: to any class"),
      parameter::one_of("labels", {"fine", "coarse"}, "which ones"),
      parameter::word("loss", "", "what is clipped", "spec"),
      parameter::word("dataset", "cifar100", "the other one"),
      parameter::path("file", "the matrix"),
  };
  return all;
}

Values values_of(const std::string& text) {
  return {Spec(text, "--noise"), all_kinds()};
}

void check_refused(const std::string& text, std::vector<std::string> parts) {
  CAPTURE(text);
  parts.push_back("--noise '" + text + "'");
  check_error([&] { values_of(text); }, parts);
}

/// What entries of the test make: their own name and the number that they were called with.
using Make = std::string (*)(const Values&, int);

std::vector<Entry<Make>> entries() {
  const Make make = [](const Values& values, int number) {
    return values.spec().name() + std::to_string(number + values.integer("n"));
  };
  return {{{"one", "the first", "", {parameter::integer("n", 1, {0, 9})}}, make},
          {{"two", "the second", "A paper", {parameter::integer("n", 2, {0, 9})}}, make}};
}

}  // namespace

TEST_CASE("what a spec does not give has its default") {
  const Values values = values_of("x");
  CHECK(values.number("rate") == 0.4);
  CHECK(values.number("k") == 0.5);
  CHECK(values.integer("every") == 10);
  CHECK_FALSE(values.flag("inclusive"));
  CHECK(values.word("labels") == "fine");
  CHECK(values.word("loss").empty());
  CHECK(values.word("dataset") == "cifar100");
  CHECK(values.word("file").empty());
  CHECK_FALSE(values.given("rate"));
}

TEST_CASE("the first parameter may stand without its key, numbers in all spellings") {
  const Values values = values_of("x:.5,k=1e-3,every=20,inclusive=1,labels=coarse,loss=,file=a:b=c");
  CHECK(values.number("rate") == 0.5);
  CHECK(values.given("rate"));
  CHECK(values.number("k") == 1e-3);
  CHECK(values.integer("every") == 20);
  CHECK(values.flag("inclusive"));
  CHECK(values.word("labels") == "coarse");
  CHECK(values.given("loss"));
  CHECK(values.word("loss").empty());
  CHECK(values.word("file") == "a:b=c");
  CHECK(values_of("x:rate=0.5").number("rate") == 0.5);
  CHECK(values_of("x:rate=0").number("rate") == 0);
  CHECK(values_of("x:rate=1").number("rate") == 1);
}

TEST_CASE("values that are of another kind, or out of range") {
  for (const std::string value : {"", "x", "1x", " 1", "1 ", "nan", "inf", "-inf", "1e999", "0x10", "1;5"})
    check_refused("x:rate=" + value, {"rate must be a finite number, not '" + value + "'"});
  check_refused("x:1.5", {"rate must lie in [0, 1], not be 1.5"});
  for (const std::string value : {"0", "1", "-1"})
    check_refused("x:k=" + value, {"k must lie in (0, 1), not be " + value});
  for (const std::string value : {"1.5", "101", "0", "-1", "99999999999", "", "x"})
    check_refused("x:every=" + value, {"every must be a whole number in [1, 100], not '" + value + "'"});
  for (const std::string value : {"yes", "2", "0.5"})
    check_refused("x:inclusive=" + value,
                  {"inclusive must be a whole number in [0, 1], not '" + value + "'"});
  check_refused("x:labels=superfine", {"labels must be one of fine, coarse, not 'superfine'"});
}

TEST_CASE("keys that are unknown or given twice") {
  check_refused("x:rat=1", {"x has no parameter rat; it knows rate, k, every"});
  check_refused("x:1,rate=1", {"rate is given twice"});
  check_error([] { Values(Spec("none:1", "--noise"), {}); }, {"none takes no parameters"});
}

TEST_CASE("a maker that asks for what its entry does not have is told so") {
  check_error([] { values_of("x").number("absent"); }, {"absent"}, 1);
  check_error([] { values_of("x").number("every"); }, {"every"}, 1);
}

TEST_CASE("parameters say what they are") {
  const std::vector<std::string> texts = {"rate=0.4 in [0, 1]: the share",
                                          "k=0.5 in (0, 1)",
                                          "every=10 epochs in [1, 100]: from one to the next",
                                          "inclusive=0: 1: to any class",
                                          "labels=fine|coarse: which ones",
                                          "loss=SPEC: what is clipped",
                                          "dataset=cifar100: the other one",
                                          "file=PATH: the matrix"};
  for (std::size_t i = 0; i < texts.size(); ++i) CHECK(all_kinds()[i].text() == texts[i]);
}

TEST_CASE("entries are found by name, or named") {
  CHECK(make_entry(entries(), Spec("two:5", "--x"), 10) == "two15");
  CHECK(make_entry(entries(), Spec("one", "--x"), 10) == "one11");
  CHECK(find_entry(entries(), Spec("two", "--x")).paper == "A paper");
  check_error([] { make_entry(entries(), Spec("three", "--x"), 0); }, {"--x 'three'", "one, two"});
}
