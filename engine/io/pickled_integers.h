// Arrays of integers in a pickle: recognised by the calls of NumPy and PyTorch that would make them.
#pragma once

#include "engine/io/pickle.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace noisegate {

/// The bytes of the tensor storage of this key, which torch.save puts beside the pickle; empty where there is
/// none.
using StorageOf = std::function<std::span<const std::byte>(std::string_view key)>;

/// The integers of a NumPy array, of a contiguous PyTorch tensor, or of a list or tuple: of one axis, or one
/// column. Nothing for any other value, or where sizes contradict each other.
std::optional<std::vector<std::int64_t>> pickled_integers(const Pickle& pickle, PickleRef value,
                                                          const StorageOf& storage_of);

}  // namespace noisegate
