// Models on disk: PyTorch's names and layouts, the round trip, and files that do not fit.
#include "engine/io/safetensors.h"
#include "engine/ops.h"
#include "engine/random.h"
#include "layers/model_file.h"
#include "layers/models.h"
#include "tests/check_error.h"
#include "tests/temporary_folder.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

namespace noisegate {
namespace {

std::unique_ptr<Module> small_model(std::uint64_t seed) {
  return make_model(Spec("cnn4", "--model"), {8, 8, 2}, 3, seed);
}

std::vector<float> counting(std::int64_t count) {
  std::vector<float> values(count);
  std::iota(values.begin(), values.end(), 0.0f);
  return values;
}

/// All values of a model, parameters and buffers.
std::vector<std::vector<float>> state(const Module& model) {
  std::vector<std::vector<float>> all;
  for (const NamedParameter& parameter : model.parameters()) {
    all.push_back(parameter.variable.value().to_vector<float>());
  }
  for (const NamedBuffer& buffer : model.buffers()) all.push_back(buffer.tensor.to_vector<float>());
  return all;
}

/// A file of the model's weights, changed by `edit`, that the model then refuses with these words, staying as
/// it was.
void check_refused(const std::function<void(TensorFile&)>& edit, const std::vector<std::string>& words) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "edited.safetensors";
  save_model(*small_model(1), path);
  TensorFile file = load_safetensors(path);
  edit(file);
  save_safetensors(path, file);

  auto model = small_model(2);
  const auto before = state(*model);
  std::vector<std::string> parts = words;
  parts.push_back("edited.safetensors");
  check_error([&] { load_model(*model, path); }, parts);
  CHECK(state(*model) == before);
}

NamedTensor& tensor_of(TensorFile& file, const std::string& name) {
  return *std::find_if(file.tensors.begin(), file.tensors.end(),
                       [&](const auto& t) { return t.name == name; });
}

TEST_CASE("a convolution's weight goes from (K,R,S,C) to PyTorch's (K,C,R,S)") {
  // Two outputs, a kernel of 1×2, three channels: 100·k + 10·s + c at [k,0,s,c].
  const std::vector<float> ours = {0, 1, 2, 10, 11, 12, 100, 101, 102, 110, 111, 112};
  const std::vector<float> theirs = {0, 10, 1, 11, 2, 12, 100, 110, 101, 111, 102, 112};
  const Interchange interchange{Interchange::Order::convolution, {}};

  const Tensor there = to_pytorch_layout(Tensor::from(ours, {2, 1, 2, 3}), interchange);
  CHECK(there.shape() == Shape{2, 3, 1, 2});
  CHECK(there.to_vector<float>() == theirs);
  const Tensor back = from_pytorch_layout(there, interchange);
  CHECK(back.shape() == Shape{2, 1, 2, 3});
  CHECK(back.to_vector<float>() == ours);
}

TEST_CASE("a linear layer behind flatten goes from columns (H,W,C) to PyTorch's (C,H,W)") {
  // One output over an image of 2×1 pixels and three channels: 10·h + c.
  const std::vector<float> ours = {0, 1, 2, 10, 11, 12};
  const std::vector<float> theirs = {0, 10, 1, 11, 2, 12};
  const Interchange interchange{Interchange::Order::flattened_columns, {2, 1, 3}};

  const Tensor there = to_pytorch_layout(Tensor::from(ours, {1, 6}), interchange);
  CHECK(there.shape() == Shape{1, 6});
  CHECK(there.to_vector<float>() == theirs);
  CHECK(from_pytorch_layout(there, interchange).to_vector<float>() == ours);
}

TEST_CASE("other tensors lie the same in both") {
  const Tensor there = to_pytorch_layout(Tensor::from(counting(6), {2, 3}), {});
  CHECK(there.shape() == Shape{2, 3});
  CHECK(there.to_vector<float>() == counting(6));
}

TEST_CASE("the file holds PyTorch's names and shapes") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "model.safetensors";
  save_model(*small_model(1), path, {{"model", "cnn4"}});
  TensorFile file = load_safetensors(path);
  CHECK(file.metadata.at("model") == "cnn4");
  CHECK(tensor_of(file, "block1.0.conv.0.weight").tensor.shape() == Shape{32, 2, 3, 3});
  CHECK(tensor_of(file, "block1.0.conv.1.running_var").tensor.shape() == Shape{32});
  CHECK(tensor_of(file, "fc1.0.weight").tensor.shape() == Shape{128, 256});
  CHECK(tensor_of(file, "fc2.bias").tensor.shape() == Shape{3});
}

TEST_CASE("every model comes back as it was, running statistics included") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "model.safetensors";
  for (const char* name : {"wrn-10-1", "preact-resnet34", "cnn8", "cnn4"}) {
    CAPTURE(name);
    auto saved = make_model(Spec(name, "--model"), {8, 8, 3}, 5, 1);
    const Variable images(Tensor::full({2, 8, 8, 3}, 0.5f));
    (*saved)(images);  // moves the running statistics off their start
    save_model(*saved, path, {{"epoch", "3"}});

    auto loaded = make_model(Spec(name, "--model"), {8, 8, 3}, 5, 2);
    REQUIRE(state(*loaded) != state(*saved));
    CHECK(load_model(*loaded, path).at("epoch") == "3");
    CHECK(state(*loaded) == state(*saved));
    saved->set_training(false);
    loaded->set_training(false);
    CHECK((*loaded)(images).value().to_vector<float>() == (*saved)(images).value().to_vector<float>());
  }
}

