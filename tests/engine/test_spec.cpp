#include "engine/error.h"
#include "engine/registry.h"
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
  CHECK(parse("gce:0.7", {"q"}).word("q", "") == "0.7");
  CHECK(parse("gce:q=0.7", {"q"}).word("q", "") == "0.7");
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
  const Spec spec = parse("asymmetric:map=blocks", {"rate", "map"});
  CHECK(spec.word("map", "circular") == "blocks");
  CHECK(spec.word("rate", "0.4") == "0.4");
  CHECK(spec.where() == "--loss 'asymmetric:map=blocks'");
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

TEST_CASE("unknown: lists what there is") {
  check_error([] { Spec("gcee:0.7", "--loss").unknown({"ce", "gce"}); }, {"--loss", "gcee", "ce, gce"});
}

TEST_CASE("messages show a part of a long spec, and one longer than several paths is refused") {
  const auto length_of_message = [](const std::string& text) {
    try {
      Values(Spec(text, "--augment"), {parameter::integer("n", 0, {0, 10})});
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
