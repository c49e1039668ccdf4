// Losses for Model::Compile. Names, options and defaults are those of tf.keras.losses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sidecar/model.h"

/// Each function describes one loss as Keras describes it; nothing is checked before an evaluator
/// is made. A loss can also be given by name: `Loss("mse")`. A loss listed among metrics is
/// averaged over batches, as Keras does. All functions are thread-safe.
namespace sidecar::losses {

/// How the values of the samples of a batch become one number.
enum class Reduction : std::uint8_t {
  kSumOverBatchSize,      ///< the mean over all values ("sum_over_batch_size", Keras's default)
  kSum,                   ///< their sum ("sum")
  kNone,                  ///< no reduction ("none"); reported as the mean
  kMean,                  ///< "mean": Keras 3 only, the same as kSumOverBatchSize
  kMeanWithSampleWeight,  ///< "mean_with_sample_weight": Keras 3 only, divides by the weights' sum
};

/// Crossentropy for integer labels, [batch, …] against predictions [batch, …, classes].
struct SparseCategoricalCrossentropyOptions {
  bool from_logits = false;  ///< predictions are the input of a softmax
  std::optional<std::int64_t> ignore_class =
      std::nullopt;  ///< samples with this label do not count
  Reduction reduction = Reduction::kSumOverBatchSize;
  std::string name = "sparse_categorical_crossentropy";
};
Loss SparseCategoricalCrossentropy(const SparseCategoricalCrossentropyOptions& options = {});

/// Crossentropy for labels that are distributions over the classes, for instance one-hot.
struct CategoricalCrossentropyOptions {
  bool from_logits = false;    ///< predictions are the input of a softmax
  double label_smoothing = 0;  ///< from 0 to 1
  std::int64_t axis = -1;      ///< the dimension of the classes
  Reduction reduction = Reduction::kSumOverBatchSize;
  std::string name = "categorical_crossentropy";
};
Loss CategoricalCrossentropy(const CategoricalCrossentropyOptions& options = {});

/// Crossentropy for labels from 0 to 1, each of them a question of its own.
struct BinaryCrossentropyOptions {
  bool from_logits = false;    ///< predictions are the input of a sigmoid
  double label_smoothing = 0;  ///< from 0 to 1
  std::int64_t axis = -1;      ///< the dimension whose mean is one sample's value
  Reduction reduction = Reduction::kSumOverBatchSize;
  std::string name = "binary_crossentropy";
};
Loss BinaryCrossentropy(const BinaryCrossentropyOptions& options = {});

/// Mean of (prediction - label)^2 over the last dimension.
struct MeanSquaredErrorOptions {
  Reduction reduction = Reduction::kSumOverBatchSize;
  std::string name = "mean_squared_error";
};
Loss MeanSquaredError(const MeanSquaredErrorOptions& options = {});

/// Mean of |prediction - label| over the last dimension.
struct MeanAbsoluteErrorOptions {
  Reduction reduction = Reduction::kSumOverBatchSize;
  std::string name = "mean_absolute_error";
};
Loss MeanAbsoluteError(const MeanAbsoluteErrorOptions& options = {});

/// Mean over the last dimension of e^2 / 2 where |e| <= delta and of delta * |e| - delta^2 / 2
/// elsewhere.
struct HuberOptions {
  double delta = 1;
  Reduction reduction = Reduction::kSumOverBatchSize;
  std::string name = "huber_loss";
};
Loss Huber(const HuberOptions& options = {});

}  // namespace sidecar::losses
