#include "engine/trace.h"

#include "engine/gpu_platform.h"

namespace noisegate {
namespace {

bool tracing = false;

Trace::Totals& mutable_totals() {
  static Trace::Totals totals;
  return totals;
}

}  // namespace

Trace::Trace(const char* op, Pass pass) : op_(op), pass_(pass) {
  if (const GpuPlatform* gpu = installed_gpu(); gpu && gpu->begin_range)
    gpu->begin_range(pass == Pass::forward ? op : (std::string(op) + " backward").c_str());
  if (tracing) start_ = std::chrono::steady_clock::now();
}

Trace::~Trace() {
  if (const GpuPlatform* gpu = installed_gpu(); gpu && gpu->end_range) gpu->end_range();
  if (!tracing) return;
  Total& total = mutable_totals()[{op_, pass_}];
  total.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  ++total.calls;
}

void Trace::count_multiply_adds(double count) const {
  if (tracing) mutable_totals()[{op_, pass_}].multiply_adds += count;
}

void Trace::enable(bool on) {
  if (on) mutable_totals().clear();
  tracing = on;
}

const Trace::Totals& Trace::totals() {
  return mutable_totals();
}

}  // namespace noisegate
