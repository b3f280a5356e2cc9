#include "engine/optimizer.h"
#include "tests/check_error.h"

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

double factor(const std::string& text, int epochs, double epoch) {
  return Schedule(Spec(text, "--schedule"), epochs).factor(epoch);
}

void check_refused(const std::string& text, std::vector<std::string> parts) {
  parts.push_back("--schedule");
  check_error([&] { Schedule(Spec(text, "--schedule"), 100); }, parts);
}

using doctest::Approx;

}  // namespace

TEST_CASE("constant") {
  for (const double epoch : {0.0, 0.5, 7.0, 99.9}) CHECK(factor("constant", 100, epoch) == 1);
}

TEST_CASE("step: down at every so many epochs") {
  CHECK(factor("step:30,factor=0.1", 100, 0) == 1);
  CHECK(factor("step:30,factor=0.1", 100, 29.99) == 1);
  CHECK(factor("step:30,factor=0.1", 100, 30) == Approx(0.1));
  CHECK(factor("step:30,factor=0.1", 100, 59) == Approx(0.1));
  CHECK(factor("step:every=30,factor=0.5", 100, 99) == Approx(0.125));
  CHECK(factor("step", 100, 60) == Approx(0.01));
}

TEST_CASE("multistep: down at the epochs named") {
  CHECK(factor("multistep:50/100", 150, 49) == 1);
  CHECK(factor("multistep:50/100", 150, 50) == Approx(0.1));
  CHECK(factor("multistep:50/100", 150, 99.5) == Approx(0.1));
  CHECK(factor("multistep:at=50/100,factor=0.2", 150, 100) == Approx(0.04));
  CHECK(factor("multistep:7", 10, 7) == Approx(0.1));
  CHECK(factor("multistep:50/100", 10, 9) == 1);  // a shorter run than the recipe's
}

TEST_CASE("cosine: by whole epochs") {
  CHECK(factor("cosine", 100, 0) == 1);
  CHECK(factor("cosine", 100, 50) == Approx(0.5));
  CHECK(factor("cosine", 100, 50.9) == Approx(0.5));
  CHECK(factor("cosine", 3, 1) == Approx(0.75));
  CHECK(factor("cosine", 100, 99) == Approx(0.000246719817));
}

TEST_CASE("warm-up: a line from zero, then the schedule as if there had been none") {
  CHECK(factor("constant:warmup=5", 100, 0) == 0);
  CHECK(factor("constant:warmup=5", 100, 2.5) == Approx(0.5));
  CHECK(factor("constant:warmup=5", 100, 5) == 1);
  CHECK(factor("cosine:warmup=10", 100, 5) == Approx(0.5 * factor("cosine", 100, 5)));
  CHECK(factor("cosine:warmup=10", 100, 20) == factor("cosine", 100, 20));
  CHECK(factor("multistep:2,warmup=4", 10, 3) == Approx(0.075));
  CHECK(factor("step:30,warmup=0.5", 100, 0.25) == Approx(0.5));
}

TEST_CASE("what no schedule knows is refused, with what there is") {
  check_refused("linear", {"linear", "constant", "step", "multistep", "cosine"});
  check_refused("step:gamma=0.1", {"gamma", "every", "factor", "warmup"});
  check_refused("cosine:factor=0.1", {"factor", "warmup"});
  check_refused("step:0", {"every", "0"});
  check_refused("step:2.5", {"every", "2.5"});
  check_refused("step:30,factor=-1", {"factor", "-1"});
  check_refused("step:30,factor=nan", {"factor", "nan"});
  check_refused("constant:warmup=101", {"warmup", "101"});
  for (const std::string at :
       {"", "/", "50/", "/50", "50//60", "60/50", "50/50", "0", "-3", "a", "5x", "1.5"}) {
    CAPTURE(at);
    check_refused("multistep:at=" + at, {"at", "50/100"});
  }
  check_refused("multistep", {"at"});
  check_error([] { Schedule(Spec("constant", "--schedule"), 0); }, {"0"});
}

TEST_CASE("every schedule that is listed can be made") {
  for (const Description& schedule : list_schedules()) {
    const std::string& name = schedule.name;
    const std::string text = name == "multistep" ? name + ":1" : name;
    CHECK(factor(text, 2, 0) == 1);
  }
}
