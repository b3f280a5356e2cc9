// The lanes' elementary functions against the standard library's in double.
#include "engine/math.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

/// The largest relative error over n points from low to high.
template <class F, class G>
double worst_error(F function, G exact, double low, double high, int n = 20000) {
  double worst = 0;
  for (int i = 0; i < n; i += lane_count) {
    Lanes x;
    for (int k = 0; k < lane_count; ++k) x[k] = static_cast<float>(low + (high - low) * (i + k) / n);
    const Lanes y = function(x);
    for (int k = 0; k < lane_count; ++k) {
      const double expected = exact(static_cast<double>(x[k]));
      const double error = std::abs(y[k] - expected) / std::max(std::abs(expected), 1e-37);
      if (!(error <= worst)) worst = error;
    }
  }
  return worst;
}

constexpr double two_units = 2 * std::numeric_limits<float>::epsilon();

}  // namespace

TEST_CASE("exp, expm1, log, log1p and rsqrt of lanes are exact to two units in the last place") {
  const auto exp_lanes = [](Lanes x) { return math::exp(x); };
  const auto exp_exact = [](double x) { return std::exp(x); };
  CHECK(worst_error(exp_lanes, exp_exact, -87, 88.7) < two_units);
  CHECK(worst_error(exp_lanes, exp_exact, -1, 1) < two_units);
  const auto expm1_lanes = [](Lanes x) { return math::expm1(x); };
  const auto expm1_exact = [](double x) { return std::expm1(x); };
  CHECK(worst_error(expm1_lanes, expm1_exact, -100, 80) < two_units);
  CHECK(worst_error(expm1_lanes, expm1_exact, -1e-6, 1e-6) < two_units);
  const auto log_lanes = [](Lanes x) { return math::log(x); };
  const auto log_exact = [](double x) { return std::log(x); };
  CHECK(worst_error(log_lanes, log_exact, 0.4, 2.5) < two_units);
  CHECK(worst_error(log_lanes, log_exact, 1e-37, 1e-30) < two_units);
  CHECK(worst_error(log_lanes, log_exact, 1e30, 3e38) < two_units);
  const auto rsqrt_lanes = [](Lanes x) { return math::rsqrt(x); };
  const auto rsqrt_exact = [](double x) { return 1 / std::sqrt(x); };
  CHECK(worst_error(rsqrt_lanes, rsqrt_exact, 0.2, 4.1) < two_units);
  CHECK(worst_error(rsqrt_lanes, rsqrt_exact, 1.2e-38, 1e-36) < two_units);
  CHECK(worst_error(rsqrt_lanes, rsqrt_exact, 1e30, 1e37) < two_units);
  const auto log1p_lanes = [](Lanes x) { return math::log1p(x); };
  const auto log1p_exact = [](double x) { return std::log1p(x); };
  CHECK(worst_error(log1p_lanes, log1p_exact, -0.999, 10) < two_units);
  CHECK(worst_error(log1p_lanes, log1p_exact, -1e-6, 1e-6) < two_units);
}

TEST_CASE("the ends of their ranges") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const Lanes x = {-infinity, -1e4f, -90, 0, 89, infinity, NAN};
  const Lanes power = math::exp(x);
  CHECK(power[0] == 0);
  CHECK(power[1] == 0);
  CHECK(power[2] == 0);
  CHECK(power[3] == 1);
  CHECK(power[4] == infinity);
  CHECK(power[5] == infinity);
  CHECK(std::isnan(power[6]));
  CHECK(math::expm1(x)[1] == -1);
  CHECK(math::log(Lanes{})[0] == doctest::Approx(-87.3365));
  CHECK(std::isnan(math::log(Lanes{} + NAN)[0]));
  CHECK(math::log1p(Lanes{})[0] == 0);
  CHECK(math::select(x > broadcast(0), x, Lanes{})[4] == 89);
  CHECK(math::max(x, Lanes{})[1] == 0);
}
