// Resizing by a triangle filter as wide as the step between output pixels: bilinear interpolation where the
// image grows, an average without aliasing where it shrinks, as Pillow's BILINEAR. In integers, so that every
// machine gets the same image.
#pragma once

#include "datasets/image.h"

namespace noisegate {

/// One axis: the source's [start, start + length) becomes `outputs` pixels, of which the target shows those
/// from `first` on. Target pixels before output 0 or behind the last are black.
struct ResampleAxis {
  double start = 0, length = 0;
  int outputs = 0;
  int first = 0;
  bool mirrored = false;  // the target shows its part in reverse order
};

/// Fills `target`, whose size says how much of each axis is wanted. Its channels must be the source's, and
/// the boxes must lie within the source.
void resample(ImageView source, const ResampleAxis& rows, const ResampleAxis& columns, Image& target);

}  // namespace noisegate
