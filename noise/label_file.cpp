// Labels from a file: one array of them as .npy, or a table with a header as .csv, which is how published
// label noise comes (`label,label_noisy`).
#include "engine/error.h"
#include "engine/io/csv.h"
#include "engine/io/files.h"
#include "engine/io/npy.h"
#include "noise/models.h"

namespace noisegate {
namespace {

Labels labels_of_csv(const NoiseInput& input, const std::string& path) {
  const std::vector<std::byte> bytes = read_file(path);
  const CsvTable table(bytes, path, true);
  const Labels given = labels_from_file(input, table.integers("label_noisy"), path);
  if (table.has("label")) require_same_truth(input, table.integers("label"), path);
  return given;
}

Labels labels_of_npy(const NoiseInput& input, const std::string& path) {
  const auto array = load_numpy<std::int64_t>(path);
  if (array.shape.size() != 1) reject("{} has {} axes where labels have one", path, array.shape.size());
  return labels_from_file(input, array.values, path);
}

Labels labels_of_file(const Values& values, const NoiseInput& input) {
  const std::string& path = values.word("file");
  if (path.ends_with(".csv")) return labels_of_csv(input, path);
  if (path.ends_with(".npy")) return labels_of_npy(input, path);
  reject("{}: it needs a file that ends in .npy or .csv", values.spec().where());
}

}  // namespace

NoiseModel file_noise() {
  return {{.name = "file",
           .what = "labels from a file",
           .parameters = {parameter::path(
               "file", "labels.npy, or .csv with a column label_noisy and, to be checked, label")}},
          relabelled<labels_of_file>};
}

}  // namespace noisegate
