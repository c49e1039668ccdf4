#include "evaluate/losses/overlap.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "evaluate/losses/crossentropy.h"
#include "evaluate/losses/elementwise.h"

namespace sidecar::evaluate {
namespace {

// Which dimensions are summed over; none given: all.
using Axes = std::optional<std::vector<std::int64_t>>;

// One flag for each dimension.
Result<std::vector<bool>> Summed(const Axes& axes, const Shape& shape) {
  std::vector<bool> summed(shape.rank(), !axes.has_value());
  const auto rank = static_cast<std::int64_t>(shape.rank());
  for (const std::int64_t axis : axes.value_or(std::vector<std::int64_t>())) {
    if (axis < -rank || axis >= rank) {
      return Status(StatusCode::kInvalidArgument,
                    fmt::format("axis {} does not exist: predictions have the shape {} (the first "
                                "size is the batch)",
                                axis, shape.ToString()));
    }
    summed[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)] = true;
  }
  return summed;
}

// Sums over some dimensions of y p, y (1 - p) and (1 - y) p.
struct OverlapSums {
  double both = 0;
  double label = 0;
  double prediction = 0;
  double label_only = 0;
  double prediction_only = 0;

  void Add(float y, float p) {
    both += static_cast<double>(y * p);
    label += static_cast<double>(y);
    prediction += static_cast<double>(p);
    label_only += static_cast<double>((1.0F - p) * y);
    prediction_only += static_cast<double>(p * (1.0F - y));
  }
};

struct Dice {
  float operator()(const OverlapSums& sums) const {
    const auto below =
        static_cast<float>(sums.label) + static_cast<float>(sums.prediction) + kEpsilon;
    return 1.0F - 2.0F * static_cast<float>(sums.both) / below;
  }
};

struct Tversky {
  float alpha = 0.5F;
  float beta = 0.5F;
  float operator()(const OverlapSums& sums) const {
    const auto both = static_cast<float>(sums.both);
    const float below = both + static_cast<float>(sums.label_only) * alpha +
                        static_cast<float>(sums.prediction_only) * beta + kEpsilon;
    return 1.0F - both / below;
  }
};

template <class Formula>
class Overlap final : public PerSampleFunction {
 public:
  Overlap(Formula formula, Axes axes) : formula_(formula), axes_(std::move(axes)) {}

  [[nodiscard]] Result<Shape> ValueShape(const Shape& labels,
                                         const Shape& prediction) const override {
    SIDECAR_ASSIGN_OR_RETURN(const Shape common, ElementPairs::CommonShape(labels, prediction));
    SIDECAR_ASSIGN_OR_RETURN(const std::vector<bool> summed, Summed(axes_, common));
    std::vector<std::int64_t> sizes;
    for (std::size_t axis = 0; axis < common.rank(); ++axis) {
      if (!summed[axis]) sizes.push_back(common[axis]);
    }
    return Shape(std::move(sizes));
  }

  Status Compute(const FunctionInput& input, Values& values) override {
    if (input.label_shape != input.prediction_shape) {
      return ShapesDiffer(input.label_shape, input.prediction_shape,
                          "an overlap needs the same shape for both");
    }
    SIDECAR_ASSIGN_OR_RETURN(const std::span<const float> labels, input.labels->Floats());
    SIDECAR_ASSIGN_OR_RETURN(const std::vector<bool> summed, Summed(axes_, input.prediction_shape));
    sums_.assign(values.data.size(), OverlapSums());
    AddElements(labels, input.prediction, input.prediction_shape, Strides(summed, input));
    for (std::size_t i = 0; i < sums_.size(); ++i) values.data[i] = formula_(sums_[i]);
    return Status();
  }

 private:
  // How far one step along each dimension goes among the sums; 0 where it is summed over.
  static std::vector<std::size_t> Strides(const std::vector<bool>& summed,
                                          const FunctionInput& input) {
    std::vector<std::size_t> strides(summed.size(), 0);
    std::size_t stride = 1;
    for (std::size_t axis = summed.size(); axis-- > 0;) {
      if (summed[axis]) continue;
      strides[axis] = stride;
      stride *= static_cast<std::size_t>(input.prediction_shape[axis]);
    }
    return strides;
  }

  void AddElements(std::span<const float> labels, std::span<const float> prediction,
                   const Shape& shape, const std::vector<std::size_t>& strides) {
    std::vector<std::int64_t> index(shape.rank(), 0);
    std::size_t target = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      sums_[target].Add(labels[i], prediction[i]);
      for (std::size_t axis = shape.rank(); axis-- > 0;) {
        target += strides[axis];
        if (++index[axis] < shape[axis]) break;
        index[axis] = 0;
        target -= strides[axis] * static_cast<std::size_t>(shape[axis]);
      }
    }
  }

  Formula formula_;
  Axes axes_;
  std::vector<OverlapSums> sums_;
};

}  // namespace

std::unique_ptr<PerSampleFunction> MakeDice(ObjectConfig& config, KerasVersion) {
  return std::make_unique<Overlap<Dice>>(Dice{}, config.Integers("axis"));
}

std::unique_ptr<PerSampleFunction> MakeTversky(ObjectConfig& config, KerasVersion) {
  const Tversky formula{static_cast<float>(config.Number("alpha", 0.5)),
                        static_cast<float>(config.Number("beta", 0.5))};
  return std::make_unique<Overlap<Tversky>>(formula, config.Integers("axis"));
}

}  // namespace sidecar::evaluate
