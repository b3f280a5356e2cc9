// The data of a run: read, cut to --limit, made noisy and split as its options say.
#pragma once

#include "datasets/dataset.h"
#include "layers/models.h"
#include "tools/config/train_options.h"

#include <memory>

namespace noisegate {

struct TrainingData {
  Dataset dataset;      // its training set is limited, noisy and without the held-out part
  ImageSet validation;  // held out of the noisy training set by --validation; else the dataset's own, if any
};

/// Throws Error if the data cannot be read, and naming the option for a limit, a noise or a batch size that
/// does not fit it.
TrainingData prepare_data(const TrainOptions& options);

/// Reads the dataset that the options name, cuts its training set to --limit and makes it noisy.
Dataset load_noisy_dataset(const TrainOptions& options);

/// Makes the model that the options name, for this dataset, with weights drawn from the seed.
std::unique_ptr<Module> new_model(const TrainOptions& options, const Dataset& dataset);

/// Makes the initial model of a training: the same, or with --init the weights of its file; `notes` receives
/// sentences for the user about them. Throws Error naming the file and the part that does not fit the model.
std::unique_ptr<Module> starting_model(const TrainOptions& options, const Dataset& dataset,
                                       std::vector<std::string>& notes);

/// Reads the dataset that the options name, unchanged.
Dataset load_dataset(const TrainOptions& options);

/// Returns the format of the images in its batches.
ImageFormat image_format(const Dataset& dataset);

}  // namespace noisegate
