#include "engine/cuda/conv2d/cudnn.h"

#include "engine/error.h"

#if __has_include(<cudnn.h>)

#include "engine/cuda/conv2d/cudnn_library.h"
#include "engine/cuda/device/check.h"
#include "engine/memory.h"

#include <array>
#include <map>
#include <type_traits>

namespace noisegate::cuda {
namespace {

enum class Product : std::uint8_t { forward, input_gradient, weight_gradient };

int narrow(std::int64_t extent) {
  return static_cast<int>(extent);
}

/// A convolution as cuDNN knows it; its tensors lie as ours do, NHWC and KRSC.
class Descriptors {
 public:
  Descriptors(const CudnnLibrary& cudnn, const Shape& x_shape, const Shape& w_shape, const Shape& y_shape,
              ConvolutionWindow window, DType dtype)
      : x(cudnn.make(cudnn.create_tensor, cudnn.destroy_tensor)),
        y(cudnn.make(cudnn.create_tensor, cudnn.destroy_tensor)),
        bias(cudnn.make(cudnn.create_tensor, cudnn.destroy_tensor)),
        w(cudnn.make(cudnn.create_filter, cudnn.destroy_filter)),
        convolution(cudnn.make(cudnn.create_convolution, cudnn.destroy_convolution)) {
    const cudnnDataType_t type = dtype == DType::bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
    const auto set = [&](cudnnTensorDescriptor_t tensor, const Shape& s) {
      cudnn.check(cudnn.set_tensor(tensor, CUDNN_TENSOR_NHWC, type, narrow(s[0]), narrow(s[3]), narrow(s[1]),
                                   narrow(s[2])),
                  "describe a tensor");
    };
    set(x.get(), x_shape);
    set(y.get(), y_shape);
    set(bias.get(), {1, 1, 1, y_shape[3]});
    cudnn.check(cudnn.set_filter(w.get(), type, CUDNN_TENSOR_NHWC, narrow(w_shape[0]), narrow(w_shape[3]),
                                 narrow(w_shape[1]), narrow(w_shape[2])),
                "describe a filter");
    cudnn.check(cudnn.set_convolution(convolution.get(), window.padding, window.padding, window.stride,
                                      window.stride, 1, 1, CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT),
                "describe a convolution");
  }

  CudnnHandle<cudnnTensorDescriptor_t> x, y, bias;
  CudnnHandle<cudnnFilterDescriptor_t> w;
  CudnnHandle<cudnnConvolutionDescriptor_t> convolution;
};

/// How one product of some shape is done.
struct Plan {
  Descriptors descriptors;
  int algorithm = 0;  // of the product's own enumeration
  std::size_t workspace = 0;
};

class Cudnn final : public Convolutions {
 public:
  Cudnn(CUstream_st* stream, Precision precision, CudnnChoice choice)
      : cudnn_(cudnn_library()),
        handle_(cudnn_.make(cudnn_.create, cudnn_.destroy)),
        precision_(precision),
        choice_(choice) {
    cudnn_.check(cudnn_.set_stream(handle_.get(), stream), "take the stream");
  }

  Tensor forward(const Tensor& x, const Tensor& weight, const Tensor& bias,
                 ConvolutionWindow window) override {
    Tensor y = Tensor::empty(output_shape(x.shape(), weight.shape(), window), x.dtype(), Device::cuda);
    const Plan& plan = plan_of(Product::forward, x.shape(), weight.shape(), y.shape(), window, x.dtype());
    const Descriptors& d = plan.descriptors;
    const auto workspace = allocate(plan.workspace, Device::cuda);
    const Tensor w = weight.to(x.dtype());
    cudnn_.check(cudnn_.forward(handle_.get(), &one, d.x.get(), x.raw(), d.w.get(), w.raw(),
                                d.convolution.get(), static_cast<cudnnConvolutionFwdAlgo_t>(plan.algorithm),
                                workspace.get(), plan.workspace, &zero, d.y.get(), y.raw()),
                 "convolve");
    if (bias.defined()) {
      const Tensor b = bias.to(x.dtype());
      cudnn_.check(cudnn_.add_tensor(handle_.get(), &one, d.bias.get(), b.raw(), &one, d.y.get(), y.raw()),
                   "add a bias");
    }
    return y;
  }

  Tensor input_gradient(const Tensor& grad, const Tensor& weight, const Shape& input_shape,
                        ConvolutionWindow window) override {
    Tensor dx = Tensor::empty(input_shape, grad.dtype(), Device::cuda);
    const Plan& plan =
        plan_of(Product::input_gradient, input_shape, weight.shape(), grad.shape(), window, grad.dtype());
    const Descriptors& d = plan.descriptors;
    const auto workspace = allocate(plan.workspace, Device::cuda);
    const Tensor w = weight.to(grad.dtype());
    cudnn_.check(
        cudnn_.backward_data(handle_.get(), &one, d.w.get(), w.raw(), d.y.get(), grad.raw(),
                             d.convolution.get(), static_cast<cudnnConvolutionBwdDataAlgo_t>(plan.algorithm),
                             workspace.get(), plan.workspace, &zero, d.x.get(), dx.raw()),
        "work out an input's gradient");
    return dx;
  }

