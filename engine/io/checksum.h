// CRC-32 of data added piece by piece. It detects damage and mistakes, not malice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace noisegate {

class Checksum {
 public:
  void add(const void* data, std::size_t bytes);
  /// Adds the text and its end, so that "ab" and "c" differ from "a" and "bc".
  void add(const std::string& text);
  /// Returns eight hexadecimal digits.
  std::string text() const;

 private:
  std::uint32_t crc_ = 0;
};

}  // namespace noisegate
