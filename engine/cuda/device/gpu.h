// The execution of kernels on the GPU: thin names for CUDA's own. engine/cuda/emulation/cpu.h has the same
// names.
#pragma once

#include "engine/bfloat16.h"
#include "engine/cuda/device/check.h"
#include "engine/cuda/types/fragments.h"
#include "engine/cuda/types/pack.h"

#include <cstddef>
#include <cstdint>
#include <cuda_runtime.h>
#include <memory>

namespace noisegate::cuda {

using Stream = cudaStream_t;

// The emulation and compute-sanitizer check memory.
__device__ inline void require_inside(const char*, std::int64_t, std::int64_t, std::int64_t) {}
__device__ inline void require_aligned(const char*, const void*, std::size_t) {}

/// Shared memory of a block. A barrier must lie between a write and another thread's access.
template <class T, int size>
struct alignas(16) SharedArray {
  T values[size];

  __device__ T& operator[](int index) { return values[index]; }
  /// Loads or stores elements from `index` on, a multiple of `count`.
  template <int count>
  __device__ Pack<T, count> load(int index) const {
    return *reinterpret_cast<const Pack<T, count>*>(values + index);
  }
  template <int count>
  __device__ void store(int index, const Pack<T, count>& pack) {
    *reinterpret_cast<Pack<T, count>*>(values + index) = pack;
  }
  /// Starts an asynchronous copy of 4, 8 or 16 bytes of elements from device memory, or of zeros if not
  /// `present`. The thread sees it after Thread::wait_for_copies(), other threads after a barrier behind
  /// that.
  template <int count, Cache cache = Cache::second_level>
  __device__ void copy_async(int index, const T* from, bool present = true) {
    constexpr int bytes = sizeof(T) * count;
    const auto to = static_cast<std::uint32_t>(__cvta_generic_to_shared(values + index));
    const int read = present ? bytes : 0;
    if constexpr (bytes == 16 && cache == Cache::second_level)
      asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(read)
                   : "memory");
    else
      asm volatile("cp.async.ca.shared.global [%0], [%1], %3, %2;" ::"r"(to), "l"(from), "r"(read), "n"(bytes)
                   : "memory");
  }
};

/// Returns the nearest number that TF32 holds, ties away from zero, as mma.sync wants it.
__device__ inline std::uint32_t round_to_tf32(float value) {
  std::uint32_t bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(value));
  return bits;
}

/// Returns the float of these TF32 bits.
__device__ inline float number_of_tf32(std::uint32_t bits) {
  return __uint_as_float(bits);
}

/// The running thread. Blocks and grids have one dimension; kernels divide for the others.
class Thread {
 public:
  __device__ int index() const { return static_cast<int>(threadIdx.x); }
  __device__ int lane() const { return index() % 32; }
  __device__ int warp() const { return index() / 32; }
  __device__ int block() const { return static_cast<int>(blockIdx.x); }
  __device__ int blocks() const { return static_cast<int>(gridDim.x); }

  /// Waits for the block's threads and orders their accesses to memory. All threads of the block must call
  /// it.
  __device__ void barrier() const { __syncthreads(); }
  /// The same for the warp.
  __device__ void warp_barrier() const { __syncwarp(); }

  // Exchanges between the lanes of a warp; all 32 lanes must call them. They order no memory.
  template <class T>
  __device__ T shuffle(T value, int from_lane) const {
    return __shfl_sync(all_lanes, value, from_lane);
  }
  template <class T>
  __device__ T shuffle_xor(T value, int mask) const {
    return __shfl_xor_sync(all_lanes, value, mask);
  }
  __device__ bool any(bool vote) const { return __any_sync(all_lanes, vote); }
  __device__ bool all(bool vote) const { return __all_sync(all_lanes, vote); }
  __device__ std::uint32_t ballot(bool vote) const { return __ballot_sync(all_lanes, vote); }

  /// Commits a group of asynchronous copies (SharedArray::copy_async).
  __device__ void commit_copies() const { asm volatile("cp.async.commit_group;" ::: "memory"); }
  /// Waits until at most this many of the thread's latest groups are in flight.
  template <int under_way>
  __device__ void wait_for_copies() const {
    asm volatile("cp.async.wait_group %0;" ::"n"(under_way) : "memory");
  }

