#include "tools/config/spec_paths.h"

#include "losses/registry.h"
#include "noise/noise.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <sstream>
#include <vector>

#include <fmt/format.h>

namespace noisegate {
namespace {

std::string absolute(const std::string& path) {
  const std::string text = std::filesystem::absolute(path).lexically_normal().string();
  return path.empty() || text.find(',') != std::string::npos ? path : text;
}

/// `is_path` is asked with the key, empty for the value that stands without one, and the value.
using IsPath = std::function<bool(const std::string& key, const std::string& value)>;

std::string with_absolute_paths(const std::string& spec, const IsPath& is_path) {
  const std::size_t colon = spec.find(':');
  if (colon == std::string::npos) return spec;
  std::istringstream parameters(spec.substr(colon + 1));
  std::vector<std::string> parts;
  for (std::string part; std::getline(parameters, part, ',');) {
    const std::size_t equals = part.find('=');
    const std::size_t value = equals == std::string::npos ? 0 : equals + 1;
    const std::string key = equals == std::string::npos ? "" : part.substr(0, equals);
    if (is_path(key, part.substr(value))) part = part.substr(0, value) + absolute(part.substr(value));
    parts.push_back(part);
  }
  return fmt::format("{}:{}", spec.substr(0, colon), fmt::join(parts, ","));
}

std::string name_of(const std::string& spec) {
  return spec.substr(0, spec.find(':'));
}

}  // namespace

std::string noise_with_absolute_paths(const std::string& noise) {
  const std::vector<Description> models = list_noise();
  const auto model = std::ranges::find(models, name_of(noise), &Description::name);
  if (model == models.end()) return noise;
  return with_absolute_paths(noise, [&](const std::string& key, const std::string&) {
    const bool is_main = key.empty() && !model->parameters.empty();
    const std::string& meant = is_main ? model->parameters.front().key : key;
    const auto parameter = std::ranges::find(model->parameters, meant, &Parameter::key);
    return parameter != model->parameters.end() && parameter->kind == Parameter::Kind::path;
  });
}

std::string loss_with_absolute_paths(const std::string& loss) {
  const std::vector<LossInfo> losses = list_losses();
  const auto info = std::ranges::find(losses, name_of(loss), &LossInfo::name);
  const bool main_is_matrix =
      info != losses.end() && info->needs_transition && info->parameters.front().key == "T";
  return with_absolute_paths(loss, [&](const std::string& key, const std::string& value) {
    const bool is_matrix = key == "T" || (key.empty() && main_is_matrix);
    return key == "run" || (is_matrix && value != "true" && value != "estimate");
  });
}

}  // namespace noisegate
