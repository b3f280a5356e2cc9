#include "tests/emulation/fiber.h"

#include <utility>

// Defined where the address sanitizer is linked in, which must be told of every change of stack.
extern "C" {
[[gnu::weak]] void __sanitizer_start_switch_fiber(void** fake_stack, const void* stack, std::size_t bytes);
[[gnu::weak]] void __sanitizer_finish_switch_fiber(void* fake_stack, const void** old_stack,
                                                   std::size_t* old_bytes);
}

namespace noisegate::emulation {
namespace {

thread_local Fiber* running = nullptr;

void leave_for(const void* stack, std::size_t bytes, void** fake_stack) {
  if (__sanitizer_start_switch_fiber) __sanitizer_start_switch_fiber(fake_stack, stack, bytes);
}

void arrived(void* fake_stack, const void** old_stack, std::size_t* old_bytes) {
  if (__sanitizer_finish_switch_fiber) __sanitizer_finish_switch_fiber(fake_stack, old_stack, old_bytes);
}

}  // namespace

Fiber::Fiber() : stack_(std::make_unique_for_overwrite<std::byte[]>(stack_bytes)) {}

void Fiber::start(std::function<void()> body) {
  body_ = std::move(body);
  error_ = nullptr;
  finished_ = false;
  getcontext(&own_);
  own_.uc_stack.ss_sp = stack_.get();
  own_.uc_stack.ss_size = stack_bytes;
  own_.uc_link = nullptr;
  makecontext(&own_, run_body, 0);
}

void Fiber::resume() {
  Fiber* const before = std::exchange(running, this);
  void* fake_stack = nullptr;
  leave_for(stack_.get(), stack_bytes, &fake_stack);
  swapcontext(&resumer_, &own_);
  arrived(fake_stack, nullptr, nullptr);
  running = before;
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

void Fiber::pause() {
  Fiber& self = *running;
  void* fake_stack = nullptr;
  self.leave(&fake_stack);
  self.arrive(fake_stack);
}

void Fiber::run_body() {
  Fiber& self = *running;
  self.arrive(nullptr);
  try {
    self.body_();
  } catch (...) {
    self.error_ = std::current_exception();
  }
  self.finished_ = true;
  self.leave(nullptr);  // for good
}

void Fiber::leave(void** fake_stack) {
  leave_for(resumer_stack_, resumer_stack_bytes_, fake_stack);
  swapcontext(&own_, &resumer_);
}

void Fiber::arrive(void* fake_stack) {
  arrived(fake_stack, &resumer_stack_, &resumer_stack_bytes_);
}

}  // namespace noisegate::emulation
