#include "tools/figures/heat_map.h"

#include "engine/text.h"
#include "tools/figures/svg.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace noisegate {
namespace {

constexpr const char* style = R"(<style>
  text { font-family: system-ui, sans-serif }
  .ink { fill: #1f2328 } .paper { fill: #ffffff } .cell { fill: #0550ae } .on { fill: #ffffff }
  .grid { fill: none; stroke: #d0d7de }
  @media (prefers-color-scheme: dark) {
    .ink { fill: #e6edf3 } .paper { fill: #0d1117 } .cell { fill: #79c0ff } .on { fill: #0d1117 }
    .grid { stroke: #30363d }
  }
</style>
)";

constexpr std::size_t longest_name = 40;

/// Sizes in pixels: a small matrix has room for numbers, a large one fits a page.
struct Geometry {
  int cell, font, margin;  // margin: left of the cells and above them, for the names
  static constexpr int above = 56, below = 30;

  explicit Geometry(const std::vector<std::string>& names) {
    const int classes = static_cast<int>(names.size());
    cell = classes <= 20 ? 44 : std::max(9, 900 / classes);
    font = classes <= 20 ? 13 : std::min(cell - 1, 13);
    std::size_t longest = 0;
    for (const std::string& name : names) longest = std::max(longest, name.size());
    margin = 24 + static_cast<int>(longest) * font * 5 / 8;
  }
  bool has_numbers() const { return cell >= 40; }
  int x(int given) const { return margin + given * cell; }
  int y(int row) const { return above + margin + row * cell; }
};

/// Small shares distinguish noise models; their square root keeps them visible next to the diagonal.
double shade(double share) {
  return std::sqrt(share);
}

std::string cell_svg(const Geometry& geometry, int row, int given, double share, const std::string& what) {
  const int x = geometry.x(given), y = geometry.y(row);
  std::string svg = fmt::format(
      "<rect class='cell' x='{0}' y='{1}' width='{2}' height='{2}' fill-opacity='{3:.3f}'>"
      "<title>{4}: {5:.2f}%</title></rect>\n",
      x, y, geometry.cell, shade(share), escape_xml(what), 100 * share);
  if (geometry.has_numbers() && share >= 0.0005) {
    svg += fmt::format(
        "<text class='{}' x='{}' y='{}' text-anchor='middle' font-size='12' "
        "pointer-events='none'>{:.1f}</text>\n",
        shade(share) > 0.5 ? "on" : "ink", x + geometry.cell / 2, y + geometry.cell / 2 + 4, 100 * share);
  }
  return svg;
}

std::string names_svg(const Geometry& geometry, const std::vector<std::string>& rows,
                      const std::vector<std::string>& columns) {
  std::string svg;
  const int middle = geometry.cell / 2 + geometry.font / 3;
  for (int row = 0; row < static_cast<int>(rows.size()); ++row) {
    svg += fmt::format("<text class='ink' x='{}' y='{}' text-anchor='end' font-size='{}'>{}</text>\n",
                       geometry.margin - 6, geometry.y(row) + middle, geometry.font, escape_xml(rows[row]));
  }
  for (int column = 0; column < static_cast<int>(columns.size()); ++column) {
    svg += fmt::format(
        "<text class='ink' transform='translate({} {}) rotate(-90)' font-size='{}'>{}</text>\n",
        geometry.x(column) + middle, geometry.y(0) - 6, geometry.font, escape_xml(columns[column]));
  }
  return svg;
}

}  // namespace

std::string heat_map_svg(const TransitionMatrix& matrix, const std::vector<std::string>& class_names,
                         const std::string& title, const std::string& subtitle) {
  std::vector<std::string> column_names;
  for (const std::string& name : class_names) column_names.push_back(shown(name, longest_name));
  std::vector<std::string> row_names = column_names;
  if (matrix.samples(no_class) > 0) row_names.push_back("none of them");
  const Geometry geometry(row_names);
  const int classes = matrix.classes(), rows = static_cast<int>(row_names.size());
  const int width = std::max(geometry.x(classes) + 24, 24 + 8 * static_cast<int>(title.size()));
  const int height = geometry.y(rows) + Geometry::below;

  std::string svg = fmt::format(
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {0} {1}' width='{0}' height='{1}'>\n{2}"
      "<rect class='paper' width='{0}' height='{1}'/>\n<text class='ink' x='12' y='26' "
      "font-size='15'>{3}</text>\n<text class='ink' x='12' y='46' font-size='13'>{4}</text>\n",
      width, height, style, escape_xml(shown(title, 200)), escape_xml(subtitle));
  svg += names_svg(geometry, row_names, column_names);
  for (int row = 0; row < rows; ++row) {
    for (int given = 0; given < classes; ++given) {
      const double share = matrix(row == classes ? no_class : row, given);
      if (share == 0) continue;
      svg += cell_svg(geometry, row, given, share, row_names[row] + " labelled " + column_names[given]);
    }
  }
  svg += fmt::format("<rect class='grid' x='{}' y='{}' width='{}' height='{}'/>\n", geometry.x(0),
                     geometry.y(0), classes * geometry.cell, rows * geometry.cell);
  return svg + fmt::format(
                   "<text class='ink' x='12' y='{}' font-size='12'>rows: the true class; columns: the "
                   "label; % of the row, shaded by its square root</text>\n</svg>\n",
                   height - 10);
}

}  // namespace noisegate
