// Modules: layers and models as trees of named parameters and buffers.
#pragma once

#include "engine/autograd.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace noisegate {

/// The order of a parameter's elements in PyTorch's files, if it differs from ours.
struct Interchange {
  enum class Order {
    same,
    convolution,        // ours (K,R,S,C), PyTorch's (K,C,R,S)
    flattened_columns,  // a linear layer after flatten: our columns run over (H,W,C), PyTorch's over (C,H,W)
  };
  Order order = Order::same;
  Shape image{};  // flattened_columns: (H, W, C) of the flattened images
};

struct NamedParameter {
  std::string name;  // PyTorch's: "layer1.0.conv1.weight"
  Variable variable;
  Interchange interchange;
};

struct NamedBuffer {
  std::string name;  // "bn1.running_mean"
  Tensor tensor;     // shares the module's memory
};

/// While an instance lives, new modules allocate their parameters and buffers on this device.
class NewModulesOn {
 public:
  explicit NewModulesOn(Device device);
  ~NewModulesOn();
  NewModulesOn(const NewModulesOn&) = delete;
  NewModulesOn& operator=(const NewModulesOn&) = delete;

 private:
  Device before_;
};

class Module {
 public:
  virtual ~Module() = default;
  Module();
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  virtual Variable forward(const Variable& x) = 0;
  Variable operator()(const Variable& x) { return forward(x); }

  /// Sets training (batch statistics, dropout) or inference for this module and all below it.
  void set_training(bool training);
  bool training() const { return training_; }

  /// Returns all parameters and buffers of the tree, in the order of registration, with dotted names.
  std::vector<NamedParameter> parameters() const;
  std::vector<NamedBuffer> buffers() const;
  /// Returns the parameters alone, for an optimiser.
  std::vector<Variable> variables() const;
  std::int64_t parameter_count() const;
  /// Returns the device of its parameters.
  Device device() const { return device_; }

 protected:
  Variable add_parameter(std::string name, Tensor value, Interchange interchange = {});
  Tensor add_buffer(std::string name, Tensor value);
  /// Registers a module below this one and returns it.
  template <class M>
  std::shared_ptr<M> add_module(std::string name, std::shared_ptr<M> module) {
    children_.emplace_back(std::move(name), module);
    return module;
  }

 private:
  std::vector<NamedParameter> parameters_;
  std::vector<NamedBuffer> buffers_;
  std::vector<std::pair<std::string, std::shared_ptr<Module>>> children_;
  bool training_ = true;
  Device device_;  // set by NewModulesOn
};

}  // namespace noisegate
