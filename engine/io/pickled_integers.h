// Arrays of integers in a pickle, recognised by the NumPy and PyTorch calls that would make them.
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

/// Returns the bytes of the tensor storage of this key, which torch.save puts next to the pickle; empty if
/// there is none.
using StorageOf = std::function<std::span<const std::byte>(std::string_view key)>;

/// Returns the integers of a NumPy array, of a contiguous PyTorch tensor, or of a list or tuple, with one
/// axis or one column. Nothing for any other value, and if sizes contradict each other.
std::optional<std::vector<std::int64_t>> pickled_integers(const Pickle& pickle, PickleRef value,
                                                          const StorageOf& storage_of);

}  // namespace noisegate
