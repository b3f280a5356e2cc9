// The report's page without its data, which goes where it says @DATA@. Made by tools/report/embed.cmake from
// the files in tools/report/ and from Chart.js.
#pragma once

#include <string_view>

namespace noisegate {

std::string_view report_template();

}  // namespace noisegate
