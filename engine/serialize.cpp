#include "engine/serialize.h"

#include "engine/error.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <ostream>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <nlohmann/json.hpp>

namespace noisegate {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little, "safetensors' data is little-endian");

constexpr std::size_t data_alignment = 8;  // the header is padded with spaces up to it
constexpr const char* metadata_key = "__metadata__";

/// Makes the rename of this file survive a power failure. Not every file system can; the file is whole either
/// way.
void sync_folder(const fs::path& file) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

/// A file that stands under its own name only once it is whole: until commit() it is PATH.partial, and it
/// goes away where an error comes first.
class AtomicFile {
 public:
  explicit AtomicFile(fs::path path) : path_(std::move(path)), partial_(path_.string() + ".partial") {
    descriptor_ = ::open(partial_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor_ < 0) fail_with_errno();
  }
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    ::unlink(partial_.c_str());
  }

  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail_with_errno();
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }

  void commit() {
    if (::fsync(descriptor_) != 0) fail_with_errno();
    if (::rename(partial_.c_str(), path_.c_str()) != 0) fail_with_errno();
    ::close(std::exchange(descriptor_, -1));
    sync_folder(path_);
  }

 private:
  [[noreturn]] void fail_with_errno() const {
    fail("cannot write {}: {}", path_.string(), std::strerror(errno));
  }

  fs::path path_, partial_;
  int descriptor_ = -1;
};

std::string dtype_word(DType dtype, const std::string& name) {
  switch (dtype) {
    case DType::f32:
      return "F32";
    case DType::i32:
      return "I32";
    case DType::u8:
      return "U8";
    case DType::bf16:
      break;
  }
  reject("cannot write tensor {}: safetensors files hold f32, i32 and u8 here, not {}", name,
         to_string(dtype));
}

/// The header's bytes for tensors whose data follow one another in this order.
std::string header_of(const std::vector<NamedTensor>& tensors,
                      const std::map<std::string, std::string>& metadata) {
  json header = json::object();
  if (!metadata.empty()) header[metadata_key] = metadata;
  std::size_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    if (header.contains(name) || name == metadata_key) reject("cannot write two tensors named {}", name);
    header[name] = {{"dtype", dtype_word(tensor.dtype(), name)},
                    {"shape", tensor.shape().extents()},
                    {"data_offsets", {offset, offset + tensor.bytes()}}};
    offset += tensor.bytes();
  }
  std::string text = header.dump(-1, ' ', false, json::error_handler_t::replace);
  text.resize((text.size() + data_alignment - 1) / data_alignment * data_alignment, ' ');
  return text;
}

/// By falling size of their elements, so that each lies aligned behind the one before, then by name.
void sort_for_writing(std::vector<NamedTensor>& tensors) {
  std::sort(tensors.begin(), tensors.end(), [](const NamedTensor& a, const NamedTensor& b) {
    const auto key = [](const NamedTensor& t) {
      return std::pair(-static_cast<int>(size_of(t.tensor.dtype())), t.name);
    };
    return key(a) < key(b);
  });
}

std::span<const std::byte> bytes_of(const Tensor& tensor) {
  return {static_cast<const std::byte*>(tensor.raw()), tensor.bytes()};
}

}  // namespace

void save_safetensors(const fs::path& path, const TensorFile& file) {
  std::vector<NamedTensor> tensors = file.tensors;
  sort_for_writing(tensors);
  const std::string header = header_of(tensors, file.metadata);
  const std::uint64_t length = header.size();

  AtomicFile output(path);
  output.write(std::as_bytes(std::span(&length, 1)));
  output.write(std::as_bytes(std::span(header)));
  for (const NamedTensor& named : tensors) output.write(bytes_of(named.tensor.to(Device::cpu).plain()));
  output.commit();
}

TensorFile load_safetensors(const fs::path& path) {
  return parse_safetensors(read_file(path), path.string());
}

std::vector<std::byte> read_file(const fs::path& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error) reject("cannot read {}: {}", path.string(), error.message());
  std::vector<std::byte> bytes(size);
  std::ifstream input(path, std::ios::binary);
  input.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
  if (!input) reject("cannot read {}: {}", path.string(), std::strerror(errno));
  return bytes;
}

void write_file_atomically(const fs::path& path, const std::string& contents) {
  AtomicFile output(path);
  output.write(std::as_bytes(std::span(contents)));
  output.commit();
}

void move_file(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) fail("cannot rename {} to {}: {}", from.string(), to.string(), error.message());
  sync_folder(to);
}

void append_to_file(const fs::path& path, const std::string& contents) {
  std::error_code error;
  const std::uintmax_t size_before = fs::exists(path) ? fs::file_size(path) : 0;
  errno = 0;
  std::ofstream stream(path, std::ios::app | std::ios::binary);
  stream << contents << std::flush;
  if (!stream) {
    const std::string cause = std::strerror(errno);
    stream.close();
    // No half of it stays. Should that fail too, the first cause is the one worth telling.
    fs::resize_file(path, size_before, error);
    fail("cannot write {}: {}", path.string(), cause);
  }
}

}  // namespace noisegate
