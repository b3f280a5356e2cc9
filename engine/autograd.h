// Reverse-mode automatic differentiation. An op computes its value and creates a node: its inputs and a
// function from the gradient of its output to the gradients of its inputs. backward() walks the nodes from
// the last to the first and frees each node's saved tensors once its backward has run.
#pragma once

#include "engine/tensor.h"

#include <functional>
#include <memory>
#include <vector>

namespace noisegate {

/// Maps the gradient of the output to the gradients of the inputs, in the inputs' order; an undefined tensor
/// for an input that needs none. Called at most once. The function owns the gradient it is given and may
/// overwrite it where it is the memory's sole owner.
using Backward = std::function<std::vector<Tensor>(Tensor grad_output)>;

class Variable {
 public:
  Variable() = default;  // undefined, e.g. a convolution without bias
  explicit Variable(Tensor value, bool requires_grad = false);

  bool defined() const { return state_ != nullptr; }
  const Tensor& value() const;
  const Shape& shape() const { return value().shape(); }
  bool requires_grad() const;

  /// d loss / d this, of the shape of value() and row-major; undefined before backward(). Only leaves
  /// (variables made from a tensor) keep it; the walk returns the gradients of ops to the pool.
  const Tensor& grad() const;
  Tensor& mutable_grad();
  void clear_grad();

  /// The same value, detached from the graph.
  Variable detach() const;

 private:
  struct State;
  std::shared_ptr<State> state_;

  friend Variable record(const char*, Tensor, std::vector<Variable>, Backward);
  friend void backward(const Variable&, const Tensor&);
};

/// Returns the variable of an op: `value`, with a node where any input requires a gradient and recording is
/// on. `name` is the op's name, for traces and messages.
Variable record(const char* name, Tensor value, std::vector<Variable> inputs, Backward backward);

/// Whether an op called with these inputs would create a node, so that it must save what its backward needs.
bool recording(std::initializer_list<const Variable*> inputs);

/// Adds d output / d leaf to the grad of every leaf that requires one. `seed` is d loss / d output: ones by
/// default, where output must be a scalar. backward() consumes the graph: a second walk throws Error.
void backward(const Variable& output, const Tensor& seed = {});

/// While an instance lives, ops on this thread create no nodes.
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
