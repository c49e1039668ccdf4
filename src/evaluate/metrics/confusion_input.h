// What is counted of a batch by metrics of true and false positives and negatives.
#pragma once

#include <cstdint>
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
  /// Whether labels are weighed while counting: columns that are counted apart are weighed
  /// afterwards.
  [[nodiscard]] bool weighs_labels() const { return !by_label && !label_weights.empty(); }
  /// Whether both count the same values with the same weights, apart from thresholds and from
  /// whether columns are counted together.
  [[nodiscard]] bool CountsSameValues(const ConfusionOptions& other) const;
  /// Whether shapes that do for one do for the other, too.
  [[nodiscard]] bool ChecksSame(const ConfusionOptions& other) const;
};

/// Labels, predictions and weights that are counted of a batch. Not thread-safe: keeps buffers.
///
/// Source: update_confusion_matrix_variables of tf.keras (utils/metrics_utils.py) and Keras 3
/// (metrics/metrics_utils.py).
class ConfusionInput {
 public:
  ConfusionInput(ConfusionOptions options, KerasVersion version);

  /// As MetricAccumulator::Check.
  [[nodiscard]] Status Check(const Shape& labels, const Shape& prediction,
                             const Shape* weights) const;
  /// Takes a batch. kFailedPrecondition where shapes do not go together.
  Status Load(const OutputView& view);
  /// Whether the batch has weights: its sums need not be whole numbers then.
  [[nodiscard]] bool Weighs(const OutputView& view) const {
    return view.weights != nullptr || options_.weighs_labels();
  }

  /// Of the last batch, valid until the next one or the end of its data.
  [[nodiscard]] std::span<const float> labels() const { return labels_; }
  [[nodiscard]] std::span<const float> predictions() const { return predictions_; }
  /// One for each value where the batch weighs; empty otherwise.
  [[nodiscard]] std::span<const float> weights() const { return weights_; }
  /// The size of the predictions' last dimension, 1 where they have only the batch's.
  [[nodiscard]] std::size_t row_size() const { return row_size_; }
  [[nodiscard]] const ConfusionOptions& options() const { return options_; }
  [[nodiscard]] KerasVersion version() const { return version_; }

 private:
  struct Aligned;
  Result<Aligned> Align(const Shape& labels, const Shape& prediction, const Shape* weights) const;
  [[nodiscard]] Status CheckColumns(const Shape& shape) const;
  std::span<const float> Prepare(const Shape& shape, std::span<const float> prediction);
  std::span<const float> PickClass(std::span<const float> values, const Shape& shape,
                                   std::vector<float>& buffer) const;
  void LoadWeights(const Aligned& aligned, const OutputView& view);

  ConfusionOptions options_;
  KerasVersion version_;
  std::span<const float> labels_;
  std::span<const float> predictions_;
  std::size_t row_size_ = 1;
  std::vector<float> weights_;
  std::vector<float> prepared_;
  std::vector<float> picked_labels_;
  std::vector<float> picked_predictions_;
};

}  // namespace sidecar::evaluate
