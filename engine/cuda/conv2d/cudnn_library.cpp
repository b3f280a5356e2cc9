#if __has_include(<cudnn.h>)

#include "engine/cuda/conv2d/cudnn_library.h"

#include "engine/error.h"

#include <dlfcn.h>

namespace noisegate::cuda {
namespace {

void* open_library() {
  void* library = dlopen("libcudnn.so.9", RTLD_NOW | RTLD_LOCAL);
  if (!library) fail("cuDNN cannot be used: {}", dlerror());
  return library;
}

}  // namespace

CudnnLibrary::CudnnLibrary() : library_(open_library()) {}

CudnnLibrary::Symbol CudnnLibrary::symbol(const char* name) const {
  void* address = dlsym(library_, name);
  if (!address) fail("libcudnn.so.9 has no function {}", name);
  return {address};
}

void CudnnLibrary::check(cudnnStatus_t status, const char* what) const {
  if (status != CUDNN_STATUS_SUCCESS) fail("cuDNN cannot {}: {}", what, error_string(status));
}

const CudnnLibrary& cudnn_library() {
  static const CudnnLibrary library;
  return library;
}

}  // namespace noisegate::cuda

#endif
