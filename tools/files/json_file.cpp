#include "tools/files/json_file.h"

#include "engine/error.h"
#include "engine/io/files.h"

#include <cmath>
#include <string>

#include <nlohmann/json.hpp>

namespace noisegate {
namespace {

/// `key` is the nearest one around the value.
void require_finite(const nlohmann::ordered_json& value, const std::string& key,
                    const std::filesystem::path& file) {
  if (value.is_number_float() && !std::isfinite(value.get<double>()))
    fail("cannot write {}: '{}' holds the value {}, which is no finite number", file.string(), shown(key),
         value.get<double>());
  if (value.is_object())
    for (const auto& [name, member] : value.items()) require_finite(member, name, file);
  if (value.is_array())
    for (const nlohmann::ordered_json& item : value) require_finite(item, key, file);
}

}  // namespace

void save_json(const std::filesystem::path& file, const nlohmann::ordered_json& json, int indent) {
  require_finite(json, "", file);
  write_file_atomically(
      file, json.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

}  // namespace noisegate
