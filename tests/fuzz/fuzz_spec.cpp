// The bytes are the text of a SPEC: as noise reads it, and as augmentation does.
#include "datasets/augment/augmentation.h"
#include "engine/error.h"
#include "engine/registry.h"

#include <cmath>
#include <cstdlib>

using namespace noisegate;

namespace {

void read_spec(const std::string& text) {
  const Values values(
      Spec(text, "--noise"),
      {parameter::number("rate", 0.4, {0, 1}), parameter::integer("count", 3, {-10, 10}),
       parameter::flag("inclusive", false), parameter::one_of("map", {"circular", "blocks"})});
  const double rate = values.number("rate");
  if (!(rate >= 0 && rate <= 1) || std::abs(values.integer("count")) > 10) std::abort();
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
