#include "tools/figures/contact_sheet.h"

#include "datasets/image_file.h"
#include "engine/io/files.h"
#include "engine/text.h"
#include "noise/noise.h"

#include <algorithm>

#include <fmt/format.h>

namespace noisegate {
namespace {

constexpr int columns = 10;
constexpr int image_size = 128, frame = 4, gap = 16, title_height = 48;
constexpr int caption_height = 44, tile_height = image_size + caption_height;
constexpr Colour paper{255, 255, 255}, ink{31, 35, 40}, faint{110, 118, 129}, red{207, 34, 46};

/// As large as it can be within the width, and cut where even the smallest size is too long.
void write_within(Picture& sheet, int x, int y, std::string text, int width, Colour colour) {
  const int scale = text_width(text, 2) <= width ? 2 : 1;
  while (text_width(text, scale) > width) text.pop_back();
  sheet.write(x, y, text, scale, colour);
}

void draw_tile(Picture& sheet, int x, int y, const ImageSet& set, const Tile& tile) {
  if (tile.is_marked) sheet.fill(x - frame, y - frame, image_size + 2 * frame, image_size + 2 * frame, red);
  sheet.draw(x, y, image_size, image_of(set, tile.sample));
  const int below = y + image_size + frame + 2;
  write_within(sheet, x, below, tile.first_line, image_size, tile.is_marked ? red : ink);
  write_within(sheet, x, below + text_height(2), tile.second_line, image_size, faint);
}

}  // namespace

Image image_of(const ImageSet& set, std::int64_t sample) {
  if (!set.images.defined())
    return Image(decode_image(read_file(set.files[sample]), set.files[sample]).view());
  const Shape& shape = set.images.shape();
  const int height = static_cast<int>(shape[1]), width = static_cast<int>(shape[2]),
            channels = static_cast<int>(shape[3]);
  return Image(ImageView(set.images.data<std::uint8_t>() + sample * height * width * channels, height, width,
                         channels));
}

std::string class_name(const Dataset& dataset, std::int32_t label) {
  return label == no_class ? "no class" : shown(dataset.class_names[label]);
}

std::vector<Tile> tiles_of_noise(const Dataset& dataset) {
  const ImageSet& train = dataset.train;
  const std::int64_t count = std::min(most_tiles, train.size());
  std::vector<Tile> tiles;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t sample = i * train.size() / count;
    const std::int32_t given = train.given[sample], truth = train.truth[sample];
    tiles.push_back({sample, class_name(dataset, given),
                     given == truth ? "" : "is " + class_name(dataset, truth), given != truth});
  }
  return tiles;
}

Picture contact_sheet(const ImageSet& set, const std::string& title, const std::vector<Tile>& tiles) {
  const int count = static_cast<int>(tiles.size()), rows = (count + columns - 1) / columns;
  Picture sheet(gap + columns * (image_size + gap), title_height + rows * (tile_height + gap), paper);
  write_within(sheet, gap, gap, shown(title, 200), sheet.width() - 2 * gap, ink);
  for (int i = 0; i < count; ++i)
    draw_tile(sheet, gap + i % columns * (image_size + gap), title_height + i / columns * (tile_height + gap),
              set, tiles[i]);
  return sheet;
}

}  // namespace noisegate
