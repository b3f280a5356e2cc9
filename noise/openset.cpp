// Open-set label noise: images of none of the classes among the training set, under the labels of those that
// they replace. Wang et al., "Iterative learning with open-set noisy labels", CVPR 2018.
#include "engine/error.h"
#include "noise/models.h"

#include <cstring>

namespace noisegate {
namespace {

Tensor other_images(const Values& values, const NoiseInput& input) {
  const std::string dataset = values.word("dataset"), where = values.spec().where();
  if (!input.images.defined() || !input.images_of)
    reject("{}: openset needs the images in memory, which this dataset has not", where);
  if (dataset == input.dataset) reject("{}: the images must be of another dataset than {}", where, dataset);
  const Tensor others =
      input.images_of(dataset, values.given("data") ? values.word("data") : input.data.string());
  const Shape &ours = input.images.shape(), &theirs = others.shape();
  if (ours[1] != theirs[1] || ours[2] != theirs[2] || ours[3] != theirs[3])
    reject("{}: the images of {} are {}x{}x{}, those of {} {}x{}x{}", where, dataset, theirs[1], theirs[2],
           theirs[3], input.dataset, ours[1], ours[2], ours[3]);
  return others;
}

NoisySet put_in_others(const Values& values, const NoiseInput& input) {
  const Tensor others = other_images(values, input);
  const auto order =
      permutation(static_cast<std::int32_t>(others.size(0)), Philox(input.seed, Purpose::open_set));
  const std::int64_t image_bytes = others.size(0) == 0 ? 0 : others.numel() / others.size(0);

  NoisySet noisy{input.truth, input.truth, input.images.clone()};
  std::size_t used = 0;
  for (const Labels& samples : choose_exactly(input, values.number("rate"))) {
    if (used + samples.size() > order.size())
      reject("{}: the other dataset has only {} images", values.spec().where(), order.size());
    for (const std::int32_t sample : samples) {
      std::memcpy(noisy.images.data<std::uint8_t>() + sample * image_bytes,
                  others.data<std::uint8_t>() + order[used++] * image_bytes, image_bytes);
      noisy.truth[sample] = no_class;
    }
  }
  return noisy;
}

}  // namespace

NoiseModel openset_noise() {
  return {{.name = "openset",
           .what = "a share of each class keeps its labels, but has images of another dataset",
           .paper = "Wang et al., Iterative Learning with Open-set Noisy Labels, CVPR 2018",
           .parameters = {noise_rate_parameter("the share"),
                          parameter::word("dataset", "cifar100", "the other one"),
                          parameter::path("data", "its folder; by default that of --data")}},
          put_in_others};
}

}  // namespace noisegate