  Tensor weight_gradient(const Tensor& grad, const Tensor& x, const Shape& weight_shape,
                         ConvolutionWindow window) override {
    Tensor dw = Tensor::empty(weight_shape, x.dtype(), Device::cuda);
    const Plan& plan =
        plan_of(Product::weight_gradient, x.shape(), weight_shape, grad.shape(), window, x.dtype());
    const Descriptors& d = plan.descriptors;
    const auto workspace = allocate(plan.workspace, Device::cuda);
    cudnn_.check(cudnn_.backward_filter(handle_.get(), &one, d.x.get(), x.raw(), d.y.get(), grad.raw(),
                                        d.convolution.get(),
                                        static_cast<cudnnConvolutionBwdFilterAlgo_t>(plan.algorithm),
                                        workspace.get(), plan.workspace, &zero, d.w.get(), dw.raw()),
                 "work out a weight's gradient");
    return dw.to(DType::f32);
  }

 private:
  static constexpr float one = 1, zero = 0;
  using Key = std::array<std::int64_t, 16>;

  static Shape output_shape(const Shape& x, const Shape& w, ConvolutionWindow window) {
    const auto extent = [&](int axis) {
      return (x[axis] + 2 * window.padding - w[axis]) / window.stride + 1;
    };
    return {x[0], extent(1), extent(2), w[0]};
  }

  const Plan& plan_of(Product product, const Shape& x, const Shape& w, const Shape& y,
                      ConvolutionWindow window, DType dtype) {
    const Key key{x[0],
                  x[1],
                  x[2],
                  x[3],
                  w[0],
                  w[1],
                  w[2],
                  w[3],
                  y[1],
                  y[2],
                  y[3],
                  window.stride,
                  window.padding,
                  static_cast<std::int64_t>(product),
                  static_cast<std::int64_t>(dtype)};
    const auto known = plans_.find(key);
    if (known != plans_.end()) return known->second;
    Plan plan{Descriptors(cudnn_, x, w, y, window, dtype)};
    choose(product, dtype, plan);
    return plans_.emplace(key, std::move(plan)).first->second;
  }

  void choose(Product product, DType dtype, Plan& plan) const {
    const Descriptors& d = plan.descriptors;
    const bool tries = choice_ == CudnnChoice::measured;
    switch (product) {
      case Product::forward:
        return choose(tries ? cudnn_.find_forward : cudnn_.get_forward, cudnn_.forward_workspace, dtype, plan,
                      d.x.get(), d.w.get(), d.convolution.get(), d.y.get());
      case Product::input_gradient:
        return choose(tries ? cudnn_.find_backward_data : cudnn_.get_backward_data,
                      cudnn_.backward_data_workspace, dtype, plan, d.w.get(), d.y.get(), d.convolution.get(),
                      d.x.get());
      case Product::weight_gradient:
        return choose(tries ? cudnn_.find_backward_filter : cudnn_.get_backward_filter,
                      cudnn_.backward_filter_workspace, dtype, plan, d.x.get(), d.y.get(),
                      d.convolution.get(), d.w.get());
    }
  }

  /// The best of cuDNN's suggestions, best first, that gives the same bits every time and, for float32, does
  /// not round to TF32. The four descriptors stand in cuDNN's order.
  template <class Performance, class A, class B, class C>
  void choose(cudnnStatus_t (*suggest)(cudnnHandle_t, A, B, cudnnConvolutionDescriptor_t, C, int, int*,
                                       Performance*),
              cudnnStatus_t (*workspace)(cudnnHandle_t, A, B, cudnnConvolutionDescriptor_t, C,
                                         decltype(Performance::algo), std::size_t*),
              DType dtype, Plan& plan, A a, B b, cudnnConvolutionDescriptor_t convolution, C c) const {
    const bool exact = dtype == DType::f32 && precision_ == Precision::float32;
    const auto set_math = [&](cudnnMathType_t math) {
      cudnn_.check(cudnn_.set_math(convolution, math), "choose how products are rounded");
    };
    set_math(exact ? CUDNN_FMA_MATH : dtype == DType::f32 ? CUDNN_DEFAULT_MATH : CUDNN_TENSOR_OP_MATH);
    std::array<Performance, 16> suggestions{};
    int count = 0;
    cudnn_.check(suggest(handle_.get(), a, b, convolution, c, static_cast<int>(suggestions.size()), &count,
                         suggestions.data()),
                 "choose an algorithm");
    for (int i = 0; i < count; ++i) {
      const Performance& suggestion = suggestions[i];
      if (suggestion.status != CUDNN_STATUS_SUCCESS || suggestion.determinism != CUDNN_DETERMINISTIC)
        continue;
      if (!exact) set_math(suggestion.mathType);
      if (workspace(handle_.get(), a, b, convolution, c, suggestion.algo, &plan.workspace) !=
          CUDNN_STATUS_SUCCESS)
        continue;
      plan.algorithm = static_cast<int>(suggestion.algo);
      return;
    }
    fail("cuDNN has no algorithm for a convolution that gives the same bits every time");
  }

  const CudnnLibrary& cudnn_;
  CudnnHandle<cudnnHandle_t> handle_;
  Precision precision_;
  CudnnChoice choice_;
  std::map<Key, Plan> plans_;
};

}  // namespace

std::unique_ptr<Convolutions> make_cudnn(CUstream_st* stream, Precision precision, CudnnChoice choice) {
  return std::make_unique<Cudnn>(stream, precision, choice);
}

}  // namespace noisegate::cuda

#else

namespace noisegate::cuda {

std::unique_ptr<Convolutions> make_cudnn(CUstream_st*, Precision, CudnnChoice) {
  reject("cuDNN: this build of Noisegate was made without its headers");
}

}  // namespace noisegate::cuda

#endif
