// The bytes are a safetensors file.
#include "engine/error.h"
#include "engine/io/safetensors.h"

#include <cstdlib>
#include <span>

using namespace noisegate;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const TensorFile file = parse_safetensors(std::as_bytes(std::span(data, size)), "input");
    std::size_t bytes = 0;
    for (const NamedTensor& named : file.tensors) bytes += named.tensor.bytes();
    if (bytes > size) std::abort();  // tensors do not overlap, so they cannot be more than the file
  } catch (const Error& error) {
    if (error.cause() != Error::Cause::input) std::abort();
  }
  return 0;
}
