#include "tools/figures/data_uri.h"

#include <cstddef>
#include <cstdint>

#include <fmt/format.h>

namespace noisegate {

std::string data_uri(std::string_view type, std::string_view bytes) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string uri = fmt::format("data:{};base64,", type);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::string_view group = bytes.substr(i, 3);
    std::uint32_t bits = 0;  // three bytes, missing ones 0
    for (std::size_t k = 0; k < 3; ++k)
      bits = bits << 8 | (k < group.size() ? static_cast<unsigned char>(group[k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) uri += k <= group.size() ? letters[bits >> (18 - 6 * k) & 63] : '=';
  }
  return uri;
}

}  // namespace noisegate
