#include "engine/text.h"

#include "engine/error.h"

#include <array>

#include <fmt/format.h>

namespace noisegate {
namespace {

struct Character {
  char32_t code = 0;
  std::size_t bytes = 1;
  bool is_sound = false;  // else a byte that no UTF-8 has there
};

/// The first character of text that is not empty (RFC 3629: no longer than needed, no surrogate, at most
/// U+10FFFF).
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {};
  char32_t code = lead & (0x7f >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3f);
  }
  constexpr std::array<char32_t, 5> least = {0, 0, 0x80, 0x800, 0x10000};
  if (code < least[bytes] || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff) return {};
  return {code, bytes, true};
}

bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/// What makes a terminal show something else than what stands there.
bool misleads(char32_t code) {
  const bool ends_line = code == 0x2028 || code == 0x2029;
  const bool turns_direction = code == 0x200e || code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
                               (code >= 0x2066 && code <= 0x2069);
  return is_control(code) || ends_line || turns_direction;
}

/// Hands over the characters of the text, each with its bytes, as long as `use` returns true.
template <class Use>
void for_each_character(std::string_view text, const Use& use) {
  while (!text.empty()) {
    const Character character = first_character(text);
    if (!use(character, text.substr(0, character.bytes))) return;
    text.remove_prefix(character.bytes);
  }
}

}  // namespace

bool is_utf8(std::string_view text) {
  bool sound = true;
  for_each_character(
      text, [&](const Character& character, std::string_view) { return sound = character.is_sound; });
  return sound;
}

void require_utf8(std::string_view text, const std::string& what) {
  if (!is_utf8(text)) reject("{} is not UTF-8 text: '{}'", what, shown(text));
}

std::string printable(std::string_view text, std::size_t most) {
  std::string result;
  std::size_t columns = 0;
  for_each_character(text, [&](const Character& character, std::string_view bytes) {
    constexpr std::size_t columns_of_escape = 4;
    const bool is_fit = character.is_sound && !misleads(character.code);
    columns += is_fit ? 1 : columns_of_escape * bytes.size();
    if (columns > most) return false;
    if (is_fit) {
      result += bytes;
    } else {
      for (const char c : bytes) result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    return true;
  });
  return result;
}

std::string shown(std::string_view text, std::size_t most) {
  constexpr std::size_t widest_character = 16;  // four bytes, each as an escape
  const std::string cut = printable(text, most);
  return printable(text, most + widest_character) == cut ? cut : cut + "...";
}

std::string without_controls(std::string_view text) {
  std::string result;
  for_each_character(text, [&](const Character& character, std::string_view bytes) {
    const bool is_blank = character.code == '\t' || character.code == '\n' || character.code == '\r';
    const bool is_no_character = character.code == 0xfffe || character.code == 0xffff;
    const bool is_fit = character.is_sound && !is_no_character && (is_blank || !is_control(character.code));
    result += is_fit ? bytes : "\xef\xbf\xbd";
    return true;
  });
  return result;
}

}  // namespace noisegate
