#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "base/status_macros.h"
#include "evaluate/losses/crossentropy.h"
#include "evaluate/losses/elementwise.h"
#include "evaluate/losses/softmax_rows.h"

namespace sidecar::evaluate {
namespace {

class SparseCategoricalCrossentropy final : public PerSampleFunction {
 public:
  SparseCategoricalCrossentropy(bool from_logits, std::optional<std::int64_t> ignore_class,
                                std::int64_t axis, KerasVersion version)
      : from_logits_(from_logits), ignore_class_(ignore_class), axis_(axis), version_(version) {}

  // Labels have no class dimension, or one of size 1 at the end.
  [[nodiscard]] Result<Shape> ValueShape(const Shape& labels,
                                         const Shape& prediction) const override {
    SIDECAR_ASSIGN_OR_RETURN(Shape values, WithoutAxis(prediction, axis_));
    std::size_t rank = labels.rank();
    if (rank == prediction.rank() && rank > 1 && labels[rank - 1] == 1) --rank;
    bool fits = rank == values.rank();
    for (std::size_t axis = 0; fits && axis < rank; ++axis) {
      fits = labels[axis] == values[axis] || labels[axis] == Shape::kUnknown ||
             values[axis] == Shape::kUnknown;
    }
    if (fits) return values;
    return ShapesDiffer(labels, prediction,
                        "sparse categorical crossentropy needs one class number for each row of "
                        "class scores (one-hot labels: categorical_crossentropy)");
  }

  Status Compute(const FunctionInput& input, Values& values) override {
    const AxisLayout layout = LayoutAround(input.prediction_shape, axis_);
    SIDECAR_ASSIGN_OR_RETURN(const std::span<const std::int64_t> labels, input.labels->Integers());
    if (ignore_class_) MarkIgnored(labels, values);
    SIDECAR_RETURN_IF_ERROR(CheckRange(labels, layout.size, values));
    std::span<const float> prediction = input.prediction;
    const bool recovered = input.logits != nullptr && !LosesLogits();
    if (recovered) prediction = {input.logits, prediction.size()};
    prediction = ClassesLast(prediction, layout, buffer_);
    if (recovered || from_logits_) {
      ComputeFromLogits(prediction, labels, layout.size, values);
    } else if (input.in_double) {
      ComputeFromProbabilities<double>(prediction, labels, layout.size, values);
    } else {
      ComputeFromProbabilities<float>(prediction, labels, layout.size, values);
    }
    return Status();
  }

 private:
  // Keras 3 puts a select between output and loss then.
  [[nodiscard]] bool LosesLogits() const {
    return ignore_class_.has_value() && version_ == KerasVersion::kKeras3;
  }

  void MarkIgnored(std::span<const std::int64_t> labels, Values& values) const {
    values.mask.resize(labels.size());
    for (std::size_t i = 0; i < labels.size(); ++i) {
      values.mask[i] = labels[i] != *ignore_class_ ? 1 : 0;
    }
  }

  [[nodiscard]] static bool Counts(const Values& values, std::size_t row) {
    return values.mask.empty() || values.mask[row] != 0;
  }

  static Status CheckRange(std::span<const std::int64_t> labels, std::size_t classes,
                           const Values& values) {
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (static_cast<std::uint64_t>(labels[i]) < classes || !Counts(values, i)) continue;
      const std::size_t per_sample = labels.size() / static_cast<std::size_t>(values.shape[0]);
      return Status(
          StatusCode::kFailedPrecondition,
          fmt::format("label {} in row {} of the batch is not a class: there are {} "
                      "classes, so labels go from 0 to {}",
                      labels[i], i / per_sample, classes, static_cast<std::int64_t>(classes) - 1));
    }
    return Status();
  }

  // tf.nn.sparse_softmax_cross_entropy_with_logits.
  void ComputeFromLogits(std::span<const float> logits, std::span<const std::int64_t> labels,
                         std::size_t classes, Values& values) {
    softmax_.Compute(logits, classes);
    for (std::size_t row = 0; row < labels.size(); ++row) {
      if (!Counts(values, row)) {
        values.data[row] = 0;
        continue;
      }
      const float x = logits[row * classes + static_cast<std::size_t>(labels[row])];
      values.data[row] = softmax_.log_sum(row) - (x - softmax_.greatest(row));
    }
  }

  // Keras takes ln(clip(p)) for logits, which comes to dividing by the sum of what was clipped.
  template <class Real>
  static void ComputeFromProbabilities(std::span<const float> prediction,
                                       std::span<const std::int64_t> labels, std::size_t classes,
                                       Values& values) {
    for (std::size_t row = 0; row < labels.size(); ++row) {
      if (!Counts(values, row)) {
        values.data[row] = 0;
        continue;
      }
      const std::span<const float> p = prediction.subspan(row * classes, classes);
      double sum = 0;
      for (const float value : p)
        sum += static_cast<double>(ClipProbability(static_cast<Real>(value)));
      const auto label = static_cast<std::size_t>(labels[row]);
      const auto chosen = static_cast<double>(ClipProbability(static_cast<Real>(p[label])));
      values.data[row] = static_cast<float>(std::log(sum / chosen));
    }
  }

  bool from_logits_;
  std::optional<std::int64_t> ignore_class_;
  std::int64_t axis_;
  KerasVersion version_;
  SoftmaxRows softmax_;
  std::vector<float> buffer_;
};

}  // namespace

std::unique_ptr<PerSampleFunction> MakeSparseCategoricalCrossentropy(ObjectConfig& config,
                                                                     KerasVersion version) {
  const bool from_logits = config.Bool("from_logits", false);
  const std::optional<std::int64_t> ignore_class = config.OptionalInteger("ignore_class");
  const std::int64_t axis = config.Integer("axis", -1);
  return std::make_unique<SparseCategoricalCrossentropy>(from_logits, ignore_class, axis, version);
}

}  // namespace sidecar::evaluate
