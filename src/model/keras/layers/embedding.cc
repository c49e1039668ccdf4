#include <fmt/format.h>

#include <openvino/op/constant.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/gather.hpp>
#include <openvino/op/greater_eq.hpp>
#include <openvino/op/less.hpp>
#include <openvino/op/logical_or.hpp>
#include <openvino/op/maximum.hpp>
#include <openvino/op/minimum.hpp>
#include <openvino/op/reduce_max.hpp>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"
#include "model/keras/masks.h"

namespace sidecar::model::keras {
namespace {

GraphOutput SameTypeConstant(const GraphOutput& like, std::int64_t value) {
  return ov::op::v0::Constant::create(like.get_element_type(), ov::Shape{}, {value});
}

// One number per row: 1 where an id is outside the table.
GraphOutput RowsOutside(const GraphOutput& ids, std::int64_t table_size) {
  const auto low = std::make_shared<ov::op::v1::Less>(ids, SameTypeConstant(ids, 0));
  const auto high =
      std::make_shared<ov::op::v1::GreaterEqual>(ids, SameTypeConstant(ids, table_size));
  const GraphOutput outside = std::make_shared<ov::op::v0::Convert>(
      std::make_shared<ov::op::v1::LogicalOr>(low, high), ov::element::i32);
  std::vector<std::int64_t> axes;
  for (std::int64_t axis = 1; axis < RankOf(ids); ++axis) axes.push_back(axis);
  if (axes.empty()) return outside;
  return std::make_shared<ov::op::v1::ReduceMax>(outside, IntConstant(axes), false);
}

}  // namespace

Result<Values> LowerEmbedding(LayerContext& context, const Values& inputs) {
  const ConfigReader& config = context.config();
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t size, config.PositiveInt("input_dim"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t width, config.PositiveInt("output_dim"));
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput table,
                           context.Variable({.name = "embeddings",
                                             .shape = {size, width},
                                             .edges = {"embeddings", "_embeddings"},
                                             .regularizer = "embeddings_regularizer"}));
  GraphOutput ids = input.output;
  const ov::element::Type type = ids.get_element_type();
  if (type != ov::element::i32 && type != ov::element::i64) {
    ids = std::make_shared<ov::op::v0::Convert>(ids, ov::element::i32);
  }
  context.AddCheck(RowsOutside(ids, size),
                   fmt::format("an id is not in 0 … {} (config.input_dim is {})", size - 1, size));
  // The lookup itself must stay within the table whatever the ids are.
  ids = std::make_shared<ov::op::v1::Maximum>(ids, SameTypeConstant(ids, 0));
  ids = std::make_shared<ov::op::v1::Minimum>(ids, SameTypeConstant(ids, size - 1));
  Value output{std::make_shared<ov::op::v8::Gather>(table, ids, IntConstant(0))};
  SIDECAR_ASSIGN_OR_RETURN(const bool mask_zero, config.Bool("mask_zero", false));
  if (mask_zero) output.mask = AsBoolean(input.output);
  return Values{std::move(output)};
}

}  // namespace sidecar::model::keras
