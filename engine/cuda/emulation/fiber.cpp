#include "engine/cuda/emulation/fiber.h"

#include <utility>

// Defined where the address sanitizer is linked in, which must be told of every change of stack.
extern "C" {
[[gnu::weak]] void __sanitizer_start_switch_fiber(void** fake_stack, const void* stack, std::size_t bytes);
[[gnu::weak]] void __sanitizer_finish_switch_fiber(void* fake_stack, const void** old_stack,
                                                   std::size_t* old_bytes);
}

// The compiler's own jumps save three registers and call nothing. The C library's mangle addresses, and under
// the address sanitizer each makes a call of the system: switches are 17 times slower with them there.
#ifdef __x86_64__
#define NOISEGATE_MARK(place) __builtin_setjmp(place)
#define NOISEGATE_JUMP(place) __builtin_longjmp(place, 1)
#else
#define NOISEGATE_MARK(place) _setjmp(place)
#define NOISEGATE_JUMP(place) _longjmp(place, 1)
#endif

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
  if (!finished_) entered_ = false;
  body_ = std::move(body);
  error_ = nullptr;
  finished_ = false;
}

// Without the address sanitizer's own call before a jump, which would clear the marks of a whole stack each
// time: a third of the time of kernels under it.
[[gnu::no_sanitize_address]] void Fiber::resume() {
  Fiber* const before = running;
  running = this;
  void* fake_stack = nullptr;
  leave_for(stack_.get(), stack_bytes, &fake_stack);
  if (NOISEGATE_MARK(resumer_) == 0) {
    if (entered_) NOISEGATE_JUMP(own_);
    entered_ = true;
    getcontext(&context_);
    context_.uc_stack.ss_sp = stack_.get();
    context_.uc_stack.ss_size = stack_bytes;
    makecontext(&context_, run_bodies, 0);
    setcontext(&context_);
  }
  arrived(fake_stack, nullptr, nullptr);
  running = before;
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

[[gnu::no_sanitize_address]] void Fiber::pause() {
  Fiber& self = *running;
  void* fake_stack = nullptr;
  leave_for(self.resumer_stack_, self.resumer_stack_bytes_, &fake_stack);
  if (NOISEGATE_MARK(self.own_) == 0) NOISEGATE_JUMP(self.resumer_);
  self.arrive(fake_stack);
}

/// One body after the other, as they are started.
void Fiber::run_bodies() {
  Fiber& self = *running;
  self.arrive(nullptr);
  for (;;) {
    try {
      self.body_();
    } catch (...) {
      self.error_ = std::current_exception();
    }
    self.finished_ = true;
    pause();
  }
}

void Fiber::arrive(void* fake_stack) {
  arrived(fake_stack, &resumer_stack_, &resumer_stack_bytes_);
}

}  // namespace noisegate::emulation
