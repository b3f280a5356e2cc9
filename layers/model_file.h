// Models on disk, in PyTorch's names and layouts: what is written here loads with load_state_dict there, and
// back.
#pragma once

#include "engine/tensor.h"
#include "layers/module.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace noisegate {

/// The same values in the order in which PyTorch keeps them (see Interchange), on the CPU, and back.
Tensor to_pytorch_layout(const Tensor& ours, const Interchange& interchange);
Tensor from_pytorch_layout(const Tensor& theirs, const Interchange& interchange);

/// Writes all parameters and buffers as safetensors. Throws Error naming the file.
void save_model(const Module& model, const std::filesystem::path& path,
                const std::map<std::string, std::string>& metadata = {});

/// Reads all parameters and buffers into the model and returns the file's metadata. Batch norm's
/// `num_batches_tracked`, which PyTorch writes and nothing here needs, is ignored. Throws Error naming the
/// file and the first tensor that is missing, unexpected or misshaped or holds what is no finite number; the
/// model is then as it was.
std::map<std::string, std::string> load_model(Module& model, const std::filesystem::path& path);

/// The same for a model that is to be trained further. Where the file's classifier, which every model has
/// last, tells other classes apart in number, the model keeps its own, freshly drawn, and a sentence that
/// says so is returned. Throws Error as load_model does.
std::optional<std::string> load_starting_weights(Module& model, const std::filesystem::path& path);

}  // namespace noisegate
