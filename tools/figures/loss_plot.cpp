#include "tools/figures/loss_plot.h"

#include "tools/figures/svg.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <fmt/format.h>

namespace noisegate {
namespace {

// Okabe and Ito's colours, which the colour-blind can tell apart; yellow left out, which a white page
// swallows.
constexpr const char* style = R"(<style>
  text { font-family: system-ui, sans-serif; font-size: 13px }
  .ink { fill: #1f2328 } .dim { fill: #59636e } .paper { fill: #ffffff } .grid { stroke: #d8dee4 }
  path { fill: none; stroke-width: 2; stroke-linejoin: round }
  .c0 { stroke: #0072b2 } .c1 { stroke: #d55e00 } .c2 { stroke: #009e73 } .c3 { stroke: #cc79a7 }
  .c4 { stroke: #56b4e9 } .c5 { stroke: #e69f00 } .c6 { stroke: #6e7781 }
  .d1 { stroke-dasharray: 7 4 } .d2 { stroke-dasharray: 2 4 }
  @media (prefers-color-scheme: dark) {
    .ink { fill: #e6edf3 } .dim { fill: #9198a1 } .paper { fill: #0d1117 } .grid { stroke: #2f353d }
    .c0 { stroke: #58a6ff } .c1 { stroke: #ff8f4b }
  }
</style>
)";
constexpr int colours = 7;
constexpr int panel_width = 360, panel_height = 260, left = 56, top = 56, gap = 84, line_height = 20;
constexpr int samples = 400;

/// Beyond this a curve is cut off: −log p has no largest value.
constexpr double highest_loss = 5;

struct Point {
  double x, y;
};
using Points = std::vector<Point>;

Points sampled(double low, double high, const std::function<double(double)>& f) {
  Points points;
  for (int i = 0; i <= samples; ++i) {
    const double x = low + (high - low) * i / samples;
    points.push_back({x, f(x)});
  }
  return points;
}

Points loss_over_p(const MarginCurve& curve, int classes) {
  return sampled(0.002, 0.998, [&](double p) { return curve(std::log(p / (1 - p)), classes).value; });
}

Points weight_over_margin(const MarginCurve& curve, int classes) {
  return sampled(-15, 15, [&](double margin) { return curve(margin, classes).weight; });
}

/// 1, 2 or 5 times a power of ten: so large that there are at most six steps to `range`.
double tick_step(double range) {
  const double power = std::pow(10, std::floor(std::log10(range / 6)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (range / (factor * power) <= 6) return factor * power;
  return 10 * power;
}

/// One panel: axes, and a path for each curve.
class Panel {
 public:
  Panel(int x, double x_low, double x_high, double y_high)
      : x_(x), x_low_(x_low), x_high_(x_high), y_high_(y_high) {}

  std::string axes(const std::string& title, const std::string& x_title) const {
    std::string svg = fmt::format("<text class='ink' x='{}' y='{}'>{}</text>\n", x_, top - 14, title);
    svg += fmt::format("<text class='dim' x='{}' y='{}' text-anchor='middle'>{}</text>\n",
                       x_ + panel_width / 2, top + panel_height + 40, x_title);
    const double x_step = tick_step(x_high_ - x_low_), y_step = tick_step(y_high_);
    for (double x = std::ceil(x_low_ / x_step) * x_step; x <= x_high_ + 1e-9; x += x_step)
      svg += line(across(x), top, across(x), top + panel_height) +
             fmt::format("<text class='dim' x='{:.1f}' y='{}' text-anchor='middle'>{:g}</text>\n", across(x),
                         top + panel_height + 20, std::abs(x) < 1e-9 ? 0 : x);
    for (double y = 0; y <= y_high_ * (1 + 1e-9); y += y_step)
      svg += line(x_, up(y), x_ + panel_width, up(y)) +
             fmt::format("<text class='dim' x='{}' y='{:.1f}' text-anchor='end'>{:g}</text>\n", x_ - 8,
                         up(y) + 4, y);
    return svg;
  }

  std::string path(const Points& points, int index, const std::string& name) const {
    std::string data;
    for (const Point& point : points) {
      if (point.y > y_high_ || !std::isfinite(point.y)) continue;
      data += fmt::format("{}{:.1f} {:.1f}", data.empty() ? "M" : "L", across(point.x), up(point.y));
    }
    return fmt::format("<path class='c{} d{}' d='{}'><title>{}</title></path>\n", index % colours,
                       index / colours % 3, data, escape_xml(name));
  }

 private:
  double across(double x) const { return x_ + (x - x_low_) / (x_high_ - x_low_) * panel_width; }
  double up(double y) const { return top + panel_height - y / y_high_ * panel_height; }
  static std::string line(double x1, double y1, double x2, double y2) {
    return fmt::format("<line class='grid' x1='{:.1f}' y1='{:.1f}' x2='{:.1f}' y2='{:.1f}'/>\n", x1, y1, x2,
                       y2);
  }

  int x_;
  double x_low_, x_high_, y_high_;
};

double highest(const std::vector<Points>& curves, double bound) {
  double result = 0;
  for (const Points& points : curves)
    for (const Point& point : points) result = std::max(result, std::min(point.y, bound));
  return result > 0 ? 1.04 * result : 1;
}

std::string legend(const std::vector<NamedCurve>& curves) {
  std::string svg;
  for (int i = 0; i < static_cast<int>(curves.size()); ++i) {
    const int y = top + panel_height + 74 + line_height * (i / 2);
    const int x = i % 2 == 0 ? left : left + panel_width + gap;
    svg += fmt::format("<path class='c{} d{}' d='M{} {}h28'/><text class='ink' x='{}' y='{}'>{}</text>\n",
                       i % colours, i / colours % 3, x, y - 4, x + 36, y, escape_xml(curves[i].name));
  }
  return svg;
}

}  // namespace

std::string loss_plot_svg(const std::vector<NamedCurve>& curves, int classes) {
  std::vector<Points> losses, weights;
  for (const NamedCurve& named : curves) {
    losses.push_back(loss_over_p(named.curve, classes));
    weights.push_back(weight_over_margin(named.curve, classes));
  }
  constexpr double unbounded = 1e300;
  const Panel loss(left, 0, 1, highest(losses, highest_loss));
  const Panel weight(left + panel_width + gap, -15, 15, highest(weights, unbounded));

  const int width = 2 * left + 2 * panel_width + gap - 24;
  const int height = top + panel_height + 74 + line_height * (static_cast<int>(curves.size() + 1) / 2);
  std::string svg = fmt::format(
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {0} {1}' width='{0}' height='{1}'>\n{2}"
      "<rect class='paper' width='{0}' height='{1}'/>\n",
      width, height, style);
  svg += loss.axes("loss ℓ(p)", "probability p of the given label");
  svg += weight.axes("sample weight w(Δ)", "margin Δ of the given label");
  for (int i = 0; i < static_cast<int>(curves.size()); ++i) {
    svg += loss.path(losses[i], i, curves[i].name);
    svg += weight.path(weights[i], i, curves[i].name);
  }
  return svg + legend(curves) + "</svg>\n";
}

}  // namespace noisegate
