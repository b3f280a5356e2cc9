// Label noise by a given transition matrix T: a sample of class i gets the label j with the chance T(i, j).
#include "engine/error.h"
#include "engine/io/csv.h"
#include "engine/io/files.h"
#include "engine/io/npy.h"
#include "noise/models.h"
#include "noise/transition.h"

#include <cmath>
#include <numeric>

namespace noisegate {
namespace {

constexpr double sum_tolerance = 1e-3;  // matrices are published with few digits

NumpyArray<double> read_matrix(const std::string& path, const std::string& what) {
  if (path.ends_with(".npy")) return load_numpy<double>(path);
  if (!path.ends_with(".csv")) reject("{}: it needs a file that ends in .npy or .csv", what);
  const std::vector<std::byte> bytes = read_file(path);
  const CsvTable table(bytes, path, false);
  return {{static_cast<std::int64_t>(table.rows()), static_cast<std::int64_t>(table.columns())},
          table.numbers()};
}

/// Divides each row by its sum, which must be 1 within the tolerance.
void normalise_rows(std::vector<double>& matrix, int classes, const std::string& path) {
  for (int row = 0; row < classes; ++row) {
    const std::span<double> chances = std::span(matrix).subspan(row * classes, classes);
    for (const double chance : chances)
      if (!(chance >= 0)) reject("{}: row {} has the chance {}", path, row, chance);
    const double sum = std::accumulate(chances.begin(), chances.end(), 0.0);
    if (!(std::abs(sum - 1) <= sum_tolerance)) reject("{}: row {} sums to {}, not to 1", path, row, sum);
    for (double& chance : chances) chance /= sum;
  }
}

}  // namespace

std::vector<double> load_transition(const std::string& path, int classes, const std::string& what) {
  require_matrix_of(classes, what);
  NumpyArray<double> matrix = read_matrix(path, what);
  if (matrix.shape != std::vector<std::int64_t>{classes, classes})
    reject("{} is no matrix of {} rows and columns, one for each class", path, classes);
  normalise_rows(matrix.values, classes, path);
  return matrix.values;
}

namespace {

Labels draw_from_matrix(const Values& values, const NoiseInput& input) {
  const std::vector<double> matrix =
      load_transition(values.word("file"), input.classes, values.spec().where());

  Labels given(input.truth.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    Philox random(input.seed, Purpose::sample_noise, 0, static_cast<std::uint32_t>(i));
    const std::size_t row = static_cast<std::size_t>(input.truth[i]) * input.classes;
    given[i] = draw_class(std::span(matrix).subspan(row, input.classes), random.uniform());
  }
  return given;
}

}  // namespace

NoiseModel transition_noise() {
  return {{.name = "transition",
           .what = "drawn from a transition matrix",
           .parameters = {parameter::path(
               "file", "T.csv or T.npy, a row for each true class, the chances of the labels")}},
          relabelled<draw_from_matrix>};
}

}  // namespace noisegate
