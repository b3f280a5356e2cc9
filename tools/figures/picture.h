// A small canvas of red, green and blue bytes to draw images and captions on, written as PNG.
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

  /// What lies outside the picture is left out, here and below.
  void fill(int x, int y, int width, int height, Colour colour);
  /// The image in the middle of a square of this size, scaled until its longer side is as long: small ones
  /// show their pixels, large ones are averaged.
  void draw(int x, int y, int size, const ImageView& image);
  /// One line of ASCII, its upper left corner at (x, y); other characters become '?'. `scale` pixels a dot.
  void write(int x, int y, const std::string& text, int scale, Colour colour);

  /// The file's bytes.
  std::string png() const;

 private:
  int width_, height_;
  std::vector<std::uint8_t> bytes_;  // (height, width, 3)
};

/// Pixels that a line of text takes up.
int text_width(const std::string& text, int scale);
inline int text_height(int scale) {
  return 10 * scale;
}

}  // namespace noisegate
