// True and false positives and negatives of some batches, at each of many thresholds.
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

  bool operator==(const ConfusionOptions&) const = default;
  /// Whether both lead to the same counts: columns that are counted apart are weighed afterwards.
  [[nodiscard]] bool CountsAs(const ConfusionOptions& other) const;
};

/// Sums of weights. Labels that are not 0 are positive; predictions are positive above a threshold.
/// Batches are added to a histogram over what lies between thresholds, which costs no more for many
/// thresholds than for one; TakeSums() makes the counts of it. Not thread-safe: keeps buffers.
///
/// Source: update_confusion_matrix_variables of tf.keras (utils/metrics_utils.py) and Keras 3
/// (metrics/metrics_utils.py).
class ConfusionCounts {
 public:
  ConfusionCounts(ConfusionOptions options, KerasVersion version);

  /// As MetricAccumulator::Check.
  [[nodiscard]] Status Check(const Shape& labels, const Shape& prediction,
                             const Shape* weights) const;
  /// Adds a batch to the histogram. kFailedPrecondition where shapes do not go together, or do not
  /// have as many columns as before.
  Status Add(const OutputView& view);
  /// Whether the batch has weights: its sums need not be whole numbers then.
  [[nodiscard]] bool Weighs(const OutputView& view) const {
    return view.weights != nullptr || WeighsColumns();
  }
  /// Sums up the histogram and empties it.
  void TakeSums();

  /// By the last TakeSums(), [thresholds, columns], in the order in which the thresholds were
  /// given.
  [[nodiscard]] std::span<const double> true_positives() const { return true_positives_; }
  [[nodiscard]] std::span<const double> false_positives() const { return false_positives_; }
  /// By the last TakeSums(): the sums of weights of positive and negative labels, [columns].
  [[nodiscard]] std::span<const double> positives() const { return positives_; }
  [[nodiscard]] std::span<const double> negatives() const { return negatives_; }
  /// The number of columns that are counted apart: 1, or that of labels.
  /// 0 before the first batch.
  [[nodiscard]] std::size_t columns() const { return columns_; }
  [[nodiscard]] const ConfusionOptions& options() const { return options_; }
  [[nodiscard]] KerasVersion version() const { return version_; }

 private:
  struct Aligned;
  Result<Aligned> Align(const Shape& labels, const Shape& prediction, const Shape* weights) const;
  [[nodiscard]] Status CheckColumns(const Shape& shape) const;
  std::span<const float> Prepare(const Shape& shape, std::span<const float> prediction);
  [[nodiscard]] bool WeighsColumns() const {
    return !options_.by_label && !options_.label_weights.empty();
  }
  Status SetColumns(const Shape& shape);
  void KeepTopK(std::size_t row_size);
  std::span<const float> PickClass(std::span<const float> values, const Shape& shape,
                                   std::vector<float>& buffer) const;
  std::span<const float> LoadWeights(const Aligned& aligned, const OutputView& view);
  void AddCounts(std::span<const float> labels);
  void AddWeights(std::span<const float> labels, std::span<const float> weights);
  void TakeCounts();
  void SortByGivenOrder();

  ConfusionOptions options_;
  KerasVersion version_;
  std::size_t columns_ = 0;
  std::vector<float> prediction_;
  std::vector<float> greatest_;
  std::vector<float> picked_labels_;
  std::vector<float> picked_predictions_;
  std::vector<float> weights_;
  std::vector<std::uint32_t> buckets_;
  std::vector<double> histogram_;  // [buckets, columns, 2], the last by whether the label is true
  // Likewise, without weights: one histogram after the other, used in turn, because adding to what
  // has just been added to has to wait for that.
  std::vector<std::uint32_t> counts_;
  std::size_t lanes_ = 1;
  std::vector<double> true_positives_;
  std::vector<double> false_positives_;
  std::vector<double> positives_;
  std::vector<double> negatives_;
};

}  // namespace sidecar::evaluate
