#include "tools/train/data.h"

#include "engine/error.h"
#include "layers/model_file.h"
#include "noise/noise.h"

#include <tuple>
#include <utility>

namespace noisegate {

Dataset load_dataset(const TrainOptions& options) {
  return load_dataset(Spec(options.dataset, "--dataset"), options.data);
}

Dataset load_noisy_dataset(const TrainOptions& options) {
  Dataset dataset = load_dataset(options);
  ImageSet& train = dataset.train;
  NoiseInput input{.classes = dataset.classes,
                   .seed = static_cast<std::uint64_t>(options.seed),
                   .dataset = dataset.name,
                   .data = options.data,
                   .samples_in_all = train.size(),
                   .images_of = [](const std::string& other, const std::filesystem::path& folder) {
                     return load_dataset(Spec(other, "--noise openset's dataset"), folder).train.images;
                   }};
  if (options.limit > 0) train = first(train, options.limit);
  input.truth = train.truth;
  input.images = train.images;
  NoisySet noisy = make_noise(Spec(options.noise, "--noise"), input);
  train.images = noisy.images;
  train.given = std::move(noisy.given);
  train.truth = std::move(noisy.truth);
  return dataset;
}

TrainingData prepare_data(const TrainOptions& options) {
  const auto seed = static_cast<std::uint64_t>(options.seed);
  TrainingData data{load_noisy_dataset(options), {}};
  ImageSet& train = data.dataset.train;
  if (options.validation > 0) {
    std::tie(train, data.validation) = split_validation(train, options.validation, seed);
  } else {
    data.validation = std::move(data.dataset.validation);
  }
  if (options.batch_size > train.size()) {
    reject("--batch-size {} is larger than the training set of {} samples", options.batch_size, train.size());
  }
  return data;
}

std::unique_ptr<Module> new_model(const TrainOptions& options, const Dataset& dataset) {
  return make_model(Spec(options.model, "--model"), image_format(dataset), dataset.classes,
                    static_cast<std::uint64_t>(options.seed), parse_device(options.device));
}

std::unique_ptr<Module> starting_model(const TrainOptions& options, const Dataset& dataset,
                                       std::vector<std::string>& notes) {
  auto model = new_model(options, dataset);
  if (options.init.empty()) return model;
  if (const auto notice = load_starting_weights(*model, options.init)) notes.push_back(*notice);
  return model;
}

ImageFormat image_format(const Dataset& dataset) {
  const ImageSet& test = dataset.test;
  if (!test.images.defined()) return {dataset.fit.height, dataset.fit.width, 3};
  const Shape& shape = test.images.shape();
  return {static_cast<int>(shape[1]), static_cast<int>(shape[2]), static_cast<int>(shape[3])};
}

}  // namespace noisegate
