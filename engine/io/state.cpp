#include "engine/io/state.h"

#include "engine/error.h"

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace noisegate {

State::State(TensorFile file, std::string name) : source_(std::move(name)), texts_(std::move(file.metadata)) {
  for (NamedTensor& named : file.tensors) tensors_.emplace(std::move(named.name), std::move(named.tensor));
}

void State::put(const std::string& name, const Tensor& tensor) {
  if (!tensors_.emplace(name, tensor.to(Device::cpu)).second) fail("the state has '{}' already", name);
}

void State::put_numbers(const std::string& name, std::span<const double> values) {
  const auto bytes = std::as_bytes(values);
  put(name, Tensor::from(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()),
                         Shape{static_cast<std::int64_t>(bytes.size())}));
}

// In hexadecimal, since decimal digits would have to be seventeen to give the same bits.
void State::put_number(const std::string& name, double value) {
  put_text(name, fmt::format("{:a}", value));
}

void State::put_count(const std::string& name, std::int64_t value) {
  put_text(name, fmt::format("{}", value));
}

void State::put_text(const std::string& name, const std::string& text) {
  if (!texts_.emplace(name, text).second) fail("the state has '{}' already", name);
}

void State::lacks(const std::string& name) const {
  reject("{} has no '{}' such as this run needs", source_, name);
}

bool State::has(const std::string& name) const {
  return tensors_.contains(name) || texts_.contains(name);
}

Tensor State::tensor(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) lacks(name);
  return found->second;
}

void State::copy_to(const std::string& name, Tensor& destination) const {
  const Tensor source = tensor(name);
  if (source.shape() != destination.shape() || source.dtype() != destination.dtype())
    reject("{}: '{}' is {} {}, not {} {}", source_, name, to_string(source.dtype()),
           to_string(source.shape()), to_string(destination.dtype()), to_string(destination.shape()));
  destination.copy_from(source);
}

std::vector<double> State::numbers(const std::string& name) const {
  const std::vector<std::uint8_t> bytes = tensor(name).to_vector<std::uint8_t>();
  if (bytes.size() % sizeof(double) != 0) lacks(name);
  std::vector<double> values(bytes.size() / sizeof(double));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

double State::number(const std::string& name) const {
  const std::string word = text(name);
  char* end = nullptr;
  const double value = std::strtod(word.c_str(), &end);
  if (word.empty() || *end != '\0') lacks(name);
  return value;
}

std::int64_t State::count(const std::string& name, std::int64_t least, std::int64_t most) const {
  const std::string word = text(name);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) lacks(name);
  if (value < least || value > most)
    reject("{}: '{}' is {}, which is not in [{}, {}]", source_, name, value, least, most);
  return value;
}

std::string State::text(const std::string& name) const {
  const auto found = texts_.find(name);
  if (found == texts_.end()) lacks(name);
  return found->second;
}

TensorFile State::file() const {
  TensorFile file{{}, texts_};
  for (const auto& [name, tensor] : tensors_) file.tensors.push_back({name, tensor});
  return file;
}

}  // namespace noisegate
