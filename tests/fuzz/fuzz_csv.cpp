// The bytes are a table with a header, whose columns label and label_noisy are read, and one without.
#include "engine/error.h"
#include "engine/io/csv.h"

#include <cmath>
#include <cstdlib>
#include <span>

using namespace noisegate;

namespace {

void read_labels(std::span<const std::byte> bytes) {
  const CsvTable table(bytes, "input", true);
  const std::size_t noisy = table.integers("label_noisy").size();
  if (noisy != table.rows() || noisy > bytes.size()) std::abort();
  if (table.has("label") && table.integers("label").size() != noisy) std::abort();
}

void read_matrix(std::span<const std::byte> bytes) {
  const CsvTable table(bytes, "input", false);
  const std::vector<double> numbers = table.numbers();
  if (numbers.size() != table.rows() * table.columns()) std::abort();
  for (const double number : numbers)
    if (!std::isfinite(number)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const auto read : {read_labels, read_matrix}) {
    try {
      read(std::as_bytes(std::span(data, size)));
    } catch (const Error& error) {
      if (error.cause() != Error::Cause::input) std::abort();
    }
  }
  return 0;
}