  /// Loads four matrices of 8×8 from shared memory, by all lanes of the warp: lane 8·m + i gives the element
  /// at which row i of matrix m begins, a multiple of 8. Of matrix m a lane gets, in register m, row lane /
  /// 4, columns 2·(lane % 4) and the next; if `transposed`, these rows of column lane / 4. These are the four
  /// registers of FragmentA, or of two FragmentB.
  template <bool transposed, int size>
  __device__ Pack<std::uint32_t, 4> load_matrices(const SharedArray<Bfloat16, size>& array, int row) const {
    const auto from = static_cast<std::uint32_t>(__cvta_generic_to_shared(array.values + row));
    Pack<std::uint32_t, 4> r;
    if constexpr (transposed)
      asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                   : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                   : "r"(from)
                   : "memory");
    else
      asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                   : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                   : "r"(from)
                   : "memory");
    return r;
  }

  /// c += a·b on the tensor cores, by all lanes of the warp (fragments.h).
  __device__ void multiply_tf32(FragmentC& c, const FragmentA& a, const FragmentB& b) const {
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(c.values[0]), "+f"(c.values[1]), "+f"(c.values[2]), "+f"(c.values[3])
        : "r"(a.registers[0]), "r"(a.registers[1]), "r"(a.registers[2]), "r"(a.registers[3]),
          "r"(b.registers[0]), "r"(b.registers[1]));
  }
  __device__ void multiply_bf16(FragmentC& c, const FragmentA& a, const FragmentB& b) const {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(c.values[0]), "+f"(c.values[1]), "+f"(c.values[2]), "+f"(c.values[3])
        : "r"(a.registers[0]), "r"(a.registers[1]), "r"(a.registers[2]), "r"(a.registers[3]),
          "r"(b.registers[0]), "r"(b.registers[1]));
  }

 private:
  static constexpr std::uint32_t all_lanes = 0xffffffff;
};

template <class Kernel>
__global__ void __launch_bounds__(Kernel::threads) run(const __grid_constant__ Kernel kernel) {
  if constexpr (requires { typename Kernel::Shared; }) {
    extern __shared__ __align__(16) unsigned char memory[];
    kernel(Thread(), *reinterpret_cast<typename Kernel::Shared*>(memory));
  } else {
    kernel(Thread());
  }
}

/// Copies between any two places of the GPU's or the CPU's memory, behind the stream's other work.
inline void copy_bytes(Stream stream, void* to, const void* from, std::size_t bytes) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, stream), "copy");
}

/// Blocks until all work of the stream is done.
inline void wait(Stream stream) {
  check(cudaStreamSynchronize(stream), "wait for the GPU");
}

/// A point in the stream's work.
class Event {
 public:
  explicit Event(Stream stream) {
    check(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "an event");
    check(cudaEventRecord(event_, stream), "an event");
  }
  ~Event() { cudaEventDestroy(event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  /// Blocks until the work before it is done.
  void wait() { check(cudaEventSynchronize(event_), "wait for the GPU"); }

 private:
  cudaEvent_t event_ = nullptr;
};

/// Allocates host memory that the GPU copies from and to by itself.
inline std::shared_ptr<std::byte> pinned_memory(std::size_t bytes) {
  void* memory = nullptr;
  check(cudaMallocHost(&memory, bytes), "memory of the host");
  return {static_cast<std::byte*>(memory), [](std::byte* given) { cudaFreeHost(given); }};
}

/// A captured graph of work.
class Graph {
 public:
  explicit Graph(cudaGraph_t graph) { check(cudaGraphInstantiate(&graph_, graph, 0), "a graph"); }
  ~Graph() { cudaGraphExecDestroy(graph_); }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  void run(Stream stream) const { check(cudaGraphLaunch(graph_, stream), "launch of a graph"); }

 private:
  cudaGraphExec_t graph_ = nullptr;
};

/// Starts a capture: until stop_capture() the stream's work does not run.
inline void start_capture(Stream stream) {
  // Relaxed: the pool may allocate during the capture.
  check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed), "capture of a graph");
}
inline std::unique_ptr<Graph> stop_capture(Stream stream) {
  cudaGraph_t captured = nullptr;
  check(cudaStreamEndCapture(stream, &captured), "capture of a graph");
  const std::unique_ptr<CUgraph_st, void (*)(cudaGraph_t)> owner(captured,
                                                                 [](cudaGraph_t g) { cudaGraphDestroy(g); });
  return std::make_unique<Graph>(captured);
}

/// Implements launch() on this machine.
template <class Kernel>
void run_grid(Stream stream, int blocks, const Kernel& kernel) {
  std::size_t shared_bytes = 0;
  if constexpr (requires { typename Kernel::Shared; }) shared_bytes = sizeof(typename Kernel::Shared);
  constexpr std::size_t without_asking = 48 * 1024;
  if (shared_bytes > without_asking)
    check(cudaFuncSetAttribute(run<Kernel>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                               static_cast<int>(shared_bytes)),
          "shared memory of a kernel");
  run<<<blocks, Kernel::threads, shared_bytes, stream>>>(kernel);
  check(cudaGetLastError(), "launch of a kernel");
}

}  // namespace noisegate::cuda
