// The preprocessing layer Normalization, whose statistics come from its config or from variables.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {
namespace {

constexpr double kEpsilon = 1e-7;  // keras.backend.epsilon()

// The dimensions that have statistics of their own.
struct KeptAxes {
  std::int64_t rank = 0;
  std::vector<std::int64_t> axes;   // ascending
  std::vector<std::int64_t> sizes;  // of these
};

Result<KeptAxes> FindKeptAxes(const LayerContext& context, const Value& input) {
  KeptAxes kept;
  kept.rank = RankOf(input.output);
  std::vector<std::int64_t> axes = {-1};
  // A key that is null means no axis, one that is missing means the last.
  if (context.config().object().contains("axis")) {
    SIDECAR_ASSIGN_OR_RETURN(axes, context.config().Ints("axis", std::vector<std::int64_t>{}));
  }
  SIDECAR_ASSIGN_OR_RETURN(kept.axes, NormalizeAxes(context, axes, kept.rank));
  std::sort(kept.axes.begin(), kept.axes.end());
  for (const std::int64_t axis : kept.axes) {
    SIDECAR_ASSIGN_OR_RETURN(const std::int64_t size, KnownSize(context, input, axis));
    kept.sizes.push_back(size);
  }
  return kept;
}

// Numbers of the config, aligned to the kept axes from the right.
Result<GraphOutput> FromConfig(const LayerContext& context, std::string_view key,
                               const KeptAxes& kept) {
  SIDECAR_ASSIGN_OR_RETURN(const NumberArray numbers, context.config().Numbers(key));
  ov::Shape shape(static_cast<std::size_t>(kept.rank), 1);
  bool fits = numbers.shape.size() <= kept.axes.size();
  for (std::size_t i = 0; fits && i < numbers.shape.size(); ++i) {
    const std::size_t place = kept.axes.size() - numbers.shape.size() + i;
    fits =
        numbers.shape[i] == 1 || static_cast<std::int64_t>(numbers.shape[i]) == kept.sizes[place];
    if (fits) shape[kept.axes[place]] = numbers.shape[i];
  }
  if (!fits) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        fmt::format("config.{} has the shape [{}], its axes the sizes {}", key,
                                    fmt::join(numbers.shape, ","), Shape(kept.sizes).ToString()));
  }
  return FloatConstant(shape, numbers.values);
}

Result<GraphOutput> FromVariable(LayerContext& context, const std::string& name,
                                 const KeptAxes& kept) {
  VariableSpec spec{.name = name,
                    .shape = Shape(kept.sizes),
                    .trainable = false,
                    .edges = {name, "adapt_" + name}};
  if (context.is_keras2()) spec.dtype = context.policy().compute;
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput variable, context.Variable(std::move(spec)));
  std::vector<std::int64_t> shape(static_cast<std::size_t>(kept.rank), 1);
  for (std::size_t i = 0; i < kept.axes.size(); ++i) {
    shape[static_cast<std::size_t>(kept.axes[i])] = kept.sizes[i];
  }
  return Reshaped(variable, shape);
}

}  // namespace

Result<Values> LowerNormalization(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const KeptAxes kept, FindKeptAxes(context, input));
  SIDECAR_ASSIGN_OR_RETURN(const bool invert, context.config().Bool("invert", false));
  if (!kept.axes.empty() && kept.axes.front() == 0) {
    return context.Fail(StatusCode::kUnimplemented, "statistics for each row of a batch");
  }
  GraphOutput mean;
  GraphOutput variance;
  if (context.config().Has("mean")) {
    SIDECAR_ASSIGN_OR_RETURN(mean, FromConfig(context, "mean", kept));
    SIDECAR_ASSIGN_OR_RETURN(variance, FromConfig(context, "variance", kept));
  } else {
    SIDECAR_ASSIGN_OR_RETURN(mean, FromVariable(context, "mean", kept));
    SIDECAR_ASSIGN_OR_RETURN(variance, FromVariable(context, "variance", kept));
    SIDECAR_RETURN_IF_ERROR(context.UnreadVariable(
        {.name = "count", .shape = {}, .trainable = false, .dtype = DType::kInt64}));
  }
  const GraphOutput x = ToFloat(input.output);
  const GraphOutput deviation = AtLeast(SquareRoot(variance), FloatConstant(kEpsilon));
  if (invert) return Values{{Plus(mean, Times(x, deviation)), input.dtype, input.mask}};
  return Values{{Over(Minus(x, mean), deviation), input.dtype, input.mask}};
}

}  // namespace sidecar::model::keras
