// The first byte chooses what the others are: a file, as it is; a pickle, in an archive as PyTorch writes it,
// its tensors' storage the same bytes; or a pickle in NumPy's file of an object.
#include "engine/error.h"
#include "noise/label_archive.h"
#include "tests/label_archive_bytes.h"

#include <cstdlib>

using namespace noisegate;

namespace {

std::string file_of(int kind, const std::string& input) {
  switch (kind % 3) {
    case 0:
      return input;
    case 1:
      return torch_archive(input, {{"0", input}});
    default:
      return object_npy(input);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string input(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    const LabelArchive archive(bytes_of(file_of(data[0], input)), "input");
    for (const std::string& key : archive.keys())
      if (archive.integers(key).size() > size) std::abort();  // each takes a byte at least
  } catch (const Error& error) {
    if (error.cause() != Error::Cause::input) std::abort();
  }
  return 0;
}
