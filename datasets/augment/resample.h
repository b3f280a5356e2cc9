// Resizing by a triangle filter as wide as the step between output pixels, as Pillow's BILINEAR: bilinear
// interpolation for larger images, an average without aliasing for smaller ones. It computes in integers, so
// that every machine gets the same image.
#pragma once

#include "datasets/image.h"

namespace noisegate {

/// One axis: the source's [start, start + length) becomes `outputs` pixels, of which the target shows those
/// from `first` on. Target pixels before output 0 or after the last are black.
struct ResampleAxis {
  double start = 0, length = 0;
  int outputs = 0;
  int first = 0;
  bool mirrored = false;  // reverses the order of the target's pixels
};

/// Fills `target`, whose size is the requested one on each axis. It must have the source's channels, and the
/// boxes must lie within the source.
void resample(ImageView source, const ResampleAxis& rows, const ResampleAxis& columns, Image& target);

}  // namespace noisegate
