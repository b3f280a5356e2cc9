// The GPU's queue of work, and its memory. Work that is put in is done at once, or, to find out whoever does
// not wait for what he reads, only when somebody waits; or it is recorded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace noisegate::emulation {

using Work = std::function<void()>;

/// Puts work into the queue. Throws Error for what the work does wrong, where it is done at once.
void submit(Work work);
/// Copies bytes, behind the other work. Throws Error for a copy from or to the host while work is recorded.
void submit_copy(void* to, const void* from, std::size_t bytes);

/// Whether work waits until somebody waits for it; before a change the queue is emptied.
void set_late(bool late);

/// Does all work that waits. Throws Error while work is recorded.
void wait();

/// How much work was put in so far; wait_until() does what waits of it.
std::uint64_t place();
void wait_until(std::uint64_t place);

void start_recording();
std::vector<Work> stop_recording();

/// Device memory for good, which only work in the queue can reach; throws Error when there is no more.
std::byte* take_segment(std::size_t bytes);

}  // namespace noisegate::emulation
