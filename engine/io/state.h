// The state of a run that is saved and resumed: tensors and numbers by name, exact to the last bit.
#pragma once

#include "engine/io/safetensors.h"
#include "engine/tensor.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace noisegate {

class State {
 public:
  State() = default;
  /// Takes the contents of a file; `name` is the file's name, for messages.
  State(TensorFile file, std::string name);

  /// Names are unique; each part of the program adds a prefix of its own: "scheme.queue". Tensors are f32,
  /// i32 or u8 and share memory with the caller's.
  void put(const std::string& name, const Tensor& tensor);
  void put_numbers(const std::string& name, std::span<const double> values);
  void put_number(const std::string& name, double value);
  void put_count(const std::string& name, std::int64_t value);
  void put_text(const std::string& name, const std::string& text);

  /// Each getter throws Error naming the file and the name if the value is missing or of another kind.
  bool has(const std::string& name) const;
  Tensor tensor(const std::string& name) const;
  /// Copies the values into `destination`, which has the same shape and type.
  void copy_to(const std::string& name, Tensor& destination) const;
  std::vector<double> numbers(const std::string& name) const;
  double number(const std::string& name) const;
  /// Returns a number in [least, most].
  std::int64_t count(const std::string& name, std::int64_t least = 0, std::int64_t most = INT64_MAX) const;
  std::string text(const std::string& name) const;

  TensorFile file() const;

 private:
  [[noreturn]] void lacks(const std::string& name) const;

  std::string source_ = "the state";
  std::map<std::string, Tensor> tensors_;
  std::map<std::string, std::string> texts_;
};

}  // namespace noisegate
