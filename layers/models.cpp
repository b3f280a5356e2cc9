#include "layers/models.h"

#include "engine/error.h"
#include "layers/cnn.h"
#include "layers/named_model.h"
#include "layers/preact_resnet.h"
#include "layers/resnet.h"
#include "layers/wide_resnet.h"

namespace noisegate {
namespace {

/// In the order in which `noisegate list models` has them.
const std::vector<NamedModel>& models() {
  static const std::vector<NamedModel> all = {
      resnet18_model(),    resnet34_model(), resnet50_model(), preact_resnet34_model(),
      wide_resnet_model(), cnn8_model(),     cnn4_model(),
  };
  return all;
}

const NamedModel& find_model(const Spec& spec) {
  for (const NamedModel& model : models())
    if (model.takes && model.takes(spec)) return model;
  return find_entry(models(), spec);
}

}  // namespace

std::vector<Description> list_models() {
  return {models().begin(), models().end()};
}

void require_model(const Spec& spec) {
  find_model(spec);
}

void require_side(const Values& values, const ModelRequest& request, int side) {
  const ImageFormat& format = request.format;
  if (format.height >= side && format.width >= side) return;
  reject("{}: needs images of at least {}x{} pixels, not {}x{}", values.spec().where(), side, side,
         format.height, format.width);
}

std::unique_ptr<Module> make_model(const Spec& spec, ImageFormat format, int classes, std::uint64_t seed,
                                   Device device) {
  if (format.channels < 1) reject("{}: needs images of one channel or more", spec.where());
  if (classes < 1) reject("{}: needs one class or more, not {}", spec.where(), classes);
  const NewModulesOn on_device(device);
  const NamedModel& model = find_model(spec);
  return model.make(Values(spec, model.parameters), {format, classes, seed});
}

}  // namespace noisegate
