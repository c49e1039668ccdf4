// True and false positives and negatives of one batch, at each of many thresholds.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "evaluate/labels.h"
#include "evaluate/metrics/thresholds.h"
#include "sidecar/model.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::evaluate {

/// What metrics of this kind can ask for.
struct ConfusionOptions {
  Thresholds thresholds;
  /// The k greatest predictions of each row are kept, the others become -1e10.
  std::optional<std::int64_t> top_k = std::nullopt;
  std::optional<std::int64_t> class_id = std::nullopt;    ///< this column only
  bool by_label = false;                                  ///< a count for each column of labels
  std::optional<std::int64_t> num_labels = std::nullopt;  ///< how many columns there must be
  std::vector<float> label_weights = {};                  ///< one for each column; empty: none
  bool from_logits = false;                               ///< predictions are put through a sigmoid
};

/// The sums of weights of one batch. Labels that are not 0 are positive; predictions are positive
/// above a threshold. Not thread-safe: keeps buffers.
///
/// Source: update_confusion_matrix_variables of tf.keras (utils/metrics_utils.py) and Keras 3
/// (metrics/metrics_utils.py).
class ConfusionCounts {
 public:
  ConfusionCounts(ConfusionOptions options, KerasVersion version);

  /// As MetricAccumulator::Check.
  [[nodiscard]] Status Check(const Shape& labels, const Shape& prediction,
                             const Shape* weights) const;
  /// Counts a batch. kFailedPrecondition where shapes do not go together.
  Status Count(const OutputView& view);

  /// Of the last batch, [thresholds, columns], in the order in which the thresholds were given.
  [[nodiscard]] std::span<const double> true_positives() const { return true_positives_; }
  [[nodiscard]] std::span<const double> false_positives() const { return false_positives_; }
  /// Of the last batch: the sums of weights of positive and negative labels, [columns].
  [[nodiscard]] std::span<const double> positives() const { return positives_; }
  [[nodiscard]] std::span<const double> negatives() const { return negatives_; }
  /// The number of columns that are counted apart: 1, or that of labels.
  [[nodiscard]] std::size_t columns() const { return columns_; }
  [[nodiscard]] const ConfusionOptions& options() const { return options_; }

 private:
  struct Aligned;
  Result<Aligned> Align(const Shape& labels, const Shape& prediction, const Shape* weights) const;
  [[nodiscard]] Status CheckColumns(const Shape& shape) const;
  std::span<const float> Prepare(const Shape& shape, std::span<const float> prediction);
  void KeepTopK(std::size_t row_size);
  std::span<const float> PickClass(std::span<const float> values, const Shape& shape,
                                   std::vector<float>& buffer) const;
  std::span<const float> LoadWeights(const Aligned& aligned, const OutputView& view);
  void FillHistograms(std::span<const float> labels, std::span<const float> weights);
  void SumHistograms();

  ConfusionOptions options_;
  KerasVersion version_;
  std::size_t columns_ = 1;
  std::vector<float> prediction_;
  std::vector<float> picked_labels_;
  std::vector<float> picked_predictions_;
  std::vector<float> weights_;
  std::vector<std::uint32_t> buckets_;
  std::vector<double> histogram_;  // [buckets, columns, 2], the last by whether the label is true
  std::vector<std::uint32_t> counts_;  // likewise, without weights
  std::vector<double> true_positives_;
  std::vector<double> false_positives_;
  std::vector<double> positives_;
  std::vector<double> negatives_;
};

}  // namespace sidecar::evaluate
