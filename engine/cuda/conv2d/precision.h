// The precision of products on the tensor cores.
#pragma once

namespace noisegate::cuda {

/// How products of float32 numbers are computed. TF32 keeps ten bits of the fraction.
enum class Precision {
  tf32,     // both factors rounded to TF32
  float32,  // each factor as the sum of two TF32 numbers, the product of the small ones left out: three
            // instructions for one, and float32's accuracy but for its last bits
};

}  // namespace noisegate::cuda
