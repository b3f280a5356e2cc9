// Open-set label noise: images of none of the classes among the training set, under the labels of those that
// they replace. Wang et al., "Iterative learning with open-set noisy labels", CVPR 2018.
#include "engine/error.h"
#include "noise/models.h"

#include <cstring>

namespace noisegate {
namespace {

Tensor other_images(const Spec& spec, const NoiseInput& input) {
  const std::string dataset = spec.word("dataset", "cifar100");
  if (!input.images.defined() || !input.images_of)
    reject("{} {}: openset needs the images in memory, which this dataset has not", spec.what(), spec.text());
  if (dataset == input.dataset)
    reject("{} {}: the images must be of another dataset than {}", spec.what(), spec.text(), dataset);
  const Tensor others = input.images_of(dataset, spec.word("data", input.data.string()));
  const Shape &ours = input.images.shape(), &theirs = others.shape();
  if (ours[1] != theirs[1] || ours[2] != theirs[2] || ours[3] != theirs[3])
    reject("{} {}: the images of {} are {}x{}x{}, those of {} {}x{}x{}", spec.what(), spec.text(), dataset,
           theirs[1], theirs[2], theirs[3], input.dataset, ours[1], ours[2], ours[3]);
  return others;
}

}  // namespace

NoisySet openset_noise(Spec& spec, const NoiseInput& input) {
  spec.expect({"rate", "dataset", "data"});
  const double rate = spec.number("rate", 0.4, 0, 1);
  const Tensor others = other_images(spec, input);
  const auto order =
      permutation(static_cast<std::int32_t>(others.size(0)), Philox(input.seed, Purpose::open_set));
  const std::int64_t image_bytes = others.size(0) == 0 ? 0 : others.numel() / others.size(0);

  NoisySet noisy{input.truth, input.truth, input.images.clone()};
  std::size_t used = 0;
  for (const Labels& samples : choose_exactly(input, rate)) {
    if (used + samples.size() > order.size())
      reject("{} {}: the other dataset has only {} images", spec.what(), spec.text(), order.size());
    for (const std::int32_t sample : samples) {
      std::memcpy(noisy.images.data<std::uint8_t>() + sample * image_bytes,
                  others.data<std::uint8_t>() + order[used++] * image_bytes, image_bytes);
      noisy.truth[sample] = no_class;
    }
  }
  return noisy;
}

}  // namespace noisegate
