// A function with its own stack that can pause and be resumed: one thread of the CPU runs all threads of a
// block as fibers.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <ucontext.h>

#ifndef __x86_64__
#include <setjmp.h>
#endif

namespace noisegate::emulation {

class Fiber {
 public:
  Fiber();
  // Its stack and contexts are pointed to.
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Sets the body that the next resume() starts. Drops an unfinished body without running its destructors.
  void start(std::function<void()> body);
  /// Runs the body until it pauses or ends. Throws what the body throws.
  void resume();
  bool finished() const { return finished_; }

  /// Pauses the body: returns to the caller of resume().
  static void pause();

 private:
  static constexpr std::size_t stack_bytes = 128 * 1024;

  [[noreturn]] static void run_bodies();
  void arrive(void* fake_stack);

  std::unique_ptr<std::byte[]> stack_;
#ifdef __x86_64__
  using Place = void* [5];  // of the compiler's own jumps
#else
  using Place = jmp_buf;
#endif
  ucontext_t context_{};  // enters the stack; from then on the two jumps, which need no call of the system
  Place own_, resumer_;
  const void* resumer_stack_ = nullptr;
  std::size_t resumer_stack_bytes_ = 0;
  std::function<void()> body_;
  std::exception_ptr error_;
  bool entered_ = false, finished_ = true;
};

}  // namespace noisegate::emulation
