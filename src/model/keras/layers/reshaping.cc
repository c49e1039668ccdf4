// Flatten, Permute, RepeatVector and Reshape.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <openvino/op/tile.hpp>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {

Result<Values> LowerFlatten(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const bool channels_first, IsChannelsFirst(context));
  const std::int64_t rank = RankOf(input.output);
  if (rank == 1) return Values{{Expanded(input.output, {1}), input.dtype}};
  GraphOutput value = input.output;
  if (channels_first && rank > 2) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(rank));
    std::iota(order.begin() + 1, order.end() - 1, 2);
    order.back() = 1;
    value = Transposed(value, order);
  }
  return Values{{Reshaped(value, {0, -1}), input.dtype}};
}

Result<Values> LowerPermute(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const auto dims, context.config().Ints("dims"));
  std::vector<std::int64_t> sorted = dims;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (sorted[i] == static_cast<std::int64_t>(i) + 1) continue;
    return context.config().Wrong("dims", "each of the numbers 1 ... n once");
  }
  const std::int64_t rank = RankOf(input.output);
  if (rank != static_cast<std::int64_t>(dims.size()) + 1) {
    return context.Fail(
        StatusCode::kFailedPrecondition,
        fmt::format("config.dims has {} numbers; its input has {} dimensions", dims.size(), rank));
  }
  std::vector<std::int64_t> order = {0};
  order.insert(order.end(), dims.begin(), dims.end());
  return Values{{Transposed(input.output, order), input.dtype}};
}

Result<Values> LowerRepeatVector(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs, 2, "[batch, features]"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t count, context.config().PositiveInt("n"));
  const GraphOutput repeated =
      std::make_shared<ov::op::v0::Tile>(Expanded(input.output, {1}), IntConstant({1, count, 1}));
  return Values{{repeated, input.dtype}};
}

Result<Values> LowerReshape(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const auto target, context.config().Ints("target_shape"));
  std::int64_t unknown = 0;
  std::int64_t product = 1;
  constexpr std::int64_t kMost = std::int64_t{1} << 31;
  for (const std::int64_t size : target) {
    if (size == -1) {
      ++unknown;
    } else if (size < 1 || size > kMost || product > kMost) {
      return context.config().Wrong("target_shape",
                                    "a list of sizes from 1 to 2^31, one may be -1");
    } else {
      product *= size;
    }
  }
  // The batch keeps its rows only if each row has as many elements as before.
  const Shape row = ShapeOf(input.output).WithoutFirst();
  const auto elements = row.is_static() ? row.NumElements() : Result<std::int64_t>(-1);
  const bool fits =
      elements.ok() &&
      (*elements < 0 || (unknown == 0 ? *elements == product : *elements % product == 0));
  if (unknown > 1 || !fits) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        fmt::format("config.target_shape: cannot reshape {} to {}", row.ToString(),
                                    Shape(target).ToString()));
  }
  std::vector<std::int64_t> sizes = {0};
  sizes.insert(sizes.end(), target.begin(), target.end());
  return Values{{Reshaped(input.output, sizes), input.dtype}};
}

}  // namespace sidecar::model::keras
