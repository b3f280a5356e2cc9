// Writes JSON files.
#pragma once

#include <filesystem>

#include <nlohmann/json_fwd.hpp>

namespace noisegate {

/// Writes the JSON with this indentation, or on one line (-1). Throws Error naming the file, and the key of a
/// number that is not finite, which JSON cannot express.
void save_json(const std::filesystem::path& file, const nlohmann::ordered_json& json, int indent = 2);

}  // namespace noisegate
