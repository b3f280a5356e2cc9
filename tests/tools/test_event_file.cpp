// Event files: checksums, records byte by byte, and what happens to epochs that are trained again.
// tests/tensorboard/read_events.py reads them with TensorBoard.
#include "tests/check_error.h"
#include "tests/run_program.h"
#include "tests/temporary_folder.h"
#include "tools/train/event_file.h"

#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace noisegate {
namespace {

/// The events' bytes, each record's checksums held against its bytes.
std::vector<std::string> events_of(const std::string& file) {
  const auto number_at = [&](std::size_t offset, int bytes) {
    std::uint64_t value = 0;
    for (int i = 0; i < bytes; ++i)
      value |= std::uint64_t{static_cast<unsigned char>(file.at(offset + i))} << 8 * i;
    return value;
  };
  std::vector<std::string> events;
  for (std::size_t offset = 0; offset < file.size();) {
    const std::size_t length = number_at(offset, 8);
    CHECK(number_at(offset + 8, 4) == masked_crc32c(file.substr(offset, 8)));
    events.push_back(file.substr(offset + 12, length));
    CHECK(number_at(offset + 12 + length, 4) == masked_crc32c(events.back()));
    offset += 16 + length;
  }
  return events;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the checksum is CRC-32C, masked") {
  // The CRC-32C of "123456789" is 0xE3069283, that of 32 zeros 0x8A9136AA (RFC 3720, B.4).
  const auto masked = [](std::uint32_t crc) { return (crc >> 15 | crc << 17) + 0xA282EAD8u; };
  CHECK(masked_crc32c("123456789") == masked(0xE3069283u));
  CHECK(masked_crc32c(std::string(32, '\0')) == masked(0x8A9136AAu));
}

TEST_CASE("an event holds the time, the epoch, and a value for each metric") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "events";
  append_events(file, 300, {{"epoch", 300}, {"tau", 1.0}, {"model", "cnn4"}, {"margins_clean", {0, 2}}});
  const auto events = events_of(read_text(file));
  REQUIRE(events.size() == 2);
  CHECK(events[0].substr(9) ==
        "\x1a\x0d"
        "brain.Event:2");

  const std::string& event = events[1];
  CHECK(event[0] == 0x09);                      // field 1, eight bytes
  CHECK(event.substr(9, 3) == "\x10\xAC\x02");  // field 2: 300 in seven bits a byte
  CHECK(event[12] == 0x2a);                     // field 5, a message: the summary
  // A value: its tag, and as field 2 the float 1.
  CHECK(contains(event, std::string("\x0a\x0a\x0a\x03tau\x15\x00\x00\x80\x3f", 12)));
  CHECK(contains(event, "margins_clean"));
  // Two bins over [-15, 15] end at 0 and 15 (field 6, sixteen bytes); counts 0 and 2 (field 7).
  const std::string zero(8, '\0'), fifteen("\0\0\0\0\0\0\x2e\x40", 8), two("\0\0\0\0\0\0\0\x40", 8);
  CHECK(contains(event, "\x32\x10" + zero + fifteen + "\x3a\x10" + zero + two));
  CHECK_FALSE(contains(event, "epoch"));
  CHECK_FALSE(contains(event, "cnn4"));
}

TEST_CASE("epochs that are trained again replace themselves, and a record that was cut off goes") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "events";
  for (int epoch = 1; epoch <= 3; ++epoch) append_events(file, epoch, {{"loss", epoch}});
  const std::string three = read_text(file);
  append_events(file, 2, {{"loss", 20}});
  CHECK(events_of(read_text(file)).size() == 3);
  append_events(file, 3, {{"loss", 3}});
  CHECK(events_of(read_text(file)).back().substr(9) == events_of(three).back().substr(9));

  std::filesystem::resize_file(file, three.size() - 5);
  append_events(file, 4, {{"loss", 4}});
  CHECK(events_of(read_text(file)).size() == 4);  // the version and epochs 1, 2, 4

  std::ofstream(file) << "no record at all, but long enough for one";
  append_events(file, 5, {{"loss", 5}});
  CHECK(events_of(read_text(file)).size() == 2);
}

TEST_CASE("an event file that cannot be written is named") {
  const TemporaryFolder folder;
  check_error(
      [&] {
        append_events(folder.path() / "none" / "events", 1, {{"loss", 1}});
      },
      {"none/events"}, 1);
}

}  // namespace noisegate
