#include "evaluate/metrics/confusion_counts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "base/status_macros.h"
#include "evaluate/losses/elementwise.h"
#include "evaluate/rank_rules.h"

namespace sidecar::evaluate {
namespace {

// What predictions below the k greatest become.
constexpr float kNotAmongTopK = -1e10F;

// More counts than this are refused.
constexpr std::size_t kMaxCounts = std::size_t{1} << 22;

// Histograms of one column are small enough for some of them.
constexpr std::size_t kLanes = 4;

// Keras 3 gives weights a last dimension unless they have that of the labels.
Shape WeightShape(const Shape& values, const Shape& weights, KerasVersion version) {
  if (version == KerasVersion::kKeras2 || weights.rank() + 1 != values.rank()) return weights;
  std::vector<std::int64_t> sizes = weights.sizes();
  sizes.push_back(1);
  return Shape(std::move(sizes));
}

}  // namespace

// Shapes of labels and predictions (the same), of the values that are counted, and of the weights
// beside them.
struct ConfusionCounts::Aligned {
  Shape shape;
  Shape values;
  std::optional<Shape> weights;
};

bool ConfusionOptions::CountsAs(const ConfusionOptions& other) const {
  return thresholds == other.thresholds && top_k == other.top_k && class_id == other.class_id &&
         by_label == other.by_label && from_logits == other.from_logits &&
         (by_label || label_weights == other.label_weights);
}

ConfusionCounts::ConfusionCounts(ConfusionOptions options, KerasVersion version)
    : options_(std::move(options)), version_(version) {}

Status ConfusionCounts::CheckColumns(const Shape& shape) const {
  const bool by_column = options_.by_label || !options_.label_weights.empty();
  if (by_column && shape.rank() != 2) {
    return Status(StatusCode::kFailedPrecondition,
                  fmt::format("multi_label and label_weights need predictions of shape [batch, "
                              "labels], not {}",
                              shape.ToString()));
  }
  if (shape.rank() < 2 && (options_.top_k || options_.class_id)) {
    return Status(StatusCode::kFailedPrecondition,
                  fmt::format("top_k and class_id need predictions of shape [batch, classes], not "
                              "{}",
                              shape.ToString()));
  }
  const std::int64_t size = shape.rank() == 0 ? 0 : shape[shape.rank() - 1];
  if (shape.rank() < 2 || size == Shape::kUnknown) return Status();
  if (options_.num_labels && *options_.num_labels != size) {
    return Status(StatusCode::kFailedPrecondition,
                  fmt::format("num_labels is {}, there are {}", *options_.num_labels, size));
  }
  const auto given = static_cast<std::int64_t>(options_.label_weights.size());
  if (given != 0 && given != size) {
    return Status(StatusCode::kFailedPrecondition,
                  fmt::format("label_weights has {} values for {} labels", given, size));
  }
  if (options_.top_k && *options_.top_k > size) {
    return Status(StatusCode::kFailedPrecondition,
                  fmt::format("top_k is {}, there are {} classes", *options_.top_k, size));
  }
  const std::int64_t wanted = options_.class_id.value_or(0);
  if (options_.class_id && (wanted < -size || wanted >= size)) {
    return Status(StatusCode::kFailedPrecondition,
                  fmt::format("class_id is {}, classes go from 0 to {}", wanted, size - 1));
  }
  return Status();
}

Result<ConfusionCounts::Aligned> ConfusionCounts::Align(const Shape& labels,
                                                        const Shape& prediction,
                                                        const Shape* weights) const {
  AlignedShapes shapes = AlignLabels(labels, prediction, version_);
  if (!SameShapes(shapes.labels, shapes.prediction)) {
    return ShapesDiffer(labels, prediction, "this metric needs a label for each prediction");
  }
  SIDECAR_RETURN_IF_ERROR(CheckColumns(shapes.prediction));
  Aligned aligned{shapes.prediction, shapes.prediction, std::nullopt};
  if (options_.class_id) {
    std::vector<std::int64_t> sizes = aligned.shape.sizes();
    sizes.back() = 1;
    aligned.values = Shape(std::move(sizes));
  }
  if (weights != nullptr) {
    const Shape given = WeightShape(aligned.values, *weights, version_);
    SIDECAR_ASSIGN_OR_RETURN(AlignedWeights fitting, AlignWeights(aligned.values, prediction, given,
                                                                  version_, WeightUse::kLoss));
    aligned.weights = std::move(fitting.weights);
  }
  return aligned;
}

Status ConfusionCounts::Check(const Shape& labels, const Shape& prediction,
                              const Shape* weights) const {
  return Align(labels, prediction, weights).status();
}

void ConfusionCounts::KeepTopK(std::size_t row_size) {
  const auto kept = static_cast<std::size_t>(*options_.top_k);
  greatest_.resize(kept);
  for (std::size_t begin = 0; begin < prediction_.size(); begin += row_size) {
    const std::span<float> row(prediction_.data() + begin, row_size);
    std::partial_sort_copy(row.begin(), row.end(), greatest_.begin(), greatest_.end(),
                           std::greater<>());
    const float least = greatest_.back();
    std::size_t at_least = 0;
    for (const float value : row) at_least += value >= least ? 1U : 0U;
    if (at_least == kept) {  // no ties: without a branch
      for (float& value : row) value = value >= least ? value : kNotAmongTopK;
      continue;
    }
    // Of those that equal the least the first ones are kept.
    auto equal_left = std::count(greatest_.begin(), greatest_.end(), least);
    for (float& value : row) {
      if (value > least || (value == least && equal_left-- > 0)) continue;
      value = kNotAmongTopK;
    }
  }
}

std::span<const float> ConfusionCounts::PickClass(std::span<const float> values, const Shape& shape,
                                                  std::vector<float>& buffer) const {
  if (!options_.class_id) return values;
  const auto size = static_cast<std::size_t>(shape[shape.rank() - 1]);
  const std::int64_t wanted = *options_.class_id;
  const auto column =
      static_cast<std::size_t>(wanted < 0 ? wanted + shape[shape.rank() - 1] : wanted);
  buffer.clear();
  for (std::size_t i = column; i < values.size(); i += size) buffer.push_back(values[i]);
  return buffer;
}

std::span<const float> ConfusionCounts::Prepare(const Shape& shape,
                                                std::span<const float> prediction) {
  if (options_.from_logits || options_.top_k) {
    prediction_.assign(prediction.begin(), prediction.end());
    if (options_.from_logits) {
      for (float& value : prediction_) value = 1.0F / (1.0F + std::exp(-value));
    }
    const auto row_size = static_cast<std::size_t>(shape[shape.rank() - 1]);
    if (options_.top_k && *options_.top_k < shape[shape.rank() - 1]) KeepTopK(row_size);
    prediction = prediction_;
  }
  return PickClass(prediction, shape, picked_predictions_);
}

// One weight for each value.
std::span<const float> ConfusionCounts::LoadWeights(const Aligned& aligned,
                                                    const OutputView& view) {
  if (aligned.weights) {
    Broadcast(view.weights->data, *aligned.weights, aligned.values, weights_);
  } else {
    weights_.assign(ElementCount(aligned.values), 1.0F);
  }
  if (!WeighsColumns()) return weights_;
  const std::size_t columns = options_.label_weights.size();
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    weights_[i] *= options_.label_weights[i % columns];
  }
  return weights_;
}

