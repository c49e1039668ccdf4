#include "evaluate/metrics/confusion_input.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "base/status_macros.h"
#include "evaluate/losses/elementwise.h"
#include "evaluate/metrics/keep_top_k.h"
#include "evaluate/rank_rules.h"

namespace sidecar::evaluate {
namespace {

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
struct ConfusionInput::Aligned {
  Shape shape;
  Shape values;
  std::optional<Shape> weights;
};

bool ConfusionOptions::CountsSameValues(const ConfusionOptions& other) const {
  if (weighs_labels() || other.weighs_labels()) {
    if (by_label != other.by_label || label_weights != other.label_weights) return false;
  }
  return top_k == other.top_k && class_id == other.class_id && from_logits == other.from_logits;
}

bool ConfusionOptions::ChecksSame(const ConfusionOptions& other) const {
  return by_label == other.by_label && num_labels == other.num_labels &&
         label_weights.size() == other.label_weights.size() && top_k == other.top_k &&
         class_id == other.class_id;
}

ConfusionInput::ConfusionInput(ConfusionOptions options, KerasVersion version)
    : options_(std::move(options)), version_(version) {}

Status ConfusionInput::CheckColumns(const Shape& shape) const {
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

Result<ConfusionInput::Aligned> ConfusionInput::Align(const Shape& labels, const Shape& prediction,
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

Status ConfusionInput::Check(const Shape& labels, const Shape& prediction,
                             const Shape* weights) const {
  return Align(labels, prediction, weights).status();
}

std::span<const float> ConfusionInput::PickClass(std::span<const float> values, const Shape& shape,
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

std::span<const float> ConfusionInput::Prepare(const Shape& shape,
                                               std::span<const float> prediction) {
  if (options_.from_logits || options_.top_k) {
    prepared_.assign(prediction.begin(), prediction.end());
    if (options_.from_logits) {
      for (float& value : prepared_) value = 1.0F / (1.0F + std::exp(-value));
    }
    const std::int64_t row_size = shape[shape.rank() - 1];
    if (options_.top_k && *options_.top_k < row_size) {
      KeepTopK(prepared_, static_cast<std::size_t>(row_size),
               static_cast<std::size_t>(*options_.top_k));
    }
    prediction = prepared_;
  }
  return PickClass(prediction, shape, picked_predictions_);
}

void ConfusionInput::LoadWeights(const Aligned& aligned, const OutputView& view) {
  if (aligned.weights) {
    Broadcast(view.weights->data, *aligned.weights, aligned.values, weights_);
  } else {
    weights_.assign(ElementCount(aligned.values), 1.0F);
  }
  if (!options_.weighs_labels()) return;
  const std::size_t columns = options_.label_weights.size();
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    weights_[i] *= options_.label_weights[i % columns];
  }
}

Status ConfusionInput::Load(const OutputView& view) {
  const Shape* weight_shape = view.weights == nullptr ? nullptr : &view.weights->shape;
  SIDECAR_ASSIGN_OR_RETURN(const Aligned aligned,
                           Align(view.labels->shape(), view.prediction_shape, weight_shape));
  const Shape& shape = aligned.shape;
  row_size_ = shape.rank() < 2 ? 1 : static_cast<std::size_t>(shape[shape.rank() - 1]);
  SIDECAR_ASSIGN_OR_RETURN(const std::span<const float> all_labels, view.labels->Floats());
  labels_ = PickClass(all_labels, shape, picked_labels_);
  predictions_ = Prepare(shape, view.prediction);
  weights_.clear();
  if (Weighs(view)) LoadWeights(aligned, view);
  return Status();
}

}  // namespace sidecar::evaluate
