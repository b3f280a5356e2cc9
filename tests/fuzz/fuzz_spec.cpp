// The bytes are the text of a SPEC: as noise reads it, and as augmentation does.
#include "datasets/augment/augmentation.h"
#include "engine/error.h"
#include "engine/spec.h"

#include <cmath>
#include <cstdlib>

using namespace noisegate;

namespace {

void read_spec(const std::string& text) {
  Spec spec(text, "--noise");
  spec.expect({"rate", "count", "inclusive", "map"});
  const double rate = spec.number("rate", 0.4, 0, 1);
  const int count = spec.integer("count", 3, -10, 10);
  spec.flag("inclusive", false);
  spec.word("map", "circular");
  if (!(rate >= 0 && rate <= 1) || std::abs(count) > 10) std::abort();
}

void read_augmentation(const std::string& text) {
  const Augmentation augmentation = Augmentation::parse(text);
  if (augmentation.crop.value_or(0) < 0 || augmentation.crop.value_or(0) > 64) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (const auto read : {read_spec, read_augmentation}) {
    try {
      read(text);
    } catch (const Error& error) {
      if (error.cause() != Error::Cause::input) std::abort();
    }
  }
  return 0;
}
