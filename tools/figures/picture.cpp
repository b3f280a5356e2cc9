#include "tools/figures/picture.h"

#include "datasets/augment/resample.h"
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

void Picture::draw(int x, int y, int size, const ImageView& image) {
  const int longer = std::max(image.height, image.width);
  const int height = std::max(1, image.height * size / longer),
            width = std::max(1, image.width * size / longer);
  Image shrunk(height, width, image.channels);
  const bool shrinks = longer > size;
  if (shrinks) {
    resample(image, {.length = double(image.height), .outputs = height},
             {.length = double(image.width), .outputs = width}, shrunk);
  }
  const ImageView source = shrinks ? ImageView(shrunk) : image;
  const int left = x + (size - width) / 2, top = y + (size - height) / 2;
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column) {
      const std::uint8_t* pixel =
          source.row(row * source.height / height) + column * source.width / width * source.channels;
      const bool grey = source.channels == 1;
      fill(left + column, top + row, 1, 1, {pixel[0], pixel[grey ? 0 : 1], pixel[grey ? 0 : 2]});
    }
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
