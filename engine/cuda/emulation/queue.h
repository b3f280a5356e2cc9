// The emulated GPU's stream and memory. Submitted work runs at once; or, to catch callers that do not
// synchronise before they read, only when the host synchronises; or it is captured.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace noisegate::emulation {

using Work = std::function<void()>;

/// Submits work to the stream. Throws Error for everything that the work does wrong, if it runs at once.
void submit(Work work);
/// Copies bytes, behind the other work. Throws Error for a copy from or to the host during a capture.
void submit_copy(void* to, const void* from, std::size_t bytes);

/// Sets whether work runs only when the host synchronises; synchronises before the change.
void set_late(bool late);

/// Runs all waiting work. Throws Error during a capture.
void wait();

/// Returns how much work was submitted so far; wait_until() runs the waiting work up to that point.
std::uint64_t place();
void wait_until(std::uint64_t place);

void start_recording();
std::vector<Work> stop_recording();

/// Allocates device memory that is never freed and that only work in the stream can access; throws Error when
/// there is no more.
std::byte* take_segment(std::size_t bytes);

}  // namespace noisegate::emulation
