#include "engine/error.h"
#include "engine/spec.h"
#include "tests/check_error.h"

#include <string>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

Spec parse(const std::string& text, const std::vector<std::string>& keys) {
  Spec spec(text, "--loss");
  spec.expect(keys);
  return spec;
}

void check_refused(const std::string& text, const std::vector<std::string>& keys,
                   std::vector<std::string> parts) {
  CAPTURE(text);
  parts.push_back("--loss");
  check_error([&] { parse(text, keys); }, parts);
}

}  // namespace

TEST_CASE("a name alone") {
  const Spec spec = parse("ce", {});
  CHECK(spec.name() == "ce");
  CHECK(spec.text() == "ce");
  CHECK(spec.what() == "--loss");
  CHECK_FALSE(spec.has("q"));
  CHECK(parse("nce+rce", {}).name() == "nce+rce");
}

TEST_CASE("the main parameter may stand first without its key") {
  CHECK(parse("gce:0.7", {"q"}).number("q", 0, 0, 1) == 0.7);
  CHECK(parse("gce:q=0.7", {"q"}).number("q", 0, 0, 1) == 0.7);
  const Spec human = parse("human:worst,file=labels.pt", {"set", "file"});
  CHECK(human.name() == "human");
  CHECK(human.word("set", "") == "worst");
  CHECK(human.word("file", "") == "labels.pt");
}

TEST_CASE("values may hold colons, equal signs and nothing") {
  const Spec spec = parse("file:path=a:b=c,note=", {"path", "note"});
  CHECK(spec.word("path", "") == "a:b=c");
  CHECK(spec.has("note"));
  CHECK(spec.word("note", "x").empty());
}

TEST_CASE("what is not given falls back") {
  const Spec spec = parse("sce:alpha=2", {"alpha", "beta", "steps", "detach", "map"});
  CHECK(spec.number("alpha", 0.1, 0, 10) == 2);
  CHECK(spec.number("beta", 1.5, 0, 1) == 1.5);  // a default needs not lie in the user's range
  CHECK(spec.integer("steps", 3, 0, 9) == 3);
  CHECK(spec.flag("detach", true));
  CHECK(spec.word("map", "circular") == "circular");
}

TEST_CASE("numbers of all spellings") {
  const Spec spec = parse("x:a=-1e-3,b=.5,c=7,d=1,e=0", {"a", "b", "c", "d", "e"});
  CHECK(spec.number("a", 0, -1, 1) == -1e-3);
  CHECK(spec.number("b", 0, 0, 1) == 0.5);
  CHECK(spec.integer("c", 0, 0, 9) == 7);
  CHECK(spec.flag("d", false));
  CHECK_FALSE(spec.flag("e", true));
}

TEST_CASE("texts that are no SPEC") {
  check_refused("", {"q"}, {"no name"});
  check_refused(":0.7", {"q"}, {"no name"});
  check_refused("gce:", {"q"}, {"gce:"});
  check_refused("gce:0.7,", {"q"}, {"gce:0.7,"});
  check_refused("gce:,q=1", {"q"}, {"gce:,q=1"});
  check_refused("gce:q=0.7,0.5", {"q"}, {"0.5"});
  check_refused("gce:=0.7", {"q"}, {"=0.7"});
}

TEST_CASE("a key given twice") {
  check_refused("gce:q=0.7,q=0.5", {"q"}, {"q", "twice"});
  check_refused("gce:0.7,q=0.5", {"q"}, {"q", "twice"});
}

TEST_CASE("an unknown key is refused with the known ones") {
  check_refused("sce:alhpa=1", {"alpha", "beta"}, {"alhpa", "alpha", "beta"});
  check_refused("ce:0.7", {}, {"ce", "no parameters"});
  check_refused("ce:q=0.7", {}, {"ce", "no parameters"});
}

TEST_CASE("values that are no numbers, or out of range") {
  for (const std::string value : {"", "x", "1x", " 1", "1 ", "nan", "inf", "-inf", "1e999", "0x10", "1,5"}) {
    CAPTURE(value);
    check_error([&] { parse("gce:q=" + value, {"q"}).number("q", 0, -1e300, 1e300); }, {"--loss"});
  }
  check_error([] { parse("gce:q=1.5", {"q"}).number("q", 0, 0, 1); }, {"--loss", "q", "[0, 1]", "1.5"});
  for (const std::string value : {"1.5", "11", "-1", "99999999999", ""}) {
    CAPTURE(value);
    check_error([&] { parse("t:n=" + value, {"n"}).integer("n", 0, 0, 10); },
                {"--loss", "n", "[0, 10]", value});
  }
  check_error([] { parse("fl:detach=yes", {"detach"}).flag("detach", false); }, {"detach", "yes"});
  check_error([] { parse("fl:detach=2", {"detach"}).flag("detach", false); }, {"detach", "2"});
}

TEST_CASE("unknown: lists what there is") {
  check_error([] { Spec("gcee:0.7", "--loss").unknown({"ce", "gce"}); }, {"--loss", "gcee", "ce, gce"});
}

TEST_CASE("messages show a part of a long spec, and one longer than several paths is refused") {
  const auto length_of_message = [](const std::string& text) {
    try {
      Spec spec(text, "--augment");
      spec.expect({"n"});
      spec.integer("n", 0, 0, 10);
    } catch (const Error& error) {
      return std::string(error.what()).size();
    }
    return std::size_t{0};
  };
  const std::string digits(3000, '4');
  for (const std::string& text : {"crop:" + digits, "crop:n=" + digits, "crop:" + digits + "=1",
                                  digits + ":m=1", "crop:n=" + digits + digits}) {
    CHECK(length_of_message(text) > 0);
    CHECK(length_of_message(text) < 600);
  }
  CHECK(length_of_message("crop:n=4") == 0);
}
