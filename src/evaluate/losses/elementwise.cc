#include "evaluate/losses/elementwise.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/status_macros.h"

namespace sidecar::evaluate {
namespace {

std::size_t AxisIndex(const Shape& shape, std::int64_t axis) {
  return static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::int64_t>(shape.rank()) : axis);
}

}  // namespace

Status ShapesDiffer(const Shape& labels, const Shape& prediction, std::string_view wanted) {
  return Status(StatusCode::kFailedPrecondition,
                fmt::format("labels of shape {} do not go with predictions of shape {} (the first "
                            "size is the batch): {}",
                            labels.ToString(), prediction.ToString(), wanted));
}

Result<Shape> ElementPairs::CommonShape(const Shape& labels, const Shape& prediction) {
  constexpr std::string_view kWanted = "both need the same shape";
  if (labels.rank() != prediction.rank()) return ShapesDiffer(labels, prediction, kWanted);
  bool labels_grow = false;
  bool prediction_grows = false;
  std::vector<std::int64_t> sizes;
  for (std::size_t axis = 0; axis < labels.rank(); ++axis) {
    if (!CanBroadcast(labels[axis], prediction[axis])) {
      return ShapesDiffer(labels, prediction, kWanted);
    }
    labels_grow |= labels[axis] == 1 && prediction[axis] > 1;
    prediction_grows |= prediction[axis] == 1 && labels[axis] > 1;
    const bool unknown = labels[axis] == Shape::kUnknown || prediction[axis] == Shape::kUnknown;
    sizes.push_back(unknown                 ? Shape::kUnknown
                    : labels[axis] == 1     ? prediction[axis]
                    : prediction[axis] == 1 ? labels[axis]
                                            : prediction[axis]);
  }
  // Both ways at once is nothing that data mean, and could be far larger than either.
  if (labels_grow && prediction_grows) return ShapesDiffer(labels, prediction, kWanted);
  return Shape(std::move(sizes));
}

Status ElementPairs::Load(const FunctionInput& input, const Shape& shape) {
  SIDECAR_ASSIGN_OR_RETURN(labels_, input.labels->Floats());
  predictions_ = input.prediction;
  if (input.label_shape != shape) {
    Broadcast(labels_, input.label_shape, shape, repeated_);
    labels_ = repeated_;
  } else if (input.prediction_shape != shape) {
    Broadcast(predictions_, input.prediction_shape, shape, repeated_);
    predictions_ = repeated_;
  }
  return Status();
}

Result<Shape> WithoutAxis(const Shape& shape, std::int64_t axis) {
  const auto rank = static_cast<std::int64_t>(shape.rank());
  if (axis < -rank || axis >= rank) {
    return Status(StatusCode::kInvalidArgument,
                  fmt::format("axis {} does not exist: predictions have the shape {} (the first "
                              "size is the batch)",
                              axis, shape.ToString()));
  }
  std::vector<std::int64_t> sizes = shape.sizes();
  sizes.erase(sizes.begin() + static_cast<std::ptrdiff_t>(AxisIndex(shape, axis)));
  return Shape(std::move(sizes));
}

AxisLayout LayoutAround(const Shape& shape, std::int64_t axis) {
  const std::size_t index = AxisIndex(shape, axis);
  return {ElementCount(shape, 0, index), static_cast<std::size_t>(shape[index]),
          ElementCount(shape, index + 1, shape.rank())};
}

void MeanAlongAxis(std::span<const float> values, const AxisLayout& layout,
                   std::span<float> means) {
  if (layout.inner == 1) {
    MeanOfRows(values, means.size(), means);
    return;
  }
  const auto count = static_cast<double>(layout.size);
  for (std::size_t outer = 0; outer < layout.outer; ++outer) {
    for (std::size_t inner = 0; inner < layout.inner; ++inner) {
      double sum = 0;
      for (std::size_t i = 0; i < layout.size; ++i) {
        sum += static_cast<double>(values[(outer * layout.size + i) * layout.inner + inner]);
      }
      means[outer * layout.inner + inner] = static_cast<float>(sum / count);
    }
  }
}

bool SameShapes(const Shape& a, const Shape& b) {
  if (a.rank() != b.rank()) return false;
  for (std::size_t axis = 0; axis < a.rank(); ++axis) {
    if (a[axis] != b[axis] && a[axis] != Shape::kUnknown && b[axis] != Shape::kUnknown) {
      return false;
    }
  }
  return true;
}

}  // namespace sidecar::evaluate
