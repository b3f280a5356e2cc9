// What the models that users can name share with the list of them in models.cpp.
#pragma once

#include "layers/models.h"

#include <cstdint>
#include <memory>

namespace noisegate {

/// What a network is made for.
struct ModelRequest {
  ImageFormat format;
  int classes;
  std::uint64_t seed;
};

struct NamedModel : Entry<std::unique_ptr<Module> (*)(const Values& values, const ModelRequest& request)> {
  /// For an entry that stands for a family of names: whether the spec's is one of them. Throws Error for one
  /// of a network that there cannot be.
  bool (*takes)(const Spec& spec) = nullptr;
};

/// Throws Error unless the images have at least `side` pixels each way, the factor by which the network
/// shrinks them.
void require_side(const Values& values, const ModelRequest& request, int side);

}  // namespace noisegate
