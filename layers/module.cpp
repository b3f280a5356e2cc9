#include "layers/module.h"

#include <utility>

namespace noisegate {
namespace {

thread_local Device device_of_new_modules = Device::cpu;

}  // namespace

NewModulesOn::NewModulesOn(Device device) : before_(std::exchange(device_of_new_modules, device)) {}
NewModulesOn::~NewModulesOn() {
  device_of_new_modules = before_;
}

Module::Module() : device_(device_of_new_modules) {}

void Module::set_training(bool training) {
  training_ = training;
  for (auto& [name, child] : children_) child->set_training(training);
}

std::vector<NamedParameter> Module::parameters() const {
  std::vector<NamedParameter> all = parameters_;
  for (const auto& [child_name, child] : children_) {
    for (NamedParameter& parameter : child->parameters()) {
      parameter.name = child_name + "." + parameter.name;
      all.push_back(std::move(parameter));
    }
  }
  return all;
}

std::vector<NamedBuffer> Module::buffers() const {
  std::vector<NamedBuffer> all = buffers_;
  for (const auto& [child_name, child] : children_) {
    for (NamedBuffer& buffer : child->buffers()) {
      buffer.name = child_name + "." + buffer.name;
      all.push_back(std::move(buffer));
    }
  }
  return all;
}

std::vector<Variable> Module::variables() const {
  std::vector<Variable> all;
  for (const NamedParameter& parameter : parameters()) all.push_back(parameter.variable);
  return all;
}

std::int64_t Module::parameter_count() const {
  std::int64_t count = 0;
  for (const NamedParameter& parameter : parameters()) count += parameter.variable.value().numel();
  return count;
}

Variable Module::add_parameter(std::string name, Tensor value, Interchange interchange) {
  Variable variable(value.to(device_), /*requires_grad=*/true);
  parameters_.push_back({std::move(name), variable, interchange});
  return variable;
}

Tensor Module::add_buffer(std::string name, Tensor value) {
  buffers_.push_back({std::move(name), value.to(device_)});
  return buffers_.back().tensor;
}

}  // namespace noisegate
