// A small canvas of red, green and blue bytes for images and captions, written as PNG.
#pragma once

#include "datasets/image.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace noisegate {

using Colour = std::array<std::uint8_t, 3>;

class Picture {
 public:
  Picture(int width, int height, Colour background);

  int width() const { return width_; }
  int height() const { return height_; }

  /// This and the functions below leave out everything outside the picture.
  void fill(int x, int y, int width, int height, Colour colour);
  /// Draws the image in the middle of a square of this size, scaled until its longer side fits: small images
  /// show their pixels, large ones are averaged.
  void draw(int x, int y, int size, const ImageView& image);
  /// Draws one line of ASCII, its upper left corner at (x, y); other characters become '?'. `scale` is the
  /// size of a dot in pixels.
  void write(int x, int y, const std::string& text, int scale, Colour colour);

  /// Returns the file's bytes.
  std::string png() const;

 private:
  int width_, height_;
  std::vector<std::uint8_t> bytes_;  // (height, width, 3)
};

/// The size of a line of text in pixels.
int text_width(const std::string& text, int scale);
inline int text_height(int scale) {
  return 10 * scale;
}

}  // namespace noisegate
