// JPEG and PNG files.
#pragma once

#include "datasets/image.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace noisegate {

/// An image as the decoder left it in memory of its own: four channels, the last unused.
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
/// naming the file where it is no JPEG or PNG, is damaged or cut short (of a PNG the checksums are looked at;
/// a JPEG has none), or has more than 64 million pixels; a file that would unpack to much more than its
/// pixels take is refused as damaged.
DecodedImage decode_image(std::span<const std::byte> bytes, const std::string& name);

}  // namespace noisegate
