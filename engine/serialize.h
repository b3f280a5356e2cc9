// Tensors on disk: the safetensors format (a JSON header, then raw little-endian data), written so that a
// crash or a full disk never leaves half a file under the final name.
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

/// The same from the file's bytes, for which `name` stands in messages. Trusts no size that the header
/// states.
TensorFile parse_safetensors(std::span<const std::byte> bytes, const std::string& name);

/// The whole file; throws Error naming it where it cannot be read.
std::vector<std::byte> read_file(const std::filesystem::path& path);

/// Writes to a temporary name in the same folder, syncs, renames. Throws Error naming the file and the cause.
void write_file_atomically(const std::filesystem::path& path, const std::string& contents);

/// Renames a file within its folder, replacing what bears the new name, and syncs the folder, so that later
/// changes cannot reach the disk before it. Throws Error naming both and the cause.
void move_file(const std::filesystem::path& from, const std::filesystem::path& to);

/// Writes at the end of the file, which need not exist. Throws Error naming the file and the cause; the file
/// then ends where it did before.
void append_to_file(const std::filesystem::path& path, const std::string& contents);

}  // namespace noisegate
