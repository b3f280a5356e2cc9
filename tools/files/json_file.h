// JSON files that commands write.
#pragma once

#include <filesystem>

#include <nlohmann/json_fwd.hpp>

namespace noisegate {

/// Writes the JSON indented by so many spaces, or on one line (-1). Throws Error naming the file, and the key
/// of a number that is not finite, for which JSON has no word.
void save_json(const std::filesystem::path& file, const nlohmann::ordered_json& json, int indent = 2);

}  // namespace noisegate
