// The declarations that the models share with their list in models.cpp.
#pragma once

#include "layers/models.h"

#include <cstdint>
#include <memory>

namespace noisegate {

/// The image format, the number of classes and the seed of a network.
struct ModelRequest {
  ImageFormat format;
  int classes;
  std::uint64_t seed;
};

struct NamedModel : Entry<std::unique_ptr<Module> (*)(const Values& values, const ModelRequest& request)> {
  /// For an entry that covers a family of names: whether the spec's name belongs to it. Throws Error for a
  /// name of the family whose network cannot exist.
  bool (*takes)(const Spec& spec) = nullptr;
};

/// Throws Error unless the images have at least `side` pixels each way, the factor by which the network
/// reduces them.
void require_side(const Values& values, const ModelRequest& request, int side);

}  // namespace noisegate
