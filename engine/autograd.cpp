#include "engine/autograd.h"

#include "engine/backend.h"
#include "engine/error.h"
#include "engine/trace.h"

#include <algorithm>
#include <cstdint>
#include <queue>
#include <utility>

namespace noisegate {
namespace {

thread_local bool recording_on = true;

struct Node {
  const char* name;
  std::uint64_t number;  // later nodes have larger ones, so descending order is a topological one
  std::vector<Variable> inputs;
  Backward backward;
};

std::uint64_t next_number() {
  thread_local std::uint64_t number = 0;
  return number++;
}

/// sum += term, in place if no other tensor shares the memory.
void accumulate_gradient(Tensor& sum, const Tensor& term) {
  if (!sum.defined()) {
    sum = term;
  } else if (sum.sole_owner()) {
    backend(sum).accumulate(sum, term);
  } else {
    sum = backend(sum).combine(1, sum, 1, term);
  }
}

}  // namespace

struct Variable::State {
  Tensor value;
  Tensor grad;
  bool requires_grad = false;
  bool leaf = true;
  std::shared_ptr<Node> node;  // of an op's output, until backward() passes
};

Variable::Variable(Tensor value, bool requires_grad) : state_(std::make_shared<State>()) {
  state_->value = std::move(value);
  state_->requires_grad = requires_grad;
}

const Tensor& Variable::value() const {
  return state_->value;
}
bool Variable::requires_grad() const {
  return defined() && state_->requires_grad;
}
const Tensor& Variable::grad() const {
  return state_->grad;
}
Tensor& Variable::mutable_grad() {
  return state_->grad;
}
void Variable::clear_grad() {
  state_->grad = {};
}
Variable Variable::detach() const {
  return Variable(state_->value);
}

NoGrad::NoGrad() : before_(std::exchange(recording_on, false)) {}
NoGrad::~NoGrad() {
  recording_on = before_;
}

bool recording(std::initializer_list<const Variable*> inputs) {
  return recording_on &&
         std::ranges::any_of(inputs, [](const Variable* input) { return input->requires_grad(); });
}

Variable record(const char* name, Tensor value, std::vector<Variable> inputs, Backward backward) {
  Variable output(std::move(value));
  if (!recording_on || std::ranges::none_of(inputs, &Variable::requires_grad)) return output;
  output.state_->requires_grad = true;
  output.state_->leaf = false;
  output.state_->node =
      std::make_shared<Node>(Node{name, next_number(), std::move(inputs), std::move(backward)});
  return output;
}

void backward(const Variable& output, const Tensor& seed) {
  if (!output.requires_grad())
    reject("backward: the output does not depend on anything that requires a gradient");
  if (!seed.defined() && output.value().numel() != 1)
    reject("backward: the output has shape {}, so it needs the gradient to start from",
           to_string(output.shape()));
  if (seed.defined() && seed.shape() != output.shape())
    reject("backward: a gradient of shape {} does not fit an output of shape {}", to_string(seed.shape()),
           to_string(output.shape()));

  using State = Variable::State;
  const auto earlier = [](const std::shared_ptr<State>& a, const std::shared_ptr<State>& b) {
    return a->node->number < b->node->number;
  };
  std::priority_queue<std::shared_ptr<State>, std::vector<std::shared_ptr<State>>, decltype(earlier)> waiting(
      earlier);

  const auto receive = [&](const Variable& variable, const Tensor& grad) {
    State& state = *variable.state_;
    if (!state.leaf && !state.node)
      reject("backward: an earlier call has spent the graph behind a value of shape {}",
             to_string(variable.shape()));
    const bool first = !state.grad.defined();
    accumulate_gradient(state.grad, state.leaf ? grad.plain() : grad);
    if (state.node && first) waiting.push(variable.state_);
  };

  receive(output, seed.defined() ? seed : Tensor::full(output.shape(), 1, output.value().device()));
  while (!waiting.empty()) {
    const std::shared_ptr<State> state = waiting.top();
    waiting.pop();
    // Taking node and gradient out of the state frees what the node saved as soon as this round ends.
    const std::shared_ptr<Node> node = std::exchange(state->node, nullptr);
    std::vector<Tensor> grads;
    {
      const Trace trace(node->name, Trace::Pass::backward);
      grads = node->backward(std::exchange(state->grad, Tensor()));
    }
    node->backward = nullptr;
    for (std::size_t i = 0; i < node->inputs.size(); ++i) {
      const Tensor given = std::exchange(grads[i], Tensor());
      if (given.defined() && node->inputs[i].requires_grad()) receive(node->inputs[i], given);
    }
  }
}

}  // namespace noisegate
