// CRC-32 of what is added piece by piece: it finds damage and mistakes, not malice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace noisegate {

class Checksum {
 public:
  void add(const void* data, std::size_t bytes);
  /// The text and its end, so that "ab" and "c" differ from "a" and "bc".
  void add(const std::string& text);
  /// Eight hexadecimal digits.
  std::string text() const;

 private:
  std::uint32_t crc_ = 0;
};

}  // namespace noisegate
