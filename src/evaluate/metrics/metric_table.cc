#include "evaluate/metrics/metric_table.h"

#include "evaluate/losses/cosine_similarity.h"
#include "evaluate/losses/crossentropy.h"
#include "evaluate/losses/divergence.h"
#include "evaluate/losses/hinge.h"
#include "evaluate/losses/regression.h"
#include "evaluate/metrics/accuracy.h"
#include "evaluate/metrics/confusion.h"
#include "evaluate/metrics/correlation.h"
#include "evaluate/metrics/element_errors.h"
#include "evaluate/metrics/f_score.h"
#include "evaluate/metrics/iou.h"
#include "evaluate/metrics/mean.h"
#include "evaluate/metrics/r2_score.h"

namespace sidecar::evaluate {
namespace {

// A class that is the mean of a function.
template <FunctionFactory kMake>
std::unique_ptr<MetricAccumulator> MeanOf(ObjectConfig& config, KerasVersion version) {
  return std::make_unique<MeanOfFunction>(kMake(config, version), version);
}

// clang-format off
constexpr MetricEntry kMetrics[] = {
    {"AUC", "auc", "auc", "auc", "", "", "", Known::kBoth, MakeAuc, nullptr, true},
    {"Accuracy", "accuracy", "accuracy", "accuracy", "accuracy", "", "", Known::kBoth, MeanOf<MakeAccuracy>, MakeAccuracy},
    {"BinaryAccuracy", "binary_accuracy", "binary_accuracy", "binary_accuracy", "binary_accuracy", "", "", Known::kBoth, MeanOf<MakeBinaryAccuracy>, MakeBinaryAccuracyFunction},
    {"BinaryCrossentropy", "binary_crossentropy", "binary_crossentropy", "binary_crossentropy", "binary_crossentropy", "bce BCE", "bce BCE", Known::kBoth, MeanOf<MakeBinaryCrossentropy>, MakeBinaryCrossentropy},
    {"BinaryIoU", "binary_io_u", "binary_io_u", "binary_io_u", "", "", "", Known::kBoth, MakeBinaryIoU, nullptr, true},
    {"CategoricalAccuracy", "categorical_accuracy", "categorical_accuracy", "categorical_accuracy", "categorical_accuracy", "", "", Known::kBoth, MeanOf<MakeCategoricalAccuracy>, MakeCategoricalAccuracy},
    {"CategoricalCrossentropy", "categorical_crossentropy", "categorical_crossentropy", "categorical_crossentropy", "categorical_crossentropy", "", "", Known::kBoth, MeanOf<MakeCategoricalCrossentropy>, MakeCategoricalCrossentropy},
    {"CategoricalHinge", "categorical_hinge", "categorical_hinge", "categorical_hinge", "categorical_hinge", "", "", Known::kBoth, MeanOf<MakeCategoricalHinge>, MakeCategoricalHinge},
    {"ConcordanceCorrelation", "concordance_correlation", "", "concordance_correlation", "concordance_correlation", "", "", Known::kKeras3, MeanOf<MakeConcordanceCorrelation>, MakeConcordanceCorrelation},
    {"CosineSimilarity", "cosine_similarity", "cosine_similarity", "cosine_similarity", "cosine_similarity", "cosine_proximity", "", Known::kBoth, MeanOf<MakeCosineSimilarity>, MakeCosineSimilarity},
    {"F1Score", "f1_score", "f1_score", "f1_score", "", "", "", Known::kBoth, MakeF1Score, nullptr},
    {"FBetaScore", "f_beta_score", "fbeta_score", "fbeta_score", "", "", "", Known::kBoth, MakeFBetaScore, nullptr},
    {"FalseNegatives", "false_negatives", "false_negatives", "false_negatives", "", "", "", Known::kBoth, MakeFalseNegatives, nullptr, true},
    {"FalsePositives", "false_positives", "false_positives", "false_positives", "", "", "", Known::kBoth, MakeFalsePositives, nullptr, true},
    {"Hinge", "hinge", "hinge", "hinge", "hinge", "", "", Known::kBoth, MeanOf<MakeHinge>, MakeHinge},
    {"IoU", "io_u", "io_u", "io_u", "", "", "", Known::kBoth, MakeIoU, nullptr, true},
    {"KLDivergence", "kl_divergence", "kullback_leibler_divergence", "kl_divergence", "kullback_leibler_divergence", "", "", Known::kBoth, MeanOf<MakeKLDivergence>, MakeKLDivergence},
    {"LogCoshError", "log_cosh_error", "logcosh", "logcosh", "logcosh", "log_cosh", "", Known::kBoth, MeanOf<MakeLogCosh>, MakeLogCosh},
    {"MeanAbsoluteError", "mean_absolute_error", "mean_absolute_error", "mean_absolute_error", "mean_absolute_error", "mae MAE", "mae MAE", Known::kBoth, MeanOf<MakeMeanAbsoluteError>, MakeMeanAbsoluteError},
    {"MeanAbsolutePercentageError", "mean_absolute_percentage_error", "mean_absolute_percentage_error", "mean_absolute_percentage_error", "mean_absolute_percentage_error", "mape MAPE", "mape MAPE", Known::kBoth, MeanOf<MakeMeanAbsolutePercentageError>, MakeMeanAbsolutePercentageError},
    {"MeanIoU", "mean_io_u", "mean_io_u", "mean_io_u", "", "", "", Known::kBoth, MakeMeanIoU, nullptr, true},
    {"MeanRelativeError", "", "mean_relative_error", "", "", "", "", Known::kKeras2, MakeMeanRelativeError, nullptr, true},
    {"MeanSquaredError", "mean_squared_error", "mean_squared_error", "mean_squared_error", "mean_squared_error", "mse MSE", "mse MSE", Known::kBoth, MeanOf<MakeMeanSquaredError>, MakeMeanSquaredError},
    {"MeanSquaredLogarithmicError", "mean_squared_logarithmic_error", "mean_squared_logarithmic_error", "mean_squared_logarithmic_error", "mean_squared_logarithmic_error", "msle MSLE", "msle MSLE", Known::kBoth, MeanOf<MakeMeanSquaredLogarithmicError>, MakeMeanSquaredLogarithmicError},
    {"OneHotIoU", "one_hot_io_u", "one_hot_io_u", "one_hot_io_u", "", "", "", Known::kBoth, MakeOneHotIoU, nullptr, true},
    {"OneHotMeanIoU", "one_hot_mean_io_u", "one_hot_mean_io_u", "one_hot_mean_io_u", "", "", "", Known::kBoth, MakeOneHotMeanIoU, nullptr, true},
    {"PearsonCorrelation", "pearson_correlation", "", "pearson_correlation", "pearson_correlation", "", "", Known::kKeras3, MeanOf<MakePearsonCorrelation>, MakePearsonCorrelation},
    {"Poisson", "poisson", "poisson", "poisson", "poisson", "", "", Known::kBoth, MeanOf<MakePoisson>, MakePoisson},
    {"Precision", "precision", "precision", "precision", "", "", "", Known::kBoth, MakePrecision, nullptr, true},
    {"PrecisionAtRecall", "precision_at_recall", "precision_at_recall", "precision_at_recall", "", "", "", Known::kBoth, MakePrecisionAtRecall, nullptr, true},
    {"R2Score", "r2_score", "r2_score", "r2_score", "", "", "", Known::kBoth, MakeR2Score, nullptr},
    {"Recall", "recall", "recall", "recall", "", "", "", Known::kBoth, MakeRecall, nullptr, true},
    {"RecallAtPrecision", "recall_at_precision", "recall_at_precision", "recall_at_precision", "", "", "", Known::kBoth, MakeRecallAtPrecision, nullptr, true},
    {"RootMeanSquaredError", "root_mean_squared_error", "root_mean_squared_error", "root_mean_squared_error", "", "", "", Known::kBoth, MakeRootMeanSquaredError, nullptr},
    {"SensitivityAtSpecificity", "sensitivity_at_specificity", "sensitivity_at_specificity", "sensitivity_at_specificity", "", "", "", Known::kBoth, MakeSensitivityAtSpecificity, nullptr, true},
    {"SparseCategoricalAccuracy", "sparse_categorical_accuracy", "sparse_categorical_accuracy", "sparse_categorical_accuracy", "sparse_categorical_accuracy", "", "", Known::kBoth, MeanOf<MakeSparseCategoricalAccuracy>, MakeSparseCategoricalAccuracy},
    {"SparseCategoricalCrossentropy", "sparse_categorical_crossentropy", "sparse_categorical_crossentropy", "sparse_categorical_crossentropy", "sparse_categorical_crossentropy", "", "", Known::kBoth, MeanOf<MakeSparseCategoricalCrossentropy>, MakeSparseCategoricalCrossentropy},
    {"SparseTopKCategoricalAccuracy", "sparse_top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy", "", "", Known::kBoth, MeanOf<MakeSparseTopKCategoricalAccuracy>, MakeSparseTopKCategoricalAccuracy},
    {"SpecificityAtSensitivity", "specificity_at_sensitivity", "specificity_at_sensitivity", "specificity_at_sensitivity", "", "", "", Known::kBoth, MakeSpecificityAtSensitivity, nullptr, true},
    {"SquaredHinge", "squared_hinge", "squared_hinge", "squared_hinge", "squared_hinge", "", "", Known::kBoth, MeanOf<MakeSquaredHinge>, MakeSquaredHinge},
    {"TopKCategoricalAccuracy", "top_k_categorical_accuracy", "top_k_categorical_accuracy", "top_k_categorical_accuracy", "top_k_categorical_accuracy", "", "", Known::kBoth, MeanOf<MakeTopKCategoricalAccuracy>, MakeTopKCategoricalAccuracy},
    {"TrueNegatives", "true_negatives", "true_negatives", "true_negatives", "", "", "", Known::kBoth, MakeTrueNegatives, nullptr, true},
    {"TruePositives", "true_positives", "true_positives", "true_positives", "", "", "", Known::kBoth, MakeTruePositives, nullptr, true},
};
// clang-format on

}  // namespace

std::span<const MetricEntry> MetricTable() { return kMetrics; }

}  // namespace sidecar::evaluate
