// Attention and AdditiveAttention: tf_keras/layers/attention/base_dense_attention.py and
// keras/layers/attention/attention.py.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <openvino/op/matmul.hpp>
#include <openvino/op/reduce_sum.hpp>
#include <openvino/op/softmax.hpp>
#include <openvino/op/tanh.hpp>

#include "base/status_macros.h"
#include "model/keras/constant_value.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/attention_functions.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {
namespace {

struct Masks {
  std::optional<GraphOutput> query;
  std::optional<GraphOutput> value;
};

// The `mask` argument, a list for query and value, or else the masks of these inputs.
Result<Masks> ReadMasks(const LayerContext& context, const Values& inputs) {
  const Argument* argument = context.arguments().Find({"mask", "1"});
  if (argument == nullptr) return Masks{inputs[0].mask, inputs[1].mask};
  const Argument::Items* items = argument->items();
  if (items == nullptr || !argument->keys.empty() || items->size() < 2 || items->size() > 3) {
    return context.Fail(StatusCode::kDataLoss,
                        "its mask is not a list of two or three: for query, value and key");
  }
  Masks masks;
  for (const std::size_t i : {0U, 1U}) {
    const Argument& item = (*items)[i];
    if (item.tensor() == nullptr && item.constant() == nullptr) continue;
    if (item.tensor() == nullptr && item.constant()->is_null()) continue;
    SIDECAR_ASSIGN_OR_RETURN(const Value value, ToValue(item, context.description() + ": mask"));
    (i == 0 ? masks.query : masks.value) = IsNotZero(value.output);
  }
  return masks;
}

// weights · tanh(query + key), summed over the last dimension: [batch, rows, columns].
GraphOutput SumOfTanh(const GraphOutput& query, const GraphOutput& key,
                      const std::optional<GraphOutput>& inner,
                      const std::optional<GraphOutput>& outer) {
  GraphOutput sum = Plus(Expanded(query, {-2}), Expanded(key, {-3}));
  if (inner) sum = Times(*inner, sum);
  sum = std::make_shared<ov::op::v0::Tanh>(sum);
  if (outer) sum = Times(*outer, sum);
  return std::make_shared<ov::op::v1::ReduceSum>(sum, IntConstant(std::vector<std::int64_t>{-1}),
                                                 false);
}

// What both layers do with the scores.
Result<Values> Apply(LayerContext& context, const Values& inputs, GraphOutput scores) {
  SIDECAR_ASSIGN_OR_RETURN(const Masks masks, ReadMasks(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const bool causal_config, context.config().Bool("causal", false));
  SIDECAR_ASSIGN_OR_RETURN(const bool causal_argument, FlagArgument(context, {"use_causal_mask"}));
  SIDECAR_ASSIGN_OR_RETURN(const bool return_scores,
                           FlagArgument(context, {"return_attention_scores"}));
  std::optional<GraphOutput> mask = masks.value;
  if (mask && RankOf(*mask) == 2) mask = Expanded(*mask, {-2});
  if (causal_argument || (causal_config && context.is_keras2())) {
    const std::int64_t rank = RankOf(scores);
    mask =
        BothMasks(mask, CausalMask(RunTimeSize(scores, rank - 2), RunTimeSize(scores, rank - 1)));
  }
  if (mask) {
    const GraphOutput shift = Times(Minus(FloatConstant(1), ToFloat(*mask)), FloatConstant(-1e9));
    scores = Plus(scores, shift);
  }
  const GraphOutput weights = std::make_shared<ov::op::v8::Softmax>(scores, std::int64_t{-1});
  GraphOutput result =
      std::make_shared<ov::op::v0::MatMul>(weights, ToFloat(inputs[1].output), false, false);
  if (masks.query) {
    const GraphOutput keep = Expanded(*masks.query, {-1});
    result =
        context.is_keras2() ? Times(result, ToFloat(keep)) : Choose(keep, result, FloatConstant(0));
  }
  Values outputs = {{result, inputs[0].dtype, masks.query}};
  if (return_scores) outputs.push_back({weights, inputs[0].dtype});
  return outputs;
}

// Query and key as float; fails for another number of inputs than two or three.
struct QueryAndKey {
  GraphOutput query;
  GraphOutput key;
};
Result<QueryAndKey> ReadInputs(const LayerContext& context, const Values& inputs) {
  if (inputs.size() == 2 || inputs.size() == 3) {
    return QueryAndKey{ToFloat(inputs[0].output), ToFloat(inputs.back().output)};
  }
  return context.Fail(
      StatusCode::kFailedPrecondition,
      fmt::format("takes [query, value] or [query, value, key]; is called with {} inputs",
                  inputs.size()));
}

}  // namespace

Result<Values> LowerAttention(LayerContext& context, const Values& inputs) {
  const ConfigReader& config = context.config();
  SIDECAR_ASSIGN_OR_RETURN(const QueryAndKey with, ReadInputs(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const bool use_scale, config.Bool("use_scale", false));
  SIDECAR_ASSIGN_OR_RETURN(const std::string mode,
                           config.OneOf("score_mode", {"dot", "concat"}, "dot"));
  std::optional<GraphOutput> scale;
  if (use_scale) {
    SIDECAR_ASSIGN_OR_RETURN(scale, context.Variable({.name = "scale", .shape = {}}));
  }
  if (mode == "concat") {
    SIDECAR_ASSIGN_OR_RETURN(const GraphOutput weight,
                             context.Variable({.name = "concat_score_weight", .shape = {}}));
    return Apply(context, inputs,
                 Times(weight, SumOfTanh(with.query, with.key, scale, std::nullopt)));
  }
  GraphOutput scores = std::make_shared<ov::op::v0::MatMul>(with.query, with.key, false, true);
  if (scale) scores = Times(scores, *scale);
  return Apply(context, inputs, std::move(scores));
}

Result<Values> LowerAdditiveAttention(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const QueryAndKey with, ReadInputs(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const bool use_scale, context.config().Bool("use_scale", true));
  std::optional<GraphOutput> scale;
  if (use_scale) {
    // Keras 2 takes the size of the value, Keras 3 that of the query.
    const Value& sized = inputs[context.is_keras2() ? 1 : 0];
    SIDECAR_ASSIGN_OR_RETURN(const std::int64_t size,
                             KnownSize(context, sized, RankOf(sized.output) - 1));
    SIDECAR_ASSIGN_OR_RETURN(scale, context.Variable({.name = "scale", .shape = {size}}));
  }
  return Apply(context, inputs, SumOfTanh(with.query, with.key, std::nullopt, scale));
}

}  // namespace sidecar::model::keras
