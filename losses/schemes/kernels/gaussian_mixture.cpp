#include "losses/schemes/kernels/gaussian_mixture.h"

#include <algorithm>
#include <vector>

namespace noisegate {

std::array<Gaussian, 2> fit_two_gaussians(std::span<const float> values) {
  const auto [smallest, largest] = std::ranges::minmax(values);
  HostTeam team;
  std::vector<double> upper(values.size());
  std::array<Gaussian, 2> components{};
  MixtureFit(team, values, upper)(smallest, largest, components.data());
  return components;
}

}  // namespace noisegate