void ConfusionCounts::AddCounts(std::span<const float> labels) {
  const std::size_t size = histogram_.size();
  std::uint32_t* const counts = counts_.data();
  if (columns_ == 1) {
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const std::size_t positive = labels[i] != 0 ? 1 : 0;
      ++counts[(i % kLanes) * size + buckets_[i] * 2 + positive];
    }
    return;
  }
  for (std::size_t begin = 0; begin < labels.size(); begin += columns_) {
    for (std::size_t column = 0; column < columns_; ++column) {
      const std::size_t positive = labels[begin + column] != 0 ? 1 : 0;
      ++counts[(buckets_[begin + column] * columns_ + column) * 2 + positive];
    }
  }
}

void ConfusionCounts::AddWeights(std::span<const float> labels, std::span<const float> weights) {
  std::size_t column = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::size_t positive = labels[i] != 0 ? 1 : 0;
    histogram_[(buckets_[i] * columns_ + column) * 2 + positive] += static_cast<double>(weights[i]);
    if (++column == columns_) column = 0;
  }
}

void ConfusionCounts::TakeCounts() {
  const std::size_t size = histogram_.size();
  for (std::size_t lane = 0; lane < lanes_; ++lane) {
    const std::uint32_t* const counts = counts_.data() + lane * size;
    for (std::size_t i = 0; i < size; ++i) histogram_[i] += static_cast<double>(counts[i]);
  }
  std::fill(counts_.begin(), counts_.end(), 0U);
}

