#include "tools/figures/svg.h"

#include "engine/text.h"

namespace noisegate {

std::string escape_xml(const std::string& text) {
  std::string result;
  for (const char c : without_controls(text)) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '\'':
        result += "&apos;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

}  // namespace noisegate
