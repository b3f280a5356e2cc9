// Models on disk, in PyTorch's names and layouts: load_state_dict loads the files written here, and this
// loads files saved there.
#pragma once

#include "engine/tensor.h"
#include "layers/module.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace noisegate {

/// Converts the same values to the order in which PyTorch keeps them (see Interchange), on the CPU, and back.
Tensor to_pytorch_layout(const Tensor& ours, const Interchange& interchange);
Tensor from_pytorch_layout(const Tensor& theirs, const Interchange& interchange);

/// Writes all parameters and buffers as safetensors. Throws Error naming the file.
void save_model(const Module& model, const std::filesystem::path& path,
                const std::map<std::string, std::string>& metadata = {});

/// Reads all parameters and buffers into the model and returns the file's metadata. Ignores batch norm's
/// `num_batches_tracked`, which PyTorch writes and nothing here needs. Throws Error naming the file and the
/// first tensor that is missing, unexpected or misshaped or has a value that is not finite; the model is then
/// unchanged.
std::map<std::string, std::string> load_model(Module& model, const std::filesystem::path& path);

/// The same for a model that will be trained further. If the classifier of the file, the last layer of every
/// model, has another number of classes, the model keeps its own, newly drawn, and a sentence that says so is
/// returned. Throws Error as load_model does.
std::optional<std::string> load_starting_weights(Module& model, const std::filesystem::path& path);

}  // namespace noisegate
