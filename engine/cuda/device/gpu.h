// The execution of kernels on the GPU: thin names for what CUDA has. engine/cuda/emulation/cpu.h has the same
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

// Memory is checked under emulation, and by compute-sanitizer.
__device__ inline void require_inside(const char*, std::int64_t, std::int64_t, std::int64_t) {}
__device__ inline void require_aligned(const char*, const void*, std::size_t) {}

/// Memory of a block. Between a write and another thread's access there must be a barrier.
template <class T, int size>
struct alignas(16) SharedArray {
  T values[size];

  __device__ T& operator[](int index) { return values[index]; }
  /// Elements from `index` on, a multiple of `count`.
  template <int count>
  __device__ Pack<T, count> load(int index) const {
    return *reinterpret_cast<const Pack<T, count>*>(values + index);
  }
  template <int count>
  __device__ void store(int index, const Pack<T, count>& pack) {
    *reinterpret_cast<Pack<T, count>*>(values + index) = pack;
  }
  /// Begins to copy elements from device memory there, or zeros where they are not `present`: 4, 8 or 16
  /// bytes. Done when the thread has waited for it (Thread::wait_for_copies); for others, a barrier later.
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

/// The nearest number that TF32 holds, ties away from zero, as mma.sync wants it.
__device__ inline std::uint32_t round_to_tf32(float value) {
  std::uint32_t bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(value));
  return bits;
}

/// The float that these bits of TF32 are.
__device__ inline float number_of_tf32(std::uint32_t bits) {
  return __uint_as_float(bits);
}

/// The running thread. Blocks and grids have one dimension; what else a kernel counts in, it divides out.
class Thread {
 public:
  __device__ int index() const { return static_cast<int>(threadIdx.x); }
  __device__ int lane() const { return index() % 32; }
  __device__ int warp() const { return index() / 32; }
  __device__ int block() const { return static_cast<int>(blockIdx.x); }
  __device__ int blocks() const { return static_cast<int>(gridDim.x); }

  /// Waits for the block's threads and orders their accesses to memory. All must come here.
  __device__ void barrier() const { __syncthreads(); }
  /// The same for the warp.
  __device__ void warp_barrier() const { __syncwarp(); }

  // What the lanes of a warp tell each other; all 32 must come here. Orders no memory.
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

  /// Ends a group of asynchronous copies (SharedArray::copy_async).
  __device__ void commit_copies() const { asm volatile("cp.async.commit_group;" ::: "memory"); }
  /// Waits until no more than this many of the thread's latest groups are under way.
  template <int under_way>
  __device__ void wait_for_copies() const {
    asm volatile("cp.async.wait_group %0;" ::"n"(under_way) : "memory");
  }

  /// Four matrices of 8×8 from shared memory, by all lanes of the warp: lane 8·m + i says at which element
  /// row i of matrix m begins, a multiple of 8. Of matrix m a lane gets, in register m, row lane / 4, columns
  /// 2·(lane % 4) and the next; `transposed`, these rows of column lane / 4. So four registers of FragmentA,
  /// or of two FragmentB.
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

/// Between any two places, of the GPU's memory or the CPU's, behind the stream's other work.
inline void copy_bytes(Stream stream, void* to, const void* from, std::size_t bytes) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, stream), "copy");
}

/// Until all work of the stream is done.
inline void wait(Stream stream) {
  check(cudaStreamSynchronize(stream), "wait for the GPU");
}

/// A place in the stream's work.
class Event {
 public:
  explicit Event(Stream stream) {
    check(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "an event");
    check(cudaEventRecord(event_, stream), "an event");
  }
  ~Event() { cudaEventDestroy(event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  /// Until the work before it is done.
  void wait() { check(cudaEventSynchronize(event_), "wait for the GPU"); }

 private:
  cudaEvent_t event_ = nullptr;
};

/// Memory of the host from and to which the GPU copies by itself.
inline std::shared_ptr<std::byte> pinned_memory(std::size_t bytes) {
  void* memory = nullptr;
  check(cudaMallocHost(&memory, bytes), "memory of the host");
  return {static_cast<std::byte*>(memory), [](std::byte* given) { cudaFreeHost(given); }};
}

/// Captured work.
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

/// Until stop_capture() the stream's work is not run.
inline void start_capture(Stream stream) {
  // Relaxed: the pool may ask for memory meanwhile.
  check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed), "capture of a graph");
}
inline std::unique_ptr<Graph> stop_capture(Stream stream) {
  cudaGraph_t captured = nullptr;
  check(cudaStreamEndCapture(stream, &captured), "capture of a graph");
  const std::unique_ptr<CUgraph_st, void (*)(cudaGraph_t)> owner(captured,
                                                                 [](cudaGraph_t g) { cudaGraphDestroy(g); });
  return std::make_unique<Graph>(captured);
}

/// What launch() does on this machine.
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
