// UnitNormalization and RMSNormalization: division by the length of vectors.
#include <algorithm>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {
namespace {

Result<std::vector<std::int64_t>> ReadAxes(LayerContext& context, const Value& input) {
  SIDECAR_ASSIGN_OR_RETURN(const auto config_axes,
                           context.config().Ints("axis", std::vector<std::int64_t>{-1}));
  SIDECAR_ASSIGN_OR_RETURN(auto axes, NormalizeAxes(context, config_axes, RankOf(input.output)));
  if (axes.empty()) return context.config().Wrong("axis", "at least one dimension");
  if (std::find(axes.begin(), axes.end(), 0) != axes.end()) context.MixRows();
  return axes;
}

}  // namespace

Result<Values> LowerUnitNormalization(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const auto axes, ReadAxes(context, input));
  // Keras 2 bounds the square of the length, Keras 3 the length.
  const double least = context.is_keras2() ? 1e-12 : 1e-24;
  const GraphOutput x = ToFloat(input.output);
  const GraphOutput squares = AtLeast(SumOver(Times(x, x), axes, true), FloatConstant(least));
  return Values{{Over(x, SquareRoot(squares)), input.dtype, input.mask}};
}

Result<Values> LowerRMSNormalization(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(auto axes, ReadAxes(context, input));
  SIDECAR_ASSIGN_OR_RETURN(const double epsilon, context.config().Number("epsilon", 1e-6));
  std::sort(axes.begin(), axes.end());
  std::vector<std::int64_t> sizes;
  for (const std::int64_t axis : axes) {
    SIDECAR_ASSIGN_OR_RETURN(const std::int64_t size, KnownSize(context, input, axis));
    sizes.push_back(size);
  }
  // Keras broadcasts the scale from the last dimension on, whatever the axes are.
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput scale,
                           context.Variable({.name = "scale", .shape = Shape(sizes)}));
  const GraphOutput x = ToFloat(input.output);
  const GraphOutput squares = MeanOver(Times(x, x), axes, true);
  const GraphOutput result = Over(x, SquareRoot(Plus(squares, FloatConstant(epsilon))));
  return Values{{Times(result, scale), input.dtype, input.mask}};
}

}  // namespace sidecar::model::keras
