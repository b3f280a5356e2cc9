// Builds the files in which labels are published, byte for byte as PyTorch and NumPy write them, for tests
// and fuzzers of their readers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zlib.h>

namespace noisegate {

inline std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

template <class Number>
std::string little_endian(Number value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

template <class Number>
std::string little_endian(const std::vector<Number>& values) {
  std::string bytes;
  for (const Number value : values) bytes += little_endian(value);
  return bytes;
}

/// The parts one after another. (GCC 12 warns, wrongly, of sums that begin with a literal.)
inline std::string joined(std::initializer_list<std::string_view> parts) {
  std::string whole;
  for (const std::string_view part : parts) whole += part;
  return whole;
}

struct StoredFile {
  std::string name, contents;
};

/// A zip archive of these files, none of them compressed.
inline std::string stored_zip(const std::vector<StoredFile>& files) {
  const std::string zeros(12, '\0');
  const auto some = [&](std::size_t count) { return std::string_view(zeros).substr(0, count); };
  std::string zip, directory;
  for (const StoredFile& file : files) {
    const auto checksum = static_cast<std::uint32_t>(
        crc32_z(0, reinterpret_cast<const Bytef*>(file.contents.data()), file.contents.size()));
    const std::string size = little_endian(static_cast<std::uint32_t>(file.contents.size()));
    const std::string sizes = joined({little_endian(checksum), size, size,
                                      little_endian(static_cast<std::uint16_t>(file.name.size())), some(2)});
    const std::string offset = little_endian(static_cast<std::uint32_t>(zip.size()));
    zip += joined({"PK\x03\x04", some(10), sizes, file.name, file.contents});
    directory += joined({"PK\x01\x02", some(12), sizes, some(10), offset, file.name});
  }
  const std::string count = little_endian(static_cast<std::uint16_t>(files.size()));
  return joined({zip, directory, "PK\x05\x06", some(4), count, count,
                 little_endian(static_cast<std::uint32_t>(directory.size())),
                 little_endian(static_cast<std::uint32_t>(zip.size())), some(2)});
}

/// What torch.save makes of a pickle and of the storages that it names.
inline std::string torch_archive(const std::string& pickle, const std::vector<StoredFile>& storages = {},
                                 const std::string& folder = "archive") {
  std::vector<StoredFile> files = {{joined({folder, "/data.pkl"}), pickle}};
  for (const StoredFile& storage : storages)
    files.push_back({joined({folder, "/data/", storage.name}), storage.contents});
  files.push_back({joined({folder, "/version"}), "3\n"});
  return stored_zip(files);
}

/// What numpy.save makes of the pickle of an object.
inline std::string object_npy(const std::string& pickle) {
  const std::string header = "{'descr': '|O', 'fortran_order': False, 'shape': (), }\n";
  return joined({"\x93NUMPY", std::string_view("\x01\x00", 2),
                 little_endian(static_cast<std::uint16_t>(header.size())), header, pickle});
}

// Pieces of pickles. Each leaves one value on the stack.

inline std::string pickled_text(std::string_view text) {
  return joined({"X", little_endian(static_cast<std::uint32_t>(text.size())), text});
}
inline std::string pickled_integer(std::int32_t value) {
  return joined({"J", little_endian(value)});
}
inline std::string pickled_bytes(std::string_view bytes) {
  return joined({"B", little_endian(static_cast<std::uint32_t>(bytes.size())), bytes});
}

/// bytes as protocol 2 has them: a text whose code points they are, and a call.
inline std::string encoded_bytes(std::string_view bytes) {
  std::string utf8;
  for (const char c : bytes) {
    const auto code = static_cast<unsigned char>(c);
    if (code >= 0x80) utf8 += static_cast<char>(0xc0 | code >> 6);
    utf8 += static_cast<char>(code < 0x80 ? code : 0x80 | (code & 0x3f));
  }
  return joined({"c_codecs\nencode\n", pickled_text(utf8), pickled_text("latin1"), "\x86R"});
}

/// A type of NumPy: 'i8' and the like.
inline std::string pickled_type(std::string_view type, std::string_view byte_order = "<") {
  return joined({"cnumpy\ndtype\n", pickled_text(type), "\x89\x88\x87R(K\x03", pickled_text(byte_order),
                 "NNN", pickled_integer(-1), pickled_integer(-1), pickled_integer(0), "tb"});
}

/// A NumPy array of one axis, whose bytes the piece `data` makes.
inline std::string pickled_array(std::string_view type, std::int32_t count, std::string_view data,
                                 std::string_view byte_order = "<") {
  return joined({"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n", pickled_integer(0), "\x85",
                 encoded_bytes("b"), "\x87R(K\x01", pickled_integer(count), "\x85",
                 pickled_type(type, byte_order), "\x89", data, "tb"});
}

/// A PyTorch tensor of one axis in the storage of this key.
inline std::string pickled_tensor(std::string_view storage_type, std::string_view key, std::int32_t offset,
                                  std::int32_t count) {
  return joined({"ctorch._utils\n_rebuild_tensor_v2\n((", pickled_text("storage"), "ctorch\n", storage_type,
                 "\n", pickled_text(key), pickled_text("cpu"), pickled_integer(count), "tQ",
                 pickled_integer(offset), pickled_integer(count), "\x85K\x01\x85\x89)tR"});
}

/// The whole pickle of a dictionary; its values are pieces.
inline std::string pickled_dictionary(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string pickle = "\x80\x02}(";
  for (const auto& [key, value] : entries) pickle += joined({pickled_text(key), value});
  return pickle + "u.";
}

}  // namespace noisegate
