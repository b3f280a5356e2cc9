// Lists the convolutions that a model computes, for benchmarks of single convolutions.
#pragma once

#include "engine/ops.h"
#include "engine/tensor.h"

#include <vector>

namespace noisegate {

/// One call of conv2d.
struct ConvolutionCall {
  Shape image, kernel;
  ConvolutionWindow window;
  Layout layout = Layout::plain;  // the layout of the images
  bool input_gradient = false;    // whether the backward pass needs it
};

/// While an instance lives, it logs every call of conv2d on this thread; only one may live at a time.
class ConvolutionLog {
 public:
  ConvolutionLog();
  ~ConvolutionLog();
  ConvolutionLog(const ConvolutionLog&) = delete;
  ConvolutionLog& operator=(const ConvolutionLog&) = delete;

  /// Returns the calls in order.
  const std::vector<ConvolutionCall>& calls() const { return calls_; }

  /// Called by conv2d.
  static void note(const Variable& x, const Shape& kernel, ConvolutionWindow window);

 private:
  std::vector<ConvolutionCall> calls_;
};

}  // namespace noisegate
