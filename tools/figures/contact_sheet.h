// Samples of a set as one picture, each with a caption.
#pragma once

#include "datasets/dataset.h"
#include "tools/figures/picture.h"

#include <string>
#include <vector>

namespace noisegate {

/// One image of a sheet, with two lines below. A marked tile is framed, and its first line is red.
struct Tile {
  std::int64_t sample = 0;
  std::string first_line, second_line;
  bool is_marked = false;
};

/// The number of images on a full sheet.
inline constexpr std::int64_t most_tiles = 80;

/// Draws examples of label noise: up to most_tiles images at even distances through the training set, so that
/// wrong labels have their true share. Each has its given label and, if that is wrong, a mark and the true
/// label.
std::vector<Tile> tiles_of_noise(const Dataset& dataset);

/// Draws the tiles in rows of ten under `title`. Throws Error naming an image file that cannot be read.
Picture contact_sheet(const ImageSet& set, const std::string& title, const std::vector<Tile>& tiles);

/// Returns the image of a sample, from memory or from its file; throws Error naming the file.
Image image_of(const ImageSet& set, std::int64_t sample);

/// Returns the name of a label that may be no_class.
std::string class_name(const Dataset& dataset, std::int32_t label);

}  // namespace noisegate
