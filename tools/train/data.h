// The data of a run, as its options say: read, cut to --limit, made noisy, split.
#pragma once

#include "datasets/dataset.h"
#include "layers/models.h"
#include "tools/config/train_options.h"

#include <memory>

namespace noisegate {

struct TrainingData {
  Dataset dataset;      // its training set is what is trained on: limited, noisy, without the held-out part
  ImageSet validation;  // held out of the noisy training set by --validation; else the dataset's own, if any
};

/// Throws Error where the data cannot be read, and naming the option for a limit, a noise or a batch size
/// that does not fit it.
TrainingData prepare_data(const TrainOptions& options);

/// The dataset that the options name, its training set cut to --limit and then made noisy.
Dataset load_noisy_dataset(const TrainOptions& options);

/// The model that the options name, for this dataset, its weights drawn from the seed.
std::unique_ptr<Module> new_model(const TrainOptions& options, const Dataset& dataset);

/// The model that training starts from: the same, or with --init the weights of its file; `notes` gets what
/// the user should be told of them. Throws Error naming the file and what in it does not fit the model.
std::unique_ptr<Module> starting_model(const TrainOptions& options, const Dataset& dataset,
                                       std::vector<std::string>& notes);

/// The dataset that the options name, untouched.
Dataset load_dataset(const TrainOptions& options);

/// Of its batches.
ImageFormat image_format(const Dataset& dataset);

}  // namespace noisegate
