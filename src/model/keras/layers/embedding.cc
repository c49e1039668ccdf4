#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/gather.hpp>
#include <openvino/op/greater_eq.hpp>
#include <openvino/op/less.hpp>
#include <openvino/op/logical_or.hpp>
#include <openvino/op/matmul.hpp>
#include <openvino/op/maximum.hpp>
#include <openvino/op/minimum.hpp>
#include <openvino/op/reduce_max.hpp>
#include <openvino/op/tanh.hpp>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/effective_kernel.h"
#include "model/keras/layers/layer_functions.h"
#include "model/keras/masks.h"

namespace sidecar::model::keras {
namespace {

GraphOutput SameTypeConstant(const GraphOutput& like, std::int64_t value) {
  return ov::op::v0::Constant::create(like.get_element_type(), ov::Shape{}, {value});
}

// One number per row: 1 where an id is not from `least` to `table_size` - 1.
GraphOutput RowsOutside(const GraphOutput& ids, std::int64_t least, std::int64_t table_size) {
  const auto low = std::make_shared<ov::op::v1::Less>(ids, SameTypeConstant(ids, least));
  const auto high =
      std::make_shared<ov::op::v1::GreaterEqual>(ids, SameTypeConstant(ids, table_size));
  const GraphOutput outside = std::make_shared<ov::op::v0::Convert>(
      std::make_shared<ov::op::v1::LogicalOr>(low, high), ov::element::i32);
  std::vector<std::int64_t> axes;
  for (std::int64_t axis = 1; axis < RankOf(ids); ++axis) axes.push_back(axis);
  if (axes.empty()) return outside;
  return std::make_shared<ov::op::v1::ReduceMax>(outside, IntConstant(axes), false);
}

Result<GraphOutput> FindTable(LayerContext& context) {
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t size, context.config().PositiveInt("input_dim"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t width, context.config().PositiveInt("output_dim"));
  return EffectiveKernel(context,
                         {.name = "embeddings",
                          .shape = {size, width},
                          .edges = {"embeddings", "_embeddings"},
                          .regularizer = "embeddings_regularizer"},
                         "lora_embeddings");
}

// The table's rows of these ids.
GraphOutput LookUp(LayerContext& context, const GraphOutput& table, GraphOutput ids) {
  const std::int64_t size = SizeOf(table, 0);
  const ov::element::Type type = ids.get_element_type();
  if (type != ov::element::i32 && type != ov::element::i64) {
    ids = std::make_shared<ov::op::v0::Convert>(ids, ov::element::i32);
  }
  // Keras 3 counts negative ids from the table's end.
  const std::int64_t least = context.is_keras2() ? 0 : -size;
  context.AddCheck(
      RowsOutside(ids, least, size),
      fmt::format("an id is not in {} … {} (config.input_dim is {})", least, size - 1, size));
  if (least < 0) {
    const GraphOutput is_negative =
        std::make_shared<ov::op::v1::Less>(ids, SameTypeConstant(ids, 0));
    ids = Choose(is_negative, Plus(ids, SameTypeConstant(ids, size)), ids);
  }
  // The lookup itself must stay within the table whatever the ids are.
  ids = std::make_shared<ov::op::v1::Maximum>(ids, SameTypeConstant(ids, 0));
  ids = std::make_shared<ov::op::v1::Minimum>(ids, SameTypeConstant(ids, size - 1));
  return std::make_shared<ov::op::v8::Gather>(table, ids, IntConstant(0));
}

// The rows, with the mask that config.mask_zero asks for.
Result<Values> MaskedLookUp(LayerContext& context, const GraphOutput& table,
                            const GraphOutput& ids) {
  Value output{LookUp(context, table, ids)};
  SIDECAR_ASSIGN_OR_RETURN(const bool mask_zero, context.config().Bool("mask_zero", false));
  if (mask_zero) output.mask = AsBoolean(ids);
  return Values{std::move(output)};
}

}  // namespace

Result<Values> LowerEmbedding(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput table, FindTable(context));
  return MaskedLookUp(context, table, input.output);
}

// An Embedding that also turns vectors into logits over the ids, when it is called with reverse =
// true (keras/src/layers/core/reversible_embedding.py).
Result<Values> LowerReversibleEmbedding(LayerContext& context, const Values& inputs) {
  const ConfigReader& config = context.config();
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput table, FindTable(context));
  SIDECAR_ASSIGN_OR_RETURN(const bool tied, config.Bool("tie_weights", true));
  GraphOutput reverse_table = table;
  if (!tied) {
    SIDECAR_ASSIGN_OR_RETURN(reverse_table,
                             context.Variable({.name = "reverse_embeddings",
                                               .shape = {SizeOf(table, 1), SizeOf(table, 0)}}));
  }
  const Argument* reverse = context.arguments().Find({"reverse", "1"});
  const nlohmann::json* value = reverse == nullptr ? nullptr : reverse->constant();
  if (reverse != nullptr && (value == nullptr || !value->is_boolean())) {
    return context.Fail(StatusCode::kUnimplemented,
                        "the call argument reverse is something else than true or false");
  }
  if (value == nullptr || !value->get<bool>()) {
    return MaskedLookUp(context, table, input.output);
  }
  GraphOutput logits =
      std::make_shared<ov::op::v0::MatMul>(ToFloat(input.output), reverse_table, false, tied);
  if (config.Has("logit_soft_cap")) {
    SIDECAR_ASSIGN_OR_RETURN(const double cap, config.Number("logit_soft_cap"));
    const GraphOutput bound = FloatConstant(cap);
    logits = Times(std::make_shared<ov::op::v0::Tanh>(Over(logits, bound)), bound);
  }
  return Values{{logits}};
}

}  // namespace sidecar::model::keras
