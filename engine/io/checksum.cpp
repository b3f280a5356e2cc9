#include "engine/io/checksum.h"

#include <fmt/format.h>
#include <zlib.h>

namespace noisegate {

void Checksum::add(const void* data, std::size_t bytes) {
  crc_ = static_cast<std::uint32_t>(crc32_z(crc_, static_cast<const Bytef*>(data), bytes));
}

void Checksum::add(const std::string& text) {
  add(text.c_str(), text.size() + 1);
}

std::string Checksum::text() const {
  return fmt::format("{:08x}", crc_);
}

}  // namespace noisegate
