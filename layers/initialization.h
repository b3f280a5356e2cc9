// The initial weights of a network. Every parameter draws from its own stream, (seed,
// Purpose::initialisation, 0, index in order of creation), so that the same seed gives the same network
// everywhere. Batch norm is not here: all networks start it at scale 1 and shift 0.
#pragma once

#include "engine/tensor.h"

#include <cstdint>

namespace noisegate {

/// The choices in which the published networks differ; the defaults are PyTorch's. n_in is the number of
/// inputs that one output sums over, n_out the number of outputs that one input reaches (kernel area
/// included).
struct InitializationScheme {
  enum class Convolution {
    pytorch,     // U(±√(1/n_in))
    he_uniform,  // U(±√(6/n_in)): He et al. 2015, keeps the variance forwards
    he_normal,   // N(0, 2/n_out): He et al. 2015, keeps the variance backwards
  };
  enum class Linear {
    pytorch,         // U(±√(1/n_in))
    xavier_uniform,  // U(±√(6/(n_in + n_out))): Glorot and Bengio 2010
  };
  enum class LinearBias { pytorch /* U(±√(1/n_in)) */, zero };

  Convolution convolution = Convolution::pytorch;
  Linear linear = Linear::pytorch;
  LinearBias linear_bias = LinearBias::pytorch;
};

class Initializer {
 public:
  Initializer(std::uint64_t seed, InitializationScheme scheme) : seed_(seed), scheme_(scheme) {}

  Tensor convolution_weight(Shape shape);                            // (K,R,S,C)
  Tensor convolution_bias(std::int64_t outputs, std::int64_t n_in);  // (K), always U(±√(1/n_in))
  Tensor linear_weight(std::int64_t outputs, std::int64_t inputs);   // (K,C)
  Tensor linear_bias(std::int64_t outputs, std::int64_t inputs);     // (K)

 private:
  Tensor uniform(Shape shape, double bound);
  Tensor normal(Shape shape, double deviation);

  std::uint64_t seed_;
  InitializationScheme scheme_;
  std::uint32_t next_parameter_ = 0;
};

}  // namespace noisegate
