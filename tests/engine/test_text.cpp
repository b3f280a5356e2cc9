// How text from outside is checked and shown.
#include "engine/error.h"
#include "engine/text.h"
#include "tests/check_error.h"

#include <doctest/doctest.h>

using namespace noisegate;

TEST_CASE("UTF-8 is told from other bytes") {
  for (const char* text : {"", "plain", "\xc3\xa4", "\xe7\x8c\xab", "\xf0\x9f\x90\x88", "\xf4\x8f\xbf\xbf"})
    CHECK_MESSAGE(is_utf8(text), text);
  // Alone, cut off, longer than needed, a surrogate, beyond U+10FFFF.
  for (const char* text :
       {"\xe4", "\xa4", "\xe7\x8c", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff",
        "\xc3"
        "a"})
    CHECK_FALSE_MESSAGE(is_utf8(text), printable(text));
  check_error([] { require_utf8("\xe4pfel", "line 3"); }, {"line 3 is not UTF-8 text: '\\xe4pfel'"});
}

TEST_CASE("a terminal gets no control characters and no bytes that are no text") {
  CHECK(printable("\x1b]0;title\x07\x1b[2J") == "\\x1b]0;title\\x07\\x1b[2J");
  CHECK(printable("a\nb\tc\x7f") == "a\\x0ab\\x09c\\x7f");
  CHECK(printable("\xc2\x9b"
                  "2J") == "\\xc2\\x9b2J");  // CSI in one character
  CHECK(printable("\xe2\x80\xae"
                  "cod.exe") == "\\xe2\\x80\\xaecod.exe");  // turns the direction of writing
  CHECK(printable("\xff\xc3\xa4\xe4") == "\\xff\xc3\xa4\\xe4");
  CHECK(printable(printable("\x1b")) == printable("\x1b"));
  CHECK(printable("caf\xc3\xa9s", 4) == "caf\xc3\xa9");
  CHECK(printable("ab\x1b"
                  "c",
                  5) == "ab");  // half an escape is none
}

TEST_CASE("what is too long for a message is cut") {
  CHECK(shown("airplane", 8) == "airplane");
  CHECK(shown("airplanes", 8) == "airplane...");
  CHECK(shown("abc\xff", 4) == "abc...");
  CHECK(shown(std::string(4'000'000, 'x')).size() == 63);
}

TEST_CASE("an Error's sentence is fit for a terminal, whatever it quotes") {
  check_error([] { reject("there is no {}", "\x1b[2J"); }, {"there is no \\x1b[2J"});
  const Error long_one(Error::Cause::input, std::string(1'000'000, 'x'));
  CHECK(std::string(long_one.what()).size() < 5000);
}

TEST_CASE("what XML cannot hold is replaced") {
  CHECK(without_controls("a\tb\n\x1b\xff\x7f\xc3\xa4") ==
        "a\tb\n\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xc3\xa4");
}
