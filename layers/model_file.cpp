#include "layers/model_file.h"

#include "engine/error.h"
#include "engine/io/safetensors.h"
#include "engine/text.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace noisegate {
namespace {

/// One tensor of a model's state. `tensor` shares the model's memory.
struct StateTensor {
  std::string name;
  Tensor tensor;
  Interchange interchange;
};

std::vector<StateTensor> state(const Module& model) {
  std::vector<StateTensor> all;
  for (const NamedParameter& parameter : model.parameters()) {
    all.push_back({parameter.name, parameter.variable.value(), parameter.interchange});
  }
  for (const NamedBuffer& buffer : model.buffers()) all.push_back({buffer.name, buffer.tensor, {}});
  return all;
}

/// A batch of row-major matrices: (batch, rows, columns) → (batch, columns, rows).
std::vector<float> transpose(const std::vector<float>& values, std::int64_t rows, std::int64_t columns) {
  std::vector<float> transposed(values.size());
  const std::int64_t area = rows * columns, batch = static_cast<std::int64_t>(values.size()) / area;
  for (std::int64_t n = 0; n < batch; ++n) {
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t c = 0; c < columns; ++c) {
        transposed[n * area + c * rows + r] = values[n * area + r * columns + c];
      }
    }
  }
  return transposed;
}

Shape pytorch_shape(const Shape& ours, const Interchange& interchange) {
  if (interchange.order != Interchange::Order::convolution) return ours;
  return {ours[0], ours[3], ours[1], ours[2]};
}

bool is_batch_counter(const std::string& name) {
  return name.ends_with("num_batches_tracked");
}

std::map<std::string, Tensor> tensors_by_name(const TensorFile& file) {
  std::map<std::string, Tensor> found;
  for (const auto& [name, tensor] : file.tensors) {
    if (!is_batch_counter(name)) found.emplace(name, tensor);
  }
  return found;
}

/// The tensor of the file that is this one of the model's.
const Tensor& matching(const StateTensor& ours, const std::map<std::string, Tensor>& found,
                       const std::filesystem::path& path) {
  const auto entry = found.find(ours.name);
  if (entry == found.end()) reject("{}: has no tensor '{}', which the model needs", path.string(), ours.name);
  const Tensor& theirs = entry->second;
  if (theirs.dtype() != DType::f32) {
    reject("{}: tensor '{}' is {}, but must be float32", path.string(), ours.name, to_string(theirs.dtype()));
  }
  const Shape expected = pytorch_shape(ours.tensor.shape(), ours.interchange);
  if (theirs.shape() != expected) {
    reject("{}: tensor '{}' has shape {}, but the model's is {}", path.string(), ours.name,
           to_string(theirs.shape()), to_string(expected));
  }
  const std::vector<float> values = theirs.to_vector<float>();
  if (const auto wrong = std::ranges::find_if_not(values, [](float value) { return std::isfinite(value); });
      wrong != values.end())
    reject("{}: tensor '{}' holds the value {}; weights are finite numbers", path.string(), ours.name,
           *wrong);
  return theirs;
}

/// Copies the tensors found into the model's tensors: all of these and no others must be there. It checks
/// everything before it copies anything, so that a wrong file leaves the model unchanged.
void copy_into(const std::vector<StateTensor>& ours, std::map<std::string, Tensor> found,
               const std::filesystem::path& path) {
  std::vector<Tensor> theirs;
  for (const StateTensor& entry : ours) {
    theirs.push_back(from_pytorch_layout(matching(entry, found, path), entry.interchange));
    found.erase(entry.name);
  }
  if (!found.empty())
    reject("{}: has a tensor '{}', which the model does not know", path.string(),
           shown(found.begin()->first));
  for (std::size_t i = 0; i < ours.size(); ++i) {
    Tensor destination = ours[i].tensor;
    destination.copy_from(theirs[i]);
  }
}

/// The name of the layer whose parameters were registered last.
std::string classifier_of(const Module& model) {
  const std::string last = model.parameters().back().name;
  return last.substr(0, last.rfind('.'));
}

/// Whether these weights of linear layers look at the same features for another number of classes.
bool differ_in_classes(const Shape& a, const Shape& b) {
  return a.rank() == 2 && b.rank() == 2 && a[0] != b[0] && a[1] == b[1];
}

}  // namespace

// Both layouts that differ do so by moving the channels from last to first within each output: pixels ×
// channels becomes channels × pixels.
Tensor to_pytorch_layout(const Tensor& ours, const Interchange& interchange) {
  const Shape& shape = ours.shape();
  switch (interchange.order) {
    case Interchange::Order::convolution: {
      const auto values = transpose(ours.to_vector<float>(), shape[1] * shape[2], shape[3]);
      return Tensor::from(values, pytorch_shape(shape, interchange));
    }
    case Interchange::Order::flattened_columns: {
      const Shape& image = interchange.image;
      return Tensor::from(transpose(ours.to_vector<float>(), image[0] * image[1], image[2]), shape);
    }
    case Interchange::Order::same:
      break;
  }
  return ours.to(Device::cpu).plain();
}

Tensor from_pytorch_layout(const Tensor& theirs, const Interchange& interchange) {
  const Shape& shape = theirs.shape();
  switch (interchange.order) {
    case Interchange::Order::convolution: {
      const auto values = transpose(theirs.to_vector<float>(), shape[1], shape[2] * shape[3]);
      return Tensor::from(values, Shape{shape[0], shape[2], shape[3], shape[1]});
    }
    case Interchange::Order::flattened_columns: {
      const Shape& image = interchange.image;
      return Tensor::from(transpose(theirs.to_vector<float>(), image[2], image[0] * image[1]), shape);
    }
    case Interchange::Order::same:
      break;
  }
  return theirs;
}

void save_model(const Module& model, const std::filesystem::path& path,
                const std::map<std::string, std::string>& metadata) {
  TensorFile file;
  file.metadata = metadata;
  for (const auto& [name, tensor, interchange] : state(model)) {
    file.tensors.push_back({name, to_pytorch_layout(tensor, interchange)});
  }
  save_safetensors(path, file);
}

std::map<std::string, std::string> load_model(Module& model, const std::filesystem::path& path) {
  TensorFile file = load_safetensors(path);
  copy_into(state(model), tensors_by_name(file), path);
  return file.metadata;
}

std::optional<std::string> load_starting_weights(Module& model, const std::filesystem::path& path) {
  std::map<std::string, Tensor> found = tensors_by_name(load_safetensors(path));
  std::vector<StateTensor> ours = state(model);
  const std::string classifier = classifier_of(model);
  const auto weight = std::find_if(ours.begin(), ours.end(),
                                   [&](const StateTensor& t) { return t.name == classifier + ".weight"; });
  const auto theirs = found.find(weight->name);
  if (theirs == found.end() || !differ_in_classes(weight->tensor.shape(), theirs->second.shape())) {
    copy_into(ours, std::move(found), path);
    return std::nullopt;
  }
  const auto notice =
      fmt::format("{} tells {} classes apart and the data has {}, so the classifier '{}' starts afresh",
                  path.string(), theirs->second.size(0), weight->tensor.size(0), classifier);
  for (const std::string& name : {classifier + ".weight", classifier + ".bias"}) {
    found.erase(name);
    std::erase_if(ours, [&](const StateTensor& t) { return t.name == name; });
  }
  copy_into(ours, std::move(found), path);
  return notice;
}

}  // namespace noisegate
