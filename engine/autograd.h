// Reverse-mode automatic differentiation. An op computes its value and records a node: its inputs and a
// function from the gradient of its output to the gradients of its inputs. backward() walks the nodes from
// the last to the first and lets go of what each has saved as soon as it is done with.
#pragma once

#include "engine/tensor.h"

#include <functional>
#include <memory>
#include <vector>

namespace noisegate {

/// From the gradient of the output to those of the inputs, in the inputs' order; undefined tensors for inputs
/// that need none. Called at most once; the gradient is the function's own, so where it is the memory's sole
/// owner it may overwrite it.
using Backward = std::function<std::vector<Tensor>(Tensor grad_output)>;

class Variable {
 public:
  Variable() = default;  // undefined, e.g. a convolution without bias
  explicit Variable(Tensor value, bool requires_grad = false);

  bool defined() const { return state_ != nullptr; }
  const Tensor& value() const;
  const Shape& shape() const { return value().shape(); }
  bool requires_grad() const;

  /// d loss / d this, after backward(), of the shape of value() and row-major; undefined before. Kept for
  /// leaves only (variables made from a tensor); those of ops give theirs back to the pool during the walk.
  const Tensor& grad() const;
  Tensor& mutable_grad();
  void clear_grad();

  /// The same value, cut off from the graph.
  Variable detach() const;

 private:
  struct State;
  std::shared_ptr<State> state_;

  friend Variable record(const char*, Tensor, std::vector<Variable>, Backward);
  friend void backward(const Variable&, const Tensor&);
};

/// The variable that an op returns: `value`, with its node where any input requires a gradient and recording
/// is on. `name` is the op's, for traces and messages.
Variable record(const char* name, Tensor value, std::vector<Variable> inputs, Backward backward);

/// Whether an op called with these inputs would record a node, so that it must save what its backward needs.
bool recording(std::initializer_list<const Variable*> inputs);

/// Adds d output / d leaf to the grad of every leaf that requires one. `seed` is d loss / d output: ones by
/// default, where output must be a scalar. The graph is spent afterwards: walking it again throws Error.
void backward(const Variable& output, const Tensor& seed = {});

/// While one lives, ops on this thread record nothing.
class NoGrad {
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  bool before_;
};

}  // namespace noisegate
