#include "datasets/batches/sampling.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

std::vector<std::int32_t> all_of(const Batches& batches) {
  std::vector<std::int32_t> all;
  for (const auto& batch : batches) all.insert(all.end(), batch.begin(), batch.end());
  return all;
}

}  // namespace

TEST_CASE("an epoch visits every sample once, in an order of its own") {
  for (const auto& [samples, batch_size, last] :
       {std::tuple{10, 4, 2}, {9, 4, 5}, {8, 4, 4}, {3, 1, 1}, {1, 4, 1}}) {
    const auto batches = epoch_batches(samples, batch_size, 1, 0);
    std::vector<std::int32_t> visited;
    for (const auto& batch : batches) visited.insert(visited.end(), batch.begin(), batch.end());
    std::sort(visited.begin(), visited.end());
    std::vector<std::int32_t> all(samples);
    std::iota(all.begin(), all.end(), 0);
    CHECK(visited == all);
    CHECK(batches.back().size() == last);
  }
  CHECK(epoch_batches(50, 10, 1, 0) == epoch_batches(50, 10, 1, 0));
  CHECK(epoch_batches(50, 10, 1, 0) != epoch_batches(50, 10, 1, 1));
  CHECK(epoch_batches(50, 10, 1, 0) != epoch_batches(50, 10, 2, 0));
}

TEST_CASE("balanced batches visit as many samples of each label, others in each epoch") {
  std::vector<std::int32_t> labels(100, 0);  // 100 of label 0, 20 of label 1, none of 2, 3 of label 3
  labels.insert(labels.end(), 20, 1);
  labels.insert(labels.end(), 3, 3);
  const auto visited = all_of(balanced_batches(labels, 10, 4, 1, 0));
  std::map<int, int> visits;
  for (const std::int32_t position : visited) ++visits[labels[position]];
  CHECK(visits == std::map<int, int>{{0, 10}, {1, 10}, {3, 3}});
  CHECK(std::set<std::int32_t>(visited.begin(), visited.end()).size() == visited.size());

  CHECK(all_of(balanced_batches(labels, 10, 4, 1, 0)) == visited);
  CHECK(all_of(balanced_batches(labels, 10, 4, 1, 1)) != visited);
  CHECK(all_of(balanced_batches(labels, 10, 4, 2, 0)) != visited);
  std::set<std::int32_t> ever;
  for (int epoch = 0; epoch < 200; ++epoch)
    for (const std::int32_t position : all_of(balanced_batches(labels, 10, 4, 1, epoch)))
      ever.insert(position);
  CHECK(ever.size() == labels.size());
  CHECK(balanced_batches({}, 10, 4, 1, 0).empty());
}

TEST_CASE("labels are mixed within balanced batches") {
  std::vector<std::int32_t> labels(40, 0);
  std::fill(labels.begin() + 20, labels.end(), 1);
  const auto batches = balanced_batches(labels, 20, 20, 1, 0);
  REQUIRE(batches.size() == 2);
  const auto ones =
      std::count_if(batches[0].begin(), batches[0].end(), [&](auto i) { return labels[i] == 1; });
  CHECK(ones > 4);
  CHECK(ones < 16);
}

TEST_CASE("ordered batches are the set, cut") {
  CHECK(ordered_batches(5, 2) == Batches{{0, 1}, {2, 3}, {4}});
  CHECK(ordered_batches(4, 8) == Batches{{0, 1, 2, 3}});
  CHECK(ordered_batches(0, 8).empty());
}
