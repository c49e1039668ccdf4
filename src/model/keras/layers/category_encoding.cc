// CategoryEncoding and Discretization.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <openvino/op/bucketize.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/greater_eq.hpp>
#include <openvino/op/less.hpp>
#include <openvino/op/logical_or.hpp>
#include <openvino/op/reduce_max.hpp>

#include "base/status_macros.h"
#include "model/host/preprocessing.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/categories.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {
namespace {

// One number per row: 1 where a number is none of the categories.
GraphOutput RowsOutside(const GraphOutput& numbers, std::int64_t depth) {
  const auto like = [&numbers](std::int64_t value) {
    return ov::op::v0::Constant::create(numbers.get_element_type(), ov::Shape{}, {value});
  };
  const auto outside = std::make_shared<ov::op::v1::LogicalOr>(
      std::make_shared<ov::op::v1::Less>(numbers, like(0)),
      std::make_shared<ov::op::v1::GreaterEqual>(numbers, like(depth)));
  const GraphOutput flags = std::make_shared<ov::op::v0::Convert>(outside, ov::element::i32);
  std::vector<std::int64_t> axes;
  for (std::int64_t axis = 1; axis < RankOf(numbers); ++axis) axes.push_back(axis);
  if (axes.empty()) return flags;
  return std::make_shared<ov::op::v1::ReduceMax>(flags, IntConstant(axes), false);
}

Result<std::optional<GraphOutput>> CountWeights(const LayerContext& context, OutputMode mode) {
  const Argument* const argument = context.arguments().Find({"count_weights", "1"});
  if (argument == nullptr) return std::optional<GraphOutput>();
  const Value* const weights = argument->tensor();
  if (weights == nullptr || mode != OutputMode::kCount) {
    return context.Fail(StatusCode::kUnimplemented,
                        "count_weights must be a tensor, and the output mode count");
  }
  return std::optional(weights->output);
}

Result<std::vector<float>> ReadBoundaries(const LayerContext& context) {
  if (!context.config().Has("bin_boundaries")) {
    return context.Fail(StatusCode::kUnimplemented,
                        "its config has no bin_boundaries; Keras 2 does not save those that it "
                        "adapted: give it bin_boundaries");
  }
  SIDECAR_ASSIGN_OR_RETURN(const NumberArray numbers, context.config().Numbers("bin_boundaries"));
  std::vector<float> boundaries;
  bool numeric = true;  // infinities are bounds too
  for (const double number : numbers.values) {
    boundaries.push_back(static_cast<float>(number));
    numeric = numeric && !std::isnan(number);
  }
  if (numeric && numbers.shape.size() == 1 &&
      std::is_sorted(boundaries.begin(), boundaries.end())) {
    return boundaries;
  }
  return context.config().Wrong("bin_boundaries", "a list of ascending numbers");
}

}  // namespace

Result<Values> LowerCategoryEncoding(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  const char* const key = context.config().Has("num_tokens") ? "num_tokens" : "max_tokens";
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t depth, context.config().PositiveInt(key));
  SIDECAR_ASSIGN_OR_RETURN(const OutputMode mode, ReadOutputMode(context, OutputMode::kMultiHot));
  if (input.dtype == DType::kString) {
    return context.Fail(StatusCode::kFailedPrecondition, "takes numbers; is called with strings");
  }
  if (mode == OutputMode::kInt || mode == OutputMode::kTfIdf) {
    return context.config().Wrong("output_mode", "one_hot, multi_hot or count");
  }
  SIDECAR_ASSIGN_OR_RETURN(const auto weights, CountWeights(context, mode));
  // Keras 3 leaves numbers out that are none of the categories.
  if (context.is_keras2()) {
    context.AddCheck(
        RowsOutside(input.output, depth),
        fmt::format("a number is not in 0 … {} (config.num_tokens is {})", depth - 1, depth));
  }
  SIDECAR_ASSIGN_OR_RETURN(const Value output,
                           EncodeCategories(context, input, mode, depth, weights));
  return Values{output};
}

Result<Values> LowerDiscretization(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const OutputMode mode, ReadOutputMode(context, OutputMode::kInt));
  SIDECAR_ASSIGN_OR_RETURN(std::vector<float> boundaries, ReadBoundaries(context));
  if (input.dtype == DType::kString) {
    return context.Fail(StatusCode::kFailedPrecondition, "takes numbers; is called with strings");
  }
  const auto depth = static_cast<std::int64_t>(boundaries.size()) + 1;
  Value numbers;
  if (input.host) {
    numbers = context.RunOnHost(Intervals(std::move(boundaries)), {input},
                                {DType::kInt64, input.host->shape});
  } else {
    const auto bounds = std::make_shared<ov::op::v0::Constant>(
        ov::element::f32, ov::Shape{boundaries.size()}, boundaries);
    numbers = Value{std::make_shared<ov::op::v3::Bucketize>(ToFloat(input.output), bounds,
                                                            ov::element::i32, false),
                    DType::kInt32};
  }
  SIDECAR_ASSIGN_OR_RETURN(const Value output, EncodeCategories(context, numbers, mode, depth));
  return Values{output};
}

}  // namespace sidecar::model::keras
