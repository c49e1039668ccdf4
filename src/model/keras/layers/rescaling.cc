#include <fmt/format.h>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {
namespace {

// A number or array of the config that is broadcast against each sample.
Result<GraphOutput> SampleConstant(const LayerContext& context, std::string_view key,
                                   std::int64_t rank) {
  SIDECAR_ASSIGN_OR_RETURN(const NumberArray numbers, context.config().Numbers(key));
  if (static_cast<std::int64_t>(numbers.shape.size()) >= rank && rank > 0) {
    return context.Fail(StatusCode::kUnimplemented,
                        fmt::format("config.{} has {} dimensions, a sample only {}", key,
                                    numbers.shape.size(), rank - 1));
  }
  return FloatConstant(ov::Shape(numbers.shape), numbers.values);
}

}  // namespace

Result<Values> LowerRescaling(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  const std::int64_t rank = RankOf(input.output);
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput scale, SampleConstant(context, "scale", rank));
  GraphOutput result = Times(ToFloat(input.output), scale);
  if (context.config().Has("offset")) {
    SIDECAR_ASSIGN_OR_RETURN(const GraphOutput offset, SampleConstant(context, "offset", rank));
    result = Plus(result, offset);
  }
  return Values{{result}};
}

}  // namespace sidecar::model::keras
