// Metrics for Model::Compile. Names, options and defaults are those of tf.keras.metrics.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sidecar/model.h"

/// Each function describes one metric as Keras describes it; nothing is checked before an evaluator
/// is made. A metric can also be given by name: `Metric("accuracy")`. `name` is what its result is
/// called; the results of a model with several outputs have the output's name and "_" before it.
/// All functions are thread-safe.
namespace sidecar::metrics {

/// How often prediction and label are exactly equal.
Metric Accuracy(const std::string& name = "accuracy");

/// How often "prediction > threshold" is what the label (0 or 1) says.
struct BinaryAccuracyOptions {
  double threshold = 0.5;
  std::string name = "binary_accuracy";
};
Metric BinaryAccuracy(const BinaryAccuracyOptions& options = {});

/// How often the highest prediction is where the highest value of the label (one-hot) is.
Metric CategoricalAccuracy(const std::string& name = "categorical_accuracy");

/// How often the highest prediction is that of the label (an integer).
Metric SparseCategoricalAccuracy(const std::string& name = "sparse_categorical_accuracy");

/// How often the class of the label (one-hot) is among the k highest predictions.
struct TopKCategoricalAccuracyOptions {
  std::int64_t k = 5;
  std::string name = "top_k_categorical_accuracy";
};
Metric TopKCategoricalAccuracy(const TopKCategoricalAccuracyOptions& options = {});

/// How often the class of the label (an integer) is among the k highest predictions.
struct SparseTopKCategoricalAccuracyOptions {
  std::int64_t k = 5;
  std::string name = "sparse_top_k_categorical_accuracy";
};
Metric SparseTopKCategoricalAccuracy(const SparseTopKCategoricalAccuracyOptions& options = {});

/// Mean over all samples of losses::SparseCategoricalCrossentropy's values.
struct SparseCategoricalCrossentropyOptions {
  bool from_logits = false;  ///< predictions are the input of a softmax
  std::optional<std::int64_t> ignore_class =
      std::nullopt;  ///< samples with this label do not count
  std::string name = "sparse_categorical_crossentropy";
};
Metric SparseCategoricalCrossentropy(const SparseCategoricalCrossentropyOptions& options = {});

/// Mean over all samples of losses::CategoricalCrossentropy's values.
struct CategoricalCrossentropyOptions {
  bool from_logits = false;    ///< predictions are the input of a softmax
  double label_smoothing = 0;  ///< from 0 to 1
  std::int64_t axis = -1;      ///< the dimension of the classes
  std::string name = "categorical_crossentropy";
};
Metric CategoricalCrossentropy(const CategoricalCrossentropyOptions& options = {});

/// Mean over all samples of losses::BinaryCrossentropy's values.
struct BinaryCrossentropyOptions {
  bool from_logits = false;    ///< predictions are the input of a sigmoid
  double label_smoothing = 0;  ///< from 0 to 1
  std::string name = "binary_crossentropy";
};
Metric BinaryCrossentropy(const BinaryCrossentropyOptions& options = {});

/// Mean of (prediction - label)^2.
Metric MeanSquaredError(const std::string& name = "mean_squared_error");

/// Mean of |prediction - label|.
Metric MeanAbsoluteError(const std::string& name = "mean_absolute_error");

/// A loss as a metric: the mean over batches of what the loss gives for each batch, without sample
/// weights. Its name is the loss's.
Metric FromLoss(const Loss& loss);

}  // namespace sidecar::metrics
