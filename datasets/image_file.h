// Decodes JPEG and PNG files.
#pragma once

#include "datasets/image.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace noisegate {

/// A decoded image in memory of its own: four channels, the last unused.
class DecodedImage {
 public:
  DecodedImage(std::uint8_t* pixels, int height, int width, void (*release)(void*))
      : pixels_(pixels, release), view_(pixels, height, width, 4) {}
  ImageView view() const { return view_; }

 private:
  std::unique_ptr<std::uint8_t, void (*)(void*)> pixels_;
  ImageView view_;
};

/// Decodes the contents of the file `name` to red, green and blue, whatever colours it has. Throws Error
/// naming the file if it is no JPEG or PNG, is damaged or cut short (PNG has checksums, JPEG has none), or
/// has more than 64 million pixels; refuses as damaged a file that would unpack to much more than its pixels
/// take.
DecodedImage decode_image(std::span<const std::byte> bytes, const std::string& name);

}  // namespace noisegate
