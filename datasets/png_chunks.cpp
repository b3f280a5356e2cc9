// A PNG file is eight bytes that say so and then chunks: the length of the data and four letters of type, the
// data, and the CRC of type and data. Numbers are big-endian.
#include "datasets/png_chunks.h"

#include "engine/error.h"

#include <cstdint>
#include <string_view>

#include <zlib.h>

namespace noisegate {
namespace {

constexpr std::string_view signature = "\x89PNG\r\n\x1a\n", end_of_image = "IEND";
constexpr std::size_t size_of_number = 4, size_of_type = 4;

std::uint32_t number(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes.substr(0, size_of_number))
    value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

}  // namespace

void require_sound_png_chunks(std::span<const std::byte> bytes, const std::string& name) {
  std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!rest.starts_with(signature)) return;
  rest.remove_prefix(signature.size());
  constexpr std::size_t around_data = size_of_number + size_of_type + size_of_number;
  for (std::string_view type; type != end_of_image;) {
    if (rest.size() < around_data || number(rest) > rest.size() - around_data)
      reject("{} is damaged: it is cut short", name);
    const std::string_view summed = rest.substr(size_of_number, size_of_type + number(rest));
    const auto sum = crc32_z(0, reinterpret_cast<const Bytef*>(summed.data()), summed.size());
    rest.remove_prefix(size_of_number + summed.size());
    type = summed.substr(0, size_of_type);
    if (sum != number(rest)) reject("{} is damaged: its chunk {} has the wrong checksum", name, shown(type));
    rest.remove_prefix(size_of_number);
  }
}

}  // namespace noisegate
