#include "evaluate/metrics/metric_table.h"

#include "evaluate/losses/crossentropy.h"
#include "evaluate/losses/regression.h"
#include "evaluate/metrics/accuracy.h"
#include "evaluate/metrics/mean.h"

namespace sidecar::evaluate {
namespace {

// A class that is the mean of a function.
template <FunctionFactory kMake>
std::unique_ptr<MetricAccumulator> MeanOf(ObjectConfig& config, KerasVersion version) {
  return std::make_unique<MeanOfFunction>(kMake(config, version), version);
}

// clang-format off
constexpr MetricEntry kMetrics[] = {
    {"AUC", "auc", "auc", "auc", "", "", "", Known::kBoth, nullptr, nullptr},
    {"Accuracy", "accuracy", "accuracy", "accuracy", "accuracy", "", "", Known::kBoth, MeanOf<MakeAccuracy>, MakeAccuracy},
    {"BinaryAccuracy", "binary_accuracy", "binary_accuracy", "binary_accuracy", "binary_accuracy", "", "", Known::kBoth, MeanOf<MakeBinaryAccuracy>, MakeBinaryAccuracyFunction},
    {"BinaryCrossentropy", "binary_crossentropy", "binary_crossentropy", "binary_crossentropy", "binary_crossentropy", "bce BCE", "bce BCE", Known::kBoth, MeanOf<MakeBinaryCrossentropy>, MakeBinaryCrossentropy},
    {"BinaryIoU", "binary_io_u", "binary_io_u", "binary_io_u", "", "", "", Known::kBoth, nullptr, nullptr},
    {"CategoricalAccuracy", "categorical_accuracy", "categorical_accuracy", "categorical_accuracy", "categorical_accuracy", "", "", Known::kBoth, MeanOf<MakeCategoricalAccuracy>, MakeCategoricalAccuracy},
    {"CategoricalCrossentropy", "categorical_crossentropy", "categorical_crossentropy", "categorical_crossentropy", "categorical_crossentropy", "", "", Known::kBoth, MeanOf<MakeCategoricalCrossentropy>, MakeCategoricalCrossentropy},
    {"CategoricalHinge", "categorical_hinge", "categorical_hinge", "categorical_hinge", "categorical_hinge", "", "", Known::kBoth, nullptr, nullptr},
    {"ConcordanceCorrelation", "concordance_correlation", "", "concordance_correlation", "", "", "", Known::kKeras3, nullptr, nullptr},
    {"CosineSimilarity", "cosine_similarity", "cosine_similarity", "cosine_similarity", "cosine_similarity", "cosine_proximity", "", Known::kBoth, nullptr, nullptr},
    {"F1Score", "f1_score", "f1_score", "f1_score", "", "", "", Known::kBoth, nullptr, nullptr},
    {"FBetaScore", "f_beta_score", "fbeta_score", "fbeta_score", "", "", "", Known::kBoth, nullptr, nullptr},
    {"FalseNegatives", "false_negatives", "false_negatives", "false_negatives", "", "", "", Known::kBoth, nullptr, nullptr},
    {"FalsePositives", "false_positives", "false_positives", "false_positives", "", "", "", Known::kBoth, nullptr, nullptr},
    {"Hinge", "hinge", "hinge", "hinge", "hinge", "", "", Known::kBoth, nullptr, nullptr},
    {"IoU", "io_u", "io_u", "io_u", "", "", "", Known::kBoth, nullptr, nullptr},
    {"KLDivergence", "kl_divergence", "kullback_leibler_divergence", "kl_divergence", "kullback_leibler_divergence", "", "", Known::kBoth, nullptr, nullptr},
    {"LogCoshError", "log_cosh_error", "logcosh", "logcosh", "logcosh", "log_cosh", "", Known::kBoth, nullptr, nullptr},
    {"MeanAbsoluteError", "mean_absolute_error", "mean_absolute_error", "mean_absolute_error", "mean_absolute_error", "mae MAE", "mae MAE", Known::kBoth, MeanOf<MakeMeanAbsoluteError>, MakeMeanAbsoluteError},
    {"MeanAbsolutePercentageError", "mean_absolute_percentage_error", "mean_absolute_percentage_error", "mean_absolute_percentage_error", "mean_absolute_percentage_error", "mape MAPE", "mape MAPE", Known::kBoth, nullptr, nullptr},
    {"MeanIoU", "mean_io_u", "mean_io_u", "mean_io_u", "", "", "", Known::kBoth, nullptr, nullptr},
    {"MeanRelativeError", "", "mean_relative_error", "", "", "", "", Known::kKeras2, nullptr, nullptr},
    {"MeanSquaredError", "mean_squared_error", "mean_squared_error", "mean_squared_error", "mean_squared_error", "mse MSE", "mse MSE", Known::kBoth, MeanOf<MakeMeanSquaredError>, MakeMeanSquaredError},
    {"MeanSquaredLogarithmicError", "mean_squared_logarithmic_error", "mean_squared_logarithmic_error", "mean_squared_logarithmic_error", "mean_squared_logarithmic_error", "msle MSLE", "msle MSLE", Known::kBoth, nullptr, nullptr},
    {"OneHotIoU", "one_hot_io_u", "one_hot_io_u", "one_hot_io_u", "", "", "", Known::kBoth, nullptr, nullptr},
    {"OneHotMeanIoU", "one_hot_mean_io_u", "one_hot_mean_io_u", "one_hot_mean_io_u", "", "", "", Known::kBoth, nullptr, nullptr},
    {"PearsonCorrelation", "pearson_correlation", "", "pearson_correlation", "", "", "", Known::kKeras3, nullptr, nullptr},
    {"Poisson", "poisson", "poisson", "poisson", "poisson", "", "", Known::kBoth, nullptr, nullptr},
    {"Precision", "precision", "precision", "precision", "", "", "", Known::kBoth, nullptr, nullptr},
    {"PrecisionAtRecall", "precision_at_recall", "precision_at_recall", "precision_at_recall", "", "", "", Known::kBoth, nullptr, nullptr},
    {"R2Score", "r2_score", "r2_score", "r2_score", "", "", "", Known::kBoth, nullptr, nullptr},
    {"Recall", "recall", "recall", "recall", "", "", "", Known::kBoth, nullptr, nullptr},
    {"RecallAtPrecision", "recall_at_precision", "recall_at_precision", "recall_at_precision", "", "", "", Known::kBoth, nullptr, nullptr},
    {"RootMeanSquaredError", "root_mean_squared_error", "root_mean_squared_error", "root_mean_squared_error", "", "", "", Known::kBoth, nullptr, nullptr},
    {"SensitivityAtSpecificity", "sensitivity_at_specificity", "sensitivity_at_specificity", "sensitivity_at_specificity", "", "", "", Known::kBoth, nullptr, nullptr},
    {"SparseCategoricalAccuracy", "sparse_categorical_accuracy", "sparse_categorical_accuracy", "sparse_categorical_accuracy", "sparse_categorical_accuracy", "", "", Known::kBoth, MeanOf<MakeSparseCategoricalAccuracy>, MakeSparseCategoricalAccuracy},
    {"SparseCategoricalCrossentropy", "sparse_categorical_crossentropy", "sparse_categorical_crossentropy", "sparse_categorical_crossentropy", "sparse_categorical_crossentropy", "", "", Known::kBoth, MeanOf<MakeSparseCategoricalCrossentropy>, MakeSparseCategoricalCrossentropy},
    {"SparseTopKCategoricalAccuracy", "sparse_top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy", "", "", Known::kBoth, MeanOf<MakeSparseTopKCategoricalAccuracy>, MakeSparseTopKCategoricalAccuracy},
    {"SpecificityAtSensitivity", "specificity_at_sensitivity", "specificity_at_sensitivity", "specificity_at_sensitivity", "", "", "", Known::kBoth, nullptr, nullptr},
    {"SquaredHinge", "squared_hinge", "squared_hinge", "squared_hinge", "squared_hinge", "", "", Known::kBoth, nullptr, nullptr},
    {"TopKCategoricalAccuracy", "top_k_categorical_accuracy", "top_k_categorical_accuracy", "top_k_categorical_accuracy", "top_k_categorical_accuracy", "", "", Known::kBoth, MeanOf<MakeTopKCategoricalAccuracy>, MakeTopKCategoricalAccuracy},
    {"TrueNegatives", "true_negatives", "true_negatives", "true_negatives", "", "", "", Known::kBoth, nullptr, nullptr},
    {"TruePositives", "true_positives", "true_positives", "true_positives", "", "", "", Known::kBoth, nullptr, nullptr},
};
// clang-format on

}  // namespace

std::span<const MetricEntry> MetricTable() { return kMetrics; }

}  // namespace sidecar::evaluate