// From the greatest threshold down: what exceeds one exceeds those below it.
void ConfusionCounts::TakeSums() {
  TakeCounts();
  const std::size_t thresholds = options_.thresholds.size();
  true_positives_.resize(thresholds * columns_);
  false_positives_.resize(thresholds * columns_);
  positives_.assign(columns_, 0.0);
  negatives_.assign(columns_, 0.0);
  for (std::size_t bucket = thresholds + 1; bucket-- > 0;) {
    const double* const own = histogram_.data() + bucket * columns_ * 2;
    for (std::size_t column = 0; column < columns_; ++column) {
      negatives_[column] += own[2 * column];
      positives_[column] += own[2 * column + 1];
    }
    if (bucket == 0) break;
    // By rank for now.
    std::copy(positives_.begin(), positives_.end(),
              true_positives_.begin() + static_cast<std::ptrdiff_t>((bucket - 1) * columns_));
    std::copy(negatives_.begin(), negatives_.end(),
              false_positives_.begin() + static_cast<std::ptrdiff_t>((bucket - 1) * columns_));
  }
  std::fill(histogram_.begin(), histogram_.end(), 0.0);
  SortByGivenOrder();
}

void ConfusionCounts::SortByGivenOrder() {
  const std::span<const std::size_t> ranks = options_.thresholds.ranks();
  if (std::is_sorted(ranks.begin(), ranks.end())) return;
  const std::vector<double> true_by_rank = true_positives_;
  const std::vector<double> false_by_rank = false_positives_;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    for (std::size_t column = 0; column < columns_; ++column) {
      true_positives_[i * columns_ + column] = true_by_rank[ranks[i] * columns_ + column];
      false_positives_[i * columns_ + column] = false_by_rank[ranks[i] * columns_ + column];
    }
  }
}

Status ConfusionCounts::SetColumns(const Shape& shape) {
  const std::size_t columns = options_.by_label ? static_cast<std::size_t>(shape[1]) : 1;
  if (columns == columns_ && !histogram_.empty()) return Status();
  if (columns_ != 0) {
    return Status(StatusCode::kFailedPrecondition, "the number of labels changed between batches");
  }
  if (options_.thresholds.size() > kMaxCounts / std::max<std::size_t>(columns, 1)) {
    return Status(StatusCode::kFailedPrecondition,
                  fmt::format("{} thresholds for each of {} labels are too many",
                              options_.thresholds.size(), columns));
  }
  columns_ = columns;
  lanes_ = columns == 1 ? kLanes : 1;
  histogram_.assign((options_.thresholds.size() + 1) * columns * 2, 0.0);
  counts_.assign(histogram_.size() * lanes_, 0U);
  return Status();
}

Status ConfusionCounts::Add(const OutputView& view) {
  const Shape* weight_shape = view.weights == nullptr ? nullptr : &view.weights->shape;
  SIDECAR_ASSIGN_OR_RETURN(const Aligned aligned,
                           Align(view.labels->shape(), view.prediction_shape, weight_shape));
  SIDECAR_RETURN_IF_ERROR(SetColumns(aligned.shape));
  SIDECAR_ASSIGN_OR_RETURN(const std::span<const float> all_labels, view.labels->Floats());
  const std::span<const float> labels = PickClass(all_labels, aligned.shape, picked_labels_);
  const std::span<const float> predictions = Prepare(aligned.shape, view.prediction);
  buckets_.resize(predictions.size());
  options_.thresholds.CountExceeded(predictions, buckets_);
  if (Weighs(view)) {
    AddWeights(labels, LoadWeights(aligned, view));
  } else {
    AddCounts(labels);
  }
  return Status();
}

}  // namespace sidecar::evaluate
