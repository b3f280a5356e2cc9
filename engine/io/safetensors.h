// Tensors on disk: the safetensors format (a JSON header, then raw little-endian data).
#pragma once

#include "engine/tensor.h"

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace noisegate {

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

struct TensorFile {
  std::vector<NamedTensor> tensors;             // sorted by name
  std::map<std::string, std::string> metadata;  // safetensors' "__metadata__"
};

/// Writes f32, i32 and u8 tensors (I64 is not written). Same contents → same bytes. Throws Error naming the
/// file.
void save_safetensors(const std::filesystem::path& path, const TensorFile& file);

/// Reads F32, I32, U8 (and I64, narrowed to I32) tensors; throws Error naming the file and what is wrong with
/// it (truncated, a header that lies about sizes, overlapping data, unknown dtype, rank over four).
TensorFile load_safetensors(const std::filesystem::path& path);

/// Reads the tensors from the file's bytes; messages call the file `name`. Trusts no size that the header
/// states.
TensorFile parse_safetensors(std::span<const std::byte> bytes, const std::string& name);

}  // namespace noisegate
