#include "model/keras/layers/layer_functions.h"

#include <fmt/format.h>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"

namespace sidecar::model::keras {

Result<Value> OnlyInput(const LayerContext& context, const Values& inputs) {
  if (inputs.size() == 1) return inputs.front();
  return context.Fail(StatusCode::kFailedPrecondition,
                      fmt::format("takes one input; is called with {}", inputs.size()));
}

Result<Value> OnlyInput(const LayerContext& context, const Values& inputs, std::int64_t rank,
                        std::string_view layout) {
  SIDECAR_ASSIGN_OR_RETURN(Value input, OnlyInput(context, inputs));
  if (RankOf(input.output) == rank) return input;
  return context.Fail(StatusCode::kFailedPrecondition,
                      fmt::format("takes an input of shape {}; is called with {}", layout,
                                  ShapeOf(input.output).ToString()));
}

Result<std::int64_t> NormalizeAxis(const LayerContext& context, std::int64_t axis,
                                   std::int64_t rank, std::string_view key) {
  if (axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  return context.Fail(StatusCode::kFailedPrecondition,
                      fmt::format("config.{} is {}; its input has {} dimensions", key, axis, rank));
}

Result<std::vector<std::int64_t>> NormalizeAxes(const LayerContext& context,
                                                const std::vector<std::int64_t>& axes,
                                                std::int64_t rank) {
  std::vector<std::int64_t> result;
  for (const std::int64_t axis : axes) {
    SIDECAR_ASSIGN_OR_RETURN(const std::int64_t normal, NormalizeAxis(context, axis, rank));
    for (const std::int64_t other : result) {
      if (other == normal) {
        return context.Fail(StatusCode::kFailedPrecondition,
                            fmt::format("config.axis names the dimension {} twice", normal));
      }
    }
    result.push_back(normal);
  }
  return result;
}

Result<std::int64_t> KnownSize(const LayerContext& context, const Value& value, std::int64_t axis) {
  const std::int64_t size = SizeOf(value.output, axis);
  if (size != Shape::kUnknown) return size;
  return context.Fail(StatusCode::kFailedPrecondition,
                      fmt::format("needs to know the size of dimension {} of its input, whose "
                                  "shape is {}",
                                  axis, ShapeOf(value.output).ToString()));
}

Result<bool> IsChannelsFirst(const LayerContext& context) {
  SIDECAR_ASSIGN_OR_RETURN(
      const std::string format,
      context.config().OneOf("data_format", {"channels_last", "channels_first"}, "channels_last"));
  return format == "channels_first";
}

}  // namespace sidecar::model::keras
