#include "datasets/batches/sampling.h"

#include "engine/random.h"

#include <algorithm>
#include <numeric>

namespace noisegate {

Batches cut_into_batches(std::span<const std::int32_t> order, int batch_size) {
  Batches batches;
  const auto size = static_cast<std::size_t>(batch_size);
  for (std::size_t begin = 0; begin < order.size(); begin += size) {
    const std::size_t end = std::min(begin + size, order.size());
    batches.emplace_back(order.begin() + begin, order.begin() + end);
  }
  if (batch_size > 1 && batches.size() > 1 && batches.back().size() == 1) {
    const std::int32_t left_over = batches.back().front();
    batches.pop_back();
    batches.back().push_back(left_over);
  }
  return batches;
}

Batches epoch_batches(std::int64_t samples, int batch_size, std::uint64_t seed, int epoch) {
  return cut_into_batches(permutation(static_cast<std::int32_t>(samples),
                                      Philox(seed, Purpose::shuffle, static_cast<std::uint32_t>(epoch))),
                          batch_size);
}

Batches balanced_batches(std::span<const std::int32_t> labels, int per_class, int batch_size,
                         std::uint64_t seed, int epoch) {
  const auto epoch_number = static_cast<std::uint32_t>(epoch);
  std::vector<std::vector<std::int32_t>> positions_of(
      labels.empty() ? 0 : 1 + *std::max_element(labels.begin(), labels.end()));
  for (std::size_t i = 0; i < labels.size(); ++i)
    positions_of[labels[i]].push_back(static_cast<std::int32_t>(i));

  std::vector<std::int32_t> chosen;
  for (std::size_t label = 0; label < positions_of.size(); ++label) {
    const auto samples = static_cast<std::int32_t>(positions_of[label].size());
    const auto order = permutation(
        samples, Philox(seed, Purpose::class_sampling, epoch_number, static_cast<std::uint32_t>(label)));
    for (std::int32_t i = 0; i < std::min(per_class, samples); ++i)
      chosen.push_back(positions_of[label][order[i]]);
  }
  const auto order =
      permutation(static_cast<std::int32_t>(chosen.size()), Philox(seed, Purpose::shuffle, epoch_number));
  std::vector<std::int32_t> shuffled;
  for (const std::int32_t i : order) shuffled.push_back(chosen[i]);
  return cut_into_batches(shuffled, batch_size);
}

Batches ordered_batches(std::int64_t samples, int batch_size) {
  Batches batches;
  for (std::int64_t begin = 0; begin < samples; begin += batch_size) {
    auto& batch = batches.emplace_back(std::min<std::int64_t>(batch_size, samples - begin));
    std::iota(batch.begin(), batch.end(), static_cast<std::int32_t>(begin));
  }
  return batches;
}

}  // namespace noisegate
