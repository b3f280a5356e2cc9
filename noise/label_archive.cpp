#include "noise/label_archive.h"

#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/io/pickled_integers.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/ranges.h>

namespace noisegate {
namespace {

using Kind = PickleValue::Kind;

constexpr std::string_view numpy_magic("\x93NUMPY", 6);

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The pickle in a .npy file of objects, which stands behind the header (see engine/io/npy.cpp).
std::span<const std::byte> pickle_of_npy(std::span<const std::byte> bytes, const std::string& name) {
  const std::string_view text = text_of(bytes);
  std::uint32_t length = 0;
  const std::size_t length_size = text.size() > 6 && text[6] == 1 ? 2 : 4, begin = 8 + length_size;
  if (text.size() >= begin) std::memcpy(&length, text.data() + 8, length_size);
  if (text.size() < begin || length > text.size() - begin)
    reject("{} is not a valid .npy file: it ends in its header", name);
  const std::string_view header = text.substr(begin, length);
  if (header.find("'|O'") == std::string_view::npos && header.find("'O'") == std::string_view::npos)
    reject("{} holds one array; only a dictionary of arrays says which labels are which", name);
  return bytes.subspan(begin + length);
}

bool is_npy(std::span<const std::byte> bytes) {
  return text_of(bytes).starts_with(numpy_magic);
}

std::vector<ZipEntry> files_of(std::span<const std::byte> bytes, const std::string& name) {
  if (is_npy(bytes)) return {};
  if (!text_of(bytes).starts_with("PK"))
    reject("{} is neither a .pt file of PyTorch 1.6 or later nor a .npy file", name);
  return parse_zip(bytes, name);
}

const ZipEntry* find_file(const std::vector<ZipEntry>& files, const std::string& name) {
  const auto found =
      std::find_if(files.begin(), files.end(), [&](const ZipEntry& f) { return f.name == name; });
  return found == files.end() ? nullptr : &*found;
}

/// Where a .pt archive's files stand: archives differ in the name of their inner folder.
std::string folder_of(std::span<const std::byte> bytes, const std::vector<ZipEntry>& files,
                      const std::string& name) {
  if (is_npy(bytes)) return "";
  for (const ZipEntry& file : files)
    if (file.name.ends_with("/data.pkl")) return file.name.substr(0, file.name.rfind('/') + 1);
  reject("{} holds no data.pkl, so torch.save did not write it", name);
}

std::span<const std::byte> pickle_of(std::span<const std::byte> bytes, const std::vector<ZipEntry>& files,
                                     const std::string& folder, const std::string& name) {
  if (is_npy(bytes)) return pickle_of_npy(bytes, name);
  const ZipEntry* order = find_file(files, folder + "byteorder");
  if (order && text_of(order->contents) != "little")
    reject("{} holds big-endian values, which are not read", name);
  return find_file(files, folder + "data.pkl")->contents;
}

/// The root, or, where numpy.save wrapped it in an array of one object, that object.
PickleRef find_dictionary(const Pickle& pickle, const std::string& name) {
  PickleRef value = pickle.root();
  if (pickle[value].kind == Kind::call && pickle[value].items.size() == 3) {
    const PickleValue& state = pickle[pickle[value].items[2]];
    if (state.kind == Kind::tuple && state.items.size() == 5) {
      const PickleValue& objects = pickle[state.items[4]];
      if (objects.kind == Kind::list && objects.items.size() == 1) value = objects.items[0];
    }
  }
  if (pickle[value].kind != Kind::dictionary) reject("{} holds no dictionary of labels", name);
  return value;
}

}  // namespace

LabelArchive LabelArchive::load(const std::filesystem::path& path) {
  return {read_file(path), path.string()};
}

LabelArchive::LabelArchive(std::vector<std::byte> bytes, std::string name)
    : bytes_(std::move(bytes)),
      name_(std::move(name)),
      files_(files_of(bytes_, name_)),
      folder_(folder_of(bytes_, files_, name_)),
      pickle_(pickle_of(bytes_, files_, folder_, name_), name_),
      dictionary_(find_dictionary(pickle_, name_)) {}

std::vector<std::string> LabelArchive::keys() const {
  const auto is_printable = [](char c) { return c >= ' ' && c <= '~'; };
  std::vector<std::string> keys;
  const std::vector<PickleRef>& entries = pickle_[dictionary_].items;
  for (std::size_t i = 0; i < entries.size(); i += 2) {
    const std::string_view key = pickle_[entries[i]].text;
    if (!key.empty() && std::all_of(key.begin(), key.end(), is_printable)) keys.emplace_back(key);
  }
  return keys;
}

std::vector<std::int64_t> LabelArchive::integers(std::string_view key) const {
  const std::vector<PickleRef>& entries = pickle_[dictionary_].items;
  for (std::size_t i = 0; i < entries.size(); i += 2) {
    if (pickle_[entries[i]].kind != Kind::text || pickle_[entries[i]].text != key) continue;
    const auto storage = [&](std::string_view storage_key) {
      const ZipEntry* file = find_file(files_, folder_ + "data/" + std::string(storage_key));
      return file ? file->contents : std::span<const std::byte>();
    };
    if (auto values = pickled_integers(pickle_, entries[i + 1], storage)) return std::move(*values);
    reject("{}: {} is no array of integers in a form that is known", name_, key);
  }
  reject("{} has no {}; it has {}", name_, key, fmt::join(keys(), ", "));
}

}  // namespace noisegate
