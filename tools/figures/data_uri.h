// Embeds files in a page.
#pragma once

#include <string>
#include <string_view>

namespace noisegate {

/// Returns "data:TYPE;base64,…" with these bytes (RFC 2397, RFC 4648).
std::string data_uri(std::string_view type, std::string_view bytes);

}  // namespace noisegate
