#include "engine/io/safetensors.h"

#include "engine/error.h"
#include "engine/io/files.h"

#include <algorithm>
#include <bit>
#include <utility>

#include <nlohmann/json.hpp>

namespace noisegate {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little, "safetensors' data is little-endian");

constexpr std::size_t data_alignment = 8;  // the header is padded with spaces up to it
constexpr const char* metadata_key = "__metadata__";

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

}  // namespace noisegate
