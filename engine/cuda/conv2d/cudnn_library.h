// The convolution functions of libcudnn.so.9, found when the library is opened.
//
// They belong to cuDNN 7's interface: with NHWC tensors it names the algorithms, says which of them give the
// same bits every time, and lets a caller try them.
#pragma once

#include <cudnn.h>
#include <memory>
#include <type_traits>

namespace noisegate::cuda {

/// A cuDNN object that is destroyed with its owner.
template <class T>
using CudnnHandle = std::unique_ptr<std::remove_pointer_t<T>, cudnnStatus_t (*)(T)>;

class CudnnLibrary {
  void* library_;

  struct Symbol {
    void* address;
    template <class F>
    operator F*() const {
      return reinterpret_cast<F*>(address);
    }
  };
  /// Throws Error if the library has no such function.
  Symbol symbol(const char* name) const;

 public:
  /// Opens the library; throws Error if it is missing.
  CudnnLibrary();
  CudnnLibrary(const CudnnLibrary&) = delete;
  CudnnLibrary& operator=(const CudnnLibrary&) = delete;

  /// Throws Error unless cuDNN succeeded; the sentence names `what` it was to do.
  void check(cudnnStatus_t status, const char* what) const;

  template <class T>
  CudnnHandle<T> make(cudnnStatus_t (*create_one)(T*), cudnnStatus_t (*destroy_one)(T)) const {
    T object = nullptr;
    check(create_one(&object), "start");
    return {object, destroy_one};
  }

  decltype(&cudnnGetErrorString) error_string = symbol("cudnnGetErrorString");
  decltype(&cudnnCreate) create = symbol("cudnnCreate");
  decltype(&cudnnDestroy) destroy = symbol("cudnnDestroy");
  decltype(&cudnnSetStream) set_stream = symbol("cudnnSetStream");

  decltype(&cudnnCreateTensorDescriptor) create_tensor = symbol("cudnnCreateTensorDescriptor");
  decltype(&cudnnDestroyTensorDescriptor) destroy_tensor = symbol("cudnnDestroyTensorDescriptor");
  decltype(&cudnnSetTensor4dDescriptor) set_tensor = symbol("cudnnSetTensor4dDescriptor");
  decltype(&cudnnCreateFilterDescriptor) create_filter = symbol("cudnnCreateFilterDescriptor");
  decltype(&cudnnDestroyFilterDescriptor) destroy_filter = symbol("cudnnDestroyFilterDescriptor");
  decltype(&cudnnSetFilter4dDescriptor) set_filter = symbol("cudnnSetFilter4dDescriptor");
  decltype(&cudnnCreateConvolutionDescriptor) create_convolution = symbol("cudnnCreateConvolutionDescriptor");
  decltype(&cudnnDestroyConvolutionDescriptor) destroy_convolution =
      symbol("cudnnDestroyConvolutionDescriptor");
  decltype(&cudnnSetConvolution2dDescriptor) set_convolution = symbol("cudnnSetConvolution2dDescriptor");
  decltype(&cudnnSetConvolutionMathType) set_math = symbol("cudnnSetConvolutionMathType");

  decltype(&cudnnAddTensor) add_tensor = symbol("cudnnAddTensor");
  decltype(&cudnnConvolutionForward) forward = symbol("cudnnConvolutionForward");
  decltype(&cudnnGetConvolutionForwardWorkspaceSize) forward_workspace =
      symbol("cudnnGetConvolutionForwardWorkspaceSize");
  decltype(&cudnnGetConvolutionForwardAlgorithm_v7) get_forward =
      symbol("cudnnGetConvolutionForwardAlgorithm_v7");
  decltype(&cudnnFindConvolutionForwardAlgorithm) find_forward =
      symbol("cudnnFindConvolutionForwardAlgorithm");

  decltype(&cudnnConvolutionBackwardData) backward_data = symbol("cudnnConvolutionBackwardData");
  decltype(&cudnnGetConvolutionBackwardDataWorkspaceSize) backward_data_workspace =
      symbol("cudnnGetConvolutionBackwardDataWorkspaceSize");
  decltype(&cudnnGetConvolutionBackwardDataAlgorithm_v7) get_backward_data =
      symbol("cudnnGetConvolutionBackwardDataAlgorithm_v7");
  decltype(&cudnnFindConvolutionBackwardDataAlgorithm) find_backward_data =
      symbol("cudnnFindConvolutionBackwardDataAlgorithm");

  decltype(&cudnnConvolutionBackwardFilter) backward_filter = symbol("cudnnConvolutionBackwardFilter");
  decltype(&cudnnGetConvolutionBackwardFilterWorkspaceSize) backward_filter_workspace =
      symbol("cudnnGetConvolutionBackwardFilterWorkspaceSize");
  decltype(&cudnnGetConvolutionBackwardFilterAlgorithm_v7) get_backward_filter =
      symbol("cudnnGetConvolutionBackwardFilterAlgorithm_v7");
  decltype(&cudnnFindConvolutionBackwardFilterAlgorithm) find_backward_filter =
      symbol("cudnnFindConvolutionBackwardFilterAlgorithm");
};

/// Opens the library on the first call and never closes it. Throws Error as its constructor does.
const CudnnLibrary& cudnn_library();

}  // namespace noisegate::cuda
