// Which convolutions a model does: what measurements of single convolutions go by.
#pragma once

#include "engine/ops.h"
#include "engine/tensor.h"

#include <vector>

namespace noisegate {

/// One call of conv2d.
struct ConvolutionCall {
  Shape image, kernel;
  ConvolutionWindow window;
  Layout layout = Layout::plain;  // of the images
  bool input_gradient = false;    // whether the backward pass needs it
};

/// While one lives, it notes every call of conv2d on this thread; no two at a time.
class ConvolutionLog {
 public:
  ConvolutionLog();
  ~ConvolutionLog();
  ConvolutionLog(const ConvolutionLog&) = delete;
  ConvolutionLog& operator=(const ConvolutionLog&) = delete;

  /// In their order.
  const std::vector<ConvolutionCall>& calls() const { return calls_; }

  /// For conv2d.
  static void note(const Variable& x, const Shape& kernel, ConvolutionWindow window);

 private:
  std::vector<ConvolutionCall> calls_;
};

}  // namespace noisegate
