#include "tools/picture.h"

#include "engine/error.h"

#include <algorithm>

#include <stb/stb_easy_font.h>
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#include <stb/stb_image_write.h>

namespace noisegate {
namespace {

/// The text as stb's font knows it, which is 7-bit and may be written to.
std::string ascii(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

/// A corner as stb_easy_font_print gives them, four to a rectangle.
struct Corner {
  float x, y, z;
  std::uint8_t colour[4];
};

std::vector<Corner> rectangles_of(std::string text) {
  std::vector<Corner> corners(text.size() * 64);  // a letter has less than 16 rectangles
  const int rectangles = stb_easy_font_print(0, 0, text.data(), nullptr, corners.data(),
                                             static_cast<int>(corners.size() * sizeof(Corner)));
  corners.resize(static_cast<std::size_t>(rectangles) * 4);
  return corners;
}

}  // namespace

Picture::Picture(int width, int height, Colour background)
    : width_(width), height_(height), bytes_(static_cast<std::size_t>(width) * height * 3) {
  fill(0, 0, width, height, background);
}

void Picture::fill(int x, int y, int width, int height, Colour colour) {
  for (int row = std::max(y, 0); row < std::min(y + height, height_); ++row)
    for (int column = std::max(x, 0); column < std::min(x + width, width_); ++column)
      std::copy(colour.begin(), colour.end(),
                bytes_.begin() + (static_cast<std::ptrdiff_t>(row) * width_ + column) * 3);
}

void Picture::draw(int x, int y, int size, const Pixels& image) {
  for (int row = 0; row < size; ++row)
    for (int column = 0; column < size; ++column) {
      const int from_row = row * image.height / size, from_column = column * image.width / size;
      const std::uint8_t* pixel = image.data + (from_row * image.width + from_column) * image.channels;
      fill(x + column, y + row, 1, 1,
           image.channels == 3 ? Colour{pixel[0], pixel[1], pixel[2]} : Colour{pixel[0], pixel[0], pixel[0]});
    }
}

void Picture::write(int x, int y, const std::string& text, int scale, Colour colour) {
  const std::vector<Corner> corners = rectangles_of(ascii(text));
  for (std::size_t i = 0; i < corners.size(); i += 4) {
    const Corner &from = corners[i], &to = corners[i + 2];  // upper left, lower right
    fill(x + static_cast<int>(from.x) * scale, y + static_cast<int>(from.y) * scale,
         static_cast<int>(to.x - from.x) * scale, static_cast<int>(to.y - from.y) * scale, colour);
  }
}

std::string Picture::png() const {
  std::string file;
  const auto append = [](void* context, void* data, int size) {
    static_cast<std::string*>(context)->append(static_cast<const char*>(data),
                                               static_cast<std::size_t>(size));
  };
  if (!stbi_write_png_to_func(append, &file, width_, height_, 3, bytes_.data(), width_ * 3))
    fail("cannot make a PNG of {} by {} pixels", width_, height_);
  return file;
}

int text_width(const std::string& text, int scale) {
  return stb_easy_font_width(ascii(text).data()) * scale;
}

}  // namespace noisegate