TEST_CASE("loading fills the variables that an optimiser already holds") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "model.safetensors";
  const auto saved = small_model(1);
  save_model(*saved, path);
  auto model = small_model(2);
  const Variable held = model->parameters().front().variable;
  load_model(*model, path);
  CHECK(held.value().to_vector<float>() == saved->parameters().front().variable.value().to_vector<float>());
}

TEST_CASE("PyTorch's batch counters are ignored") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "model.safetensors";
  const auto saved = small_model(1);
  save_model(*saved, path);
  TensorFile file = load_safetensors(path);
  const std::vector<std::int32_t> counter = {7};
  file.tensors.push_back({"block1.0.conv.1.num_batches_tracked", Tensor::from(counter, Shape{})});
  save_safetensors(path, file);
  auto model = small_model(2);
  load_model(*model, path);
  CHECK(state(*model) == state(*saved));
}

TEST_CASE("a file that does not fit the model is refused in a sentence, and the model stays as it was") {
  check_refused(
      [](TensorFile& file) {
        std::erase_if(file.tensors, [](const auto& t) { return t.name == "fc2.bias"; });
      },
      {"no tensor 'fc2.bias'"});
  check_refused(
      [](TensorFile& file) {
        file.tensors.push_back({"fc3.bias", Tensor::zeros({3})});
      },
      {"'fc3.bias'"});
  check_refused(
      [](TensorFile& file) {
        tensor_of(file, "fc2.weight").tensor = Tensor::zeros({10, 128});
      },
      {"'fc2.weight'", "(10, 128)", "(3, 128)"});
  // The same number of elements in our order instead of PyTorch's is still the wrong shape.
  check_refused(
      [](TensorFile& file) {
        tensor_of(file, "block1.0.conv.0.weight").tensor = Tensor::zeros({32, 3, 3, 2});
      },
      {"'block1.0.conv.0.weight'", "(32, 3, 3, 2)", "(32, 2, 3, 3)"});
  const std::vector<std::int32_t> integers = {1, 2, 3};
  check_refused([&](TensorFile& file) { tensor_of(file, "fc2.bias").tensor = Tensor::from(integers); },
                {"'fc2.bias'", "int32", "float32"});
}

TEST_CASE("weights that are no finite numbers are refused by the tensor's name") {
  for (const float value :
       {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    check_refused(
        [&](TensorFile& file) {
          std::vector<float> values = tensor_of(file, "fc2.bias").tensor.to_vector<float>();
          values[1] = value;
          tensor_of(file, "fc2.bias").tensor = Tensor::from(values);
        },
        {"'fc2.bias'", std::isnan(value) ? "nan" : "-inf", "finite"});
  }
}

TEST_CASE("starting weights of another number of classes leave the classifier as it was drawn") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "five.safetensors";
  const auto saved = make_model(Spec("cnn4", "--model"), {8, 8, 2}, 5, 1);
  save_model(*saved, path);
  const auto model = small_model(2), fresh = small_model(2);
  const auto notice = load_starting_weights(*model, path);
  REQUIRE(notice);
  for (const char* part : {"five.safetensors", "5 classes", "3", "'fc2'"})
    CHECK_MESSAGE(notice->find(part) != std::string::npos, *notice);
  const auto ours = model->parameters(), theirs = saved->parameters(), drawn = fresh->parameters();
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const auto& expected = ours[i].name.starts_with("fc2.") ? drawn[i] : theirs[i];
    CHECK(ours[i].variable.value().to_vector<float>() == expected.variable.value().to_vector<float>());
  }
}

TEST_CASE("starting weights of as many classes are taken whole, and those of another model not at all") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "model.safetensors";
  const auto saved = small_model(1);
  save_model(*saved, path);
  auto model = small_model(2);
  CHECK_FALSE(load_starting_weights(*model, path));
  CHECK(state(*model) == state(*saved));

  // Other features too: no classifier of these can start afresh.
  auto larger = make_model(Spec("cnn8", "--model"), {8, 8, 2}, 3, 1);
  const auto before = state(*larger);
  check_error([&] { load_starting_weights(*larger, path); }, {"model.safetensors", "block1.0.conv.0.weight"});
  CHECK(state(*larger) == before);
}

TEST_CASE("a file that is missing or no safetensors is refused in a sentence") {
  const TemporaryFolder folder;
  auto model = small_model(1);
  check_error([&] { load_model(*model, folder.path() / "absent.safetensors"); }, {"absent.safetensors"});
  std::ofstream(folder.path() / "text.safetensors") << "not a model";
  check_error([&] { load_model(*model, folder.path() / "text.safetensors"); }, {"text.safetensors"});
}

}  // namespace
}  // namespace noisegate
