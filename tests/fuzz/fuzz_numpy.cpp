// The first byte chooses the type that is asked for; the others are a .npy file.
#include "engine/error.h"
#include "engine/io/npy.h"

#include <cstdlib>
#include <span>

using namespace noisegate;

namespace {

template <class T>
void read(std::span<const std::byte> bytes) {
  const NumpyArray<T> array = parse_numpy<T>(bytes, "input");
  std::size_t count = 1;
  for (const std::int64_t extent : array.shape) count *= static_cast<std::size_t>(extent);
  if (array.values.size() != count || count > bytes.size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr void (*readers[])(std::span<const std::byte>) = {read<float>, read<double>, read<std::int32_t>,
                                                             read<std::int64_t>};
  try {
    readers[data[0] % 4](std::as_bytes(std::span(data + 1, size - 1)));
  } catch (const Error& error) {
    if (error.cause() != Error::Cause::input) std::abort();
  }
  return 0;
}
