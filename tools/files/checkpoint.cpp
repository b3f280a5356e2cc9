#include "tools/files/checkpoint.h"

#include "engine/error.h"
#include "engine/io/checksum.h"
#include "engine/io/files.h"

#include <vector>

#include <fmt/format.h>

namespace noisegate {
namespace {

namespace fs = std::filesystem;

// From newest to oldest. A checkpoint is written as `next` and becomes `last` when the one that was has
// become `previous`.
constexpr const char *next = "next.safetensors", *last = "last.safetensors",
                     *previous = "previous.safetensors";

constexpr const char* checksum_key = "checksum";

/// Returns the checksum of the file's contents, without the checksum itself.
std::string checksum(const TensorFile& file) {
  Checksum sum;
  for (const auto& [key, value] : file.metadata) {
    if (key == checksum_key) continue;
    sum.add(key);
    sum.add(value);
  }
  for (const NamedTensor& named : file.tensors) {
    sum.add(fmt::format("{} {} {}", named.name, to_string(named.tensor.dtype()),
                        to_string(named.tensor.shape())));
    const Tensor values = named.tensor.to(Device::cpu).plain();
    sum.add(values.raw(), values.bytes());
  }
  return sum.text();
}

State read(const fs::path& file) {
  TensorFile contents = load_safetensors(file);
  const auto found = contents.metadata.find(checksum_key);
  if (found == contents.metadata.end() || found->second != checksum(contents))
    reject("{} is damaged: its checksum does not fit what it holds", file.string());
  return {std::move(contents), file.string()};
}

}  // namespace

void Checkpoints::save(const State& state) const {
  make_folder(folder_);
  TensorFile file = state.file();
  file.metadata[checksum_key] = checksum(file);
  save_safetensors(folder_ / next, file);
  if (fs::exists(folder_ / last)) move_file(folder_ / last, folder_ / previous);
  move_file(folder_ / next, folder_ / last);
}

std::optional<Checkpoints::Loaded> Checkpoints::load(const Objection& objection) const {
  std::string damage;
  for (const char* name : {next, last, previous}) {
    const fs::path file = folder_ / name;
    if (!fs::exists(file)) continue;
    try {
      State state = read(file);
      if (const std::string why = objection(state); !why.empty()) reject("{}: {}", file.string(), why);
      if (damage.empty()) return Loaded{std::move(state), ""};
      // The damaged ones must not come to stand where the one before the last does.
      move_file(file, folder_ / last);
      fs::remove(folder_ / next);
      return Loaded{std::move(state), fmt::format("{}; the one before it is used", damage)};
    } catch (const Error& error) {
      damage += (damage.empty() ? "" : "; ") + std::string(error.what());
    }
  }
  if (!damage.empty()) reject("no checkpoint of this run will do: {}", damage);
  return std::nullopt;
}

}  // namespace noisegate
