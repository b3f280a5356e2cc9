// The report's page with @DATA@ in place of its data. tools/report/embed.cmake makes it from the files in
// tools/report/ and from Chart.js.
#pragma once

#include <string_view>

namespace noisegate {

std::string_view report_template();

}  // namespace noisegate
