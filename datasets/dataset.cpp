#include "datasets/dataset.h"

#include "datasets/cifar.h"
#include "datasets/image_list.h"
#include "datasets/mnist.h"
#include "datasets/synthetic.h"
#include "engine/error.h"
#include "engine/random.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <utility>

#include <fmt/ranges.h>

namespace noisegate {
namespace {

/// In the order in which `noisegate list datasets` has them.
const std::vector<DatasetReader>& readers() {
  static const std::vector<DatasetReader> all = {
      cifar10_reader(),       cifar100_reader(), mnist_reader(),
      fashion_mnist_reader(), list_reader(),     synthetic_reader(),
  };
  return all;
}

/// How many samples of each class to hold out, so that they are `total` in all: the rounded-down shares, then
/// one more where most was cut off.
std::vector<std::int64_t> proportional_shares(const std::vector<std::int64_t>& samples_of,
                                              std::int64_t total) {
  const std::int64_t all = std::accumulate(samples_of.begin(), samples_of.end(), std::int64_t{0});
  std::vector<std::int64_t> shares;
  for (const std::int64_t samples : samples_of) shares.push_back(samples * total / all);

  std::vector<std::size_t> by_remainder(samples_of.size());
  std::iota(by_remainder.begin(), by_remainder.end(), std::size_t{0});
  std::stable_sort(by_remainder.begin(), by_remainder.end(), [&](std::size_t a, std::size_t b) {
    return samples_of[a] * total % all > samples_of[b] * total % all;
  });
  const std::int64_t missing = total - std::accumulate(shares.begin(), shares.end(), std::int64_t{0});
  for (std::int64_t i = 0; i < missing; ++i) ++shares[by_remainder[i]];
  return shares;
}

/// The images at these positions, which must be there.
Tensor subset(const Tensor& images, const std::vector<std::int32_t>& positions) {
  const Shape& shape = images.shape();
  const auto samples = static_cast<std::int64_t>(positions.size());
  const std::int64_t image_bytes = shape[1] * shape[2] * shape[3];
  Tensor chosen = Tensor::empty({samples, shape[1], shape[2], shape[3]}, DType::u8);
  const std::uint8_t* source = images.data<std::uint8_t>();
  std::uint8_t* destination = chosen.data<std::uint8_t>();
  for (const std::int32_t position : positions)
    destination = std::copy_n(source + position * image_bytes, image_bytes, destination);
  return chosen;
}

}  // namespace

std::vector<Description> list_datasets() {
  return {readers().begin(), readers().end()};
}

Dataset load_dataset(const Spec& spec, const std::filesystem::path& folder) {
  return make_entry(readers(), spec, folder);
}

std::string find_dataset(const std::filesystem::path& folder) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error))
    reject("--data {}: there is no such folder", folder.string());
  std::vector<std::string> found, known;
  for (const DatasetReader& reader : readers()) {
    if (!reader.lies_in) continue;
    if (reader.lies_in(folder)) found.push_back(reader.name);
    known.push_back(fmt::format("{} ({})", reader.known_by, reader.name));
  }
  if (found.size() == 1) return found.front();
  if (found.size() > 1)
    reject("--data {} has the files of {}: name one of them by --dataset", folder.string(),
           fmt::join(found, " and "));
  if (has_mnist_files(folder))
    reject(
        "--data {} has idx files, which may be those of MNIST or of Fashion-MNIST: say which, --dataset "
        "mnist or --dataset fashion-mnist",
        folder.string());
  reject("--data {} has none of the files that a dataset is known by: {}", folder.string(),
         fmt::join(known, ", "));
}

ImageSet subset(const ImageSet& set, const std::vector<std::int32_t>& positions) {
  ImageSet chosen;
  for (const std::int32_t position : positions) {
    if (position < 0 || position >= set.size())
      reject("a subset asks for sample {} of a set of {}", position, set.size());
    if (!set.files.empty()) chosen.files.push_back(set.files[position]);
    chosen.given.push_back(set.given[position]);
    chosen.truth.push_back(set.truth[position]);
  }
  if (set.images.defined()) chosen.images = subset(set.images, positions);
  return chosen;
}

ImageSet first(const ImageSet& set, std::int64_t count) {
  if (count < 1 || count > set.size())
    reject("--limit {}: it must lie between 1 and the set's {} samples", count, set.size());
  std::vector<std::int32_t> positions(count);
  std::iota(positions.begin(), positions.end(), 0);
  return subset(set, positions);
}

std::pair<ImageSet, ImageSet> split_validation(const ImageSet& set, double fraction, std::uint64_t seed) {
  const std::int64_t held_out = std::llround(fraction * static_cast<double>(set.size()));
  if (!(fraction >= 0 && fraction <= 1) || held_out < 1 || held_out >= set.size())
    reject("a validation share of {} leaves one part of {} samples empty", fraction, set.size());

  const std::int32_t classes = 1 + *std::max_element(set.given.begin(), set.given.end());
  std::vector<std::vector<std::int32_t>> positions_of(classes);
  for (std::int32_t i = 0; i < set.size(); ++i) positions_of[set.given[i]].push_back(i);
  std::vector<std::int64_t> samples_of;
  for (const auto& positions : positions_of)
    samples_of.push_back(static_cast<std::int64_t>(positions.size()));

  const std::vector<std::int64_t> shares = proportional_shares(samples_of, held_out);
  std::vector<bool> is_held_out(set.size());
  for (std::int32_t label = 0; label < classes; ++label) {
    const auto samples = static_cast<std::int32_t>(samples_of[label]);
    const auto order = permutation(samples, Philox(seed, Purpose::validation_split, 0, label));
    for (std::int64_t i = 0; i < shares[label]; ++i) is_held_out[positions_of[label][order[i]]] = true;
  }

  std::vector<std::int32_t> rest, validation;
  for (std::int32_t i = 0; i < set.size(); ++i) (is_held_out[i] ? validation : rest).push_back(i);
  return {subset(set, rest), subset(set, validation)};
}

}  // namespace noisegate
