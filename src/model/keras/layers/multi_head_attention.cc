// MultiHeadAttention and GroupQueryAttention: multi_head_attention.py of both Kerases and
// grouped_query_attention.py of Keras 3.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <openvino/op/gather.hpp>
#include <openvino/op/greater.hpp>
#include <openvino/op/matmul.hpp>
#include <openvino/op/sigmoid.hpp>

#include "base/status_macros.h"
#include "model/keras/activity_loss.h"
#include "model/keras/constant_value.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/attention_functions.h"
#include "model/keras/layers/attention_layout.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {
namespace {

using Axes = std::vector<std::int64_t>;

std::int64_t ProductOf(const Axes& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{1}, std::multiplies<>());
}

// What the layer is called with.
struct Call {
  Value query;
  Value value;
  Value key;
  bool has_key = false;
  std::optional<Value> query_mask;
  std::optional<Value> value_mask;
  std::optional<Value> key_mask;
  std::optional<Value> attention_mask;
  bool causal = false;
  bool return_scores = false;
};

Result<Call> ReadCall(const LayerContext& context, const Values& inputs) {
  Call call;
  std::optional<Value> query;
  if (inputs.size() == 1) {
    query = inputs.front();
  } else {
    SIDECAR_ASSIGN_OR_RETURN(query, TensorArgument(context, {"query"}));
  }
  SIDECAR_ASSIGN_OR_RETURN(const auto value, TensorArgument(context, {"value", "1"}));
  if (!query || !value) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        "takes a query and a value; is called without one of them");
  }
  SIDECAR_ASSIGN_OR_RETURN(const auto key, TensorArgument(context, {"key", "2"}));
  call.query = *query;
  call.value = *value;
  call.has_key = key.has_value();
  call.key = key.value_or(*value);
  // In Keras 2 the mask of the attention comes right after the key.
  if (context.is_keras2()) {
    SIDECAR_ASSIGN_OR_RETURN(call.attention_mask, TensorArgument(context, {"attention_mask"}));
  } else {
    SIDECAR_ASSIGN_OR_RETURN(call.query_mask, TensorArgument(context, {"query_mask", "3"}));
    SIDECAR_ASSIGN_OR_RETURN(call.value_mask, TensorArgument(context, {"value_mask", "4"}));
    SIDECAR_ASSIGN_OR_RETURN(call.key_mask, TensorArgument(context, {"key_mask", "5"}));
    SIDECAR_ASSIGN_OR_RETURN(call.attention_mask, TensorArgument(context, {"attention_mask", "6"}));
  }
  SIDECAR_ASSIGN_OR_RETURN(call.causal, FlagArgument(context, {"use_causal_mask"}));
  SIDECAR_ASSIGN_OR_RETURN(call.return_scores, FlagArgument(context, {"return_attention_scores"}));
  const std::int64_t rank = RankOf(call.query.output);
  if (rank < 3 || RankOf(call.value.output) != rank || RankOf(call.key.output) != rank) {
    return context.Fail(
        StatusCode::kFailedPrecondition,
        fmt::format("takes query, value and key of one rank, 3 or more; is called with {}, {}, {}",
                    ShapeOf(call.query.output).ToString(), ShapeOf(call.value.output).ToString(),
                    ShapeOf(call.key.output).ToString()));
  }
  return call;
}

// The mask of one of the tensors: given explicitly, or the tensor's own.
std::optional<GraphOutput> MaskOf(const std::optional<Value>& given, const Value& tensor) {
  if (given) return IsNotZero(given->output);
  return tensor.mask;
}

// All masks of a call in one, as `_compute_attention_mask` merges them, boolean unless it is only
// the attention mask.
std::optional<GraphOutput> MergedMask(const Call& call, const std::optional<GraphOutput>& query,
                                      std::optional<std::int64_t> window) {
  std::optional<GraphOutput> merged;
  if (query) merged = Expanded(*query, {-1});
  if (const auto mask = MaskOf(call.value_mask, call.value)) {
    merged = BothMasks(merged, Expanded(*mask, {-2}));
  }
  // Without a key only a mask that is given for it counts.
  if (call.has_key || call.key_mask) {
    if (const auto mask = MaskOf(call.key_mask, call.key)) {
      merged = BothMasks(merged, Expanded(*mask, {-2}));
    }
  }
  const GraphOutput rows = RunTimeSize(call.query.output, 1);
  const GraphOutput columns = RunTimeSize(call.value.output, 1);
  if (call.causal) merged = BothMasks(merged, Expanded(CausalMask(rows, columns), {0}));
  if (window) merged = BothMasks(merged, Expanded(WindowMask(rows, columns, *window), {0}));
  if (!call.attention_mask) return merged;
  if (!merged) return call.attention_mask->output;
  return BothMasks(IsNotZero(call.attention_mask->output), merged);
}

// One of the projections: an EinsumDense that contracts the last `bound` dimensions.
class Projection {
 public:
  Projection(LayerContext& layer, const std::string& name, bool has_property)
      : part_(&layer.Part(
            {.name = name, .edges = {"_" + name}, .archive_names = Names(name, has_property)})) {}

  Result<GraphOutput> Apply(const GraphOutput& x, std::int64_t bound, const Axes& sizes,
                            bool use_bias) const {
    const std::int64_t rank = RankOf(x);
    Axes kernel_shape;
    for (std::int64_t axis = rank - bound; axis < rank; ++axis) {
      SIDECAR_ASSIGN_OR_RETURN(const std::int64_t size, KnownSize(*part_, {x}, axis));
      kernel_shape.push_back(size);
    }
    const std::int64_t in = ProductOf(kernel_shape);
    kernel_shape.insert(kernel_shape.end(), sizes.begin(), sizes.end());
    SIDECAR_ASSIGN_OR_RETURN(const GraphOutput kernel,
                             part_->Variable({.name = "kernel",
                                              .shape = Shape(kernel_shape),
                                              .edges = {"kernel", "_kernel"},
                                              .regularizer = "kernel_regularizer"}));
    const std::int64_t out = ProductOf(sizes);
    Axes lead(static_cast<std::size_t>(rank - bound), 0);
    const auto with = [&lead](const Axes& last) {
      Axes all = lead;
      all.insert(all.end(), last.begin(), last.end());
      return all;
    };
    GraphOutput result = std::make_shared<ov::op::v0::MatMul>(
        bound == 1 ? x : Reshaped(x, with({in})), Reshaped(kernel, {in, out}), false, false);
    if (use_bias) {
      SIDECAR_ASSIGN_OR_RETURN(
          const GraphOutput bias,
          part_->Variable(
              {.name = "bias", .shape = Shape(sizes), .regularizer = "bias_regularizer"}));
      result = Plus(result, Reshaped(bias, {out}));
    }
    return sizes.size() == 1 ? result : Reshaped(result, with(sizes));
  }

 private:
  // Archives of Keras 3 name public properties where a layer has them.
  static std::vector<std::string> Names(const std::string& name, bool has_property) {
    if (has_property) return {name, "_" + name};
    return {"_" + name};
  }

  LayerContext* part_;
};

// What the config says.
struct Heads {
  std::int64_t query_heads = 0;
  std::int64_t key_heads = 0;
  std::int64_t key_size = 0;
  std::int64_t value_size = 0;
  bool use_bias = true;
  bool use_gate = false;
  bool has_dropout = false;
  std::optional<std::int64_t> window;
  Axes attention;                   // dimensions of the projected tensors
  Axes output;                      // sizes of the result's last dimensions
  bool robust = false;              // softmax_robust_masking
  bool has_properties = false;      // names in archives
  bool ignores_query_mask = false;  // the argument of that name
  bool booleans_by_half = false;    // a mask that is no bool is true above 0.5
};

Status ReadCommon(const LayerContext& context, Heads& heads) {
  const ConfigReader& config = context.config();
  SIDECAR_ASSIGN_OR_RETURN(heads.use_bias, config.Bool("use_bias", true));
  SIDECAR_ASSIGN_OR_RETURN(heads.use_gate, config.Bool("use_gate", false));
  SIDECAR_ASSIGN_OR_RETURN(const double dropout, config.Number("dropout", 0));
  heads.has_dropout = dropout > 0;
  if (config.Has("sliding_window")) {
    SIDECAR_ASSIGN_OR_RETURN(heads.window, config.PositiveInt("sliding_window"));
  }
  return Status();
}

// The attention dimensions, counted from the front; `rank` of the projected tensors.
Result<Axes> ReadAttentionAxes(const LayerContext& context, std::int64_t rank) {
  Axes all(static_cast<std::size_t>(rank - 3));
  std::iota(all.begin(), all.end(), 1);
  SIDECAR_ASSIGN_OR_RETURN(Axes axes, context.config().Ints("attention_axes", all));
  for (std::int64_t& axis : axes) {
    // Keras 3 counts them from the end of the inputs, whose rank is one less.
    if (axis < 0 && !context.is_keras2()) axis += rank - 1;
    if (axis < 1 || axis > rank - 3 || std::count(axes.begin(), axes.end(), axis) != 1) {
      return context.config().Wrong("attention_axes",
                                    "dimensions between the batch and the features, each once");
    }
  }
  if (axes.empty()) return context.config().Wrong("attention_axes", "at least one dimension");
  return axes;
}

MaskedScores MaskingOf(const LayerContext& context, const Heads& heads, bool step_by_step) {
  if (!context.is_keras2()) return step_by_step ? MaskedScores::kZeroed : MaskedScores::kLowest;
  return heads.robust ? MaskedScores::kReplaced : MaskedScores::kShifted;
}

// `mask` with dimensions for heads and others put in, as `_masked_softmax` does, and boolean
// unless it is added to the scores.
GraphOutput ScoreMask(GraphOutput mask, const Heads& heads, MaskedScores masked,
                      std::int64_t scores_rank) {
  if (masked != MaskedScores::kShifted) {
    const bool half = (masked == MaskedScores::kReplaced ||
                       (heads.booleans_by_half && masked == MaskedScores::kZeroed)) &&
                      IsFloat(mask);
    mask = half ? IsGreater(mask, FloatConstant(0.5)) : IsNotZero(mask);
  }
  const auto attention = static_cast<std::int64_t>(heads.attention.size());
  while (RankOf(mask) < scores_rank) mask = Expanded(mask, {-2 * attention - 1});
  return mask;
}

struct Projected {
  GraphOutput query;
  GraphOutput key;
  GraphOutput value;
  std::optional<GraphOutput> gate;
};

// In Keras's order of creation.
Result<Projected> ProjectInputs(LayerContext& context, const Heads& heads, const Call& call) {
  const bool has_properties = heads.has_properties;
  Projected result;
  const GraphOutput query = ToFloat(call.query.output);
  SIDECAR_ASSIGN_OR_RETURN(
      result.query, Projection(context, "query_dense", has_properties)
                        .Apply(query, 1, {heads.query_heads, heads.key_size}, heads.use_bias));
  SIDECAR_ASSIGN_OR_RETURN(
      result.key,
      Projection(context, "key_dense", has_properties)
          .Apply(ToFloat(call.key.output), 1, {heads.key_heads, heads.key_size}, heads.use_bias));
  if (heads.use_gate) {
    SIDECAR_ASSIGN_OR_RETURN(
        const GraphOutput gate,
        Projection(context, "gate_dense", false)
            .Apply(query, 1, {heads.query_heads, heads.value_size}, heads.use_bias));
    result.gate = std::make_shared<ov::op::v0::Sigmoid>(gate);
  }
  SIDECAR_ASSIGN_OR_RETURN(
      result.value, Projection(context, "value_dense", has_properties)
                        .Apply(ToFloat(call.value.output), 1, {heads.key_heads, heads.value_size},
                               heads.use_bias));
  return result;
}

// Each head of `x` [batch, rows, heads, size] `times` times in a row.
GraphOutput RepeatHeads(const GraphOutput& x, std::int64_t heads, std::int64_t times) {
  if (times == 1) return x;
  Axes indices;
  for (std::int64_t i = 0; i < heads * times; ++i) indices.push_back(i / times);
  return std::make_shared<ov::op::v8::Gather>(x, IntConstant(indices), IntConstant(2));
}

// Keras 3 gives the activity_regularizer to the projections; that of the output is the layer's own
// output, whose activity is counted with every layer's.
Status AddProjectionsActivity(LayerContext& context, const Projected& projected) {
  if (context.is_keras2()) return Status();
  Values activities = {{projected.query}, {projected.key}, {projected.value}};
  if (projected.gate) activities.push_back({*projected.gate});
  return AddActivityLoss(context, context.layer(), activities);
}

Result<Values> Lower(LayerContext& context, const Heads& heads, const Call& call) {
  SIDECAR_ASSIGN_OR_RETURN(Projected projected, ProjectInputs(context, heads, call));
  SIDECAR_RETURN_IF_ERROR(AddProjectionsActivity(context, projected));
  const std::int64_t times = heads.query_heads / heads.key_heads;
  projected.key = RepeatHeads(projected.key, heads.key_heads, times);
  projected.value = RepeatHeads(projected.value, heads.key_heads, times);

  const std::int64_t rank = RankOf(projected.query);
  const bool step_by_step = heads.has_dropout || call.return_scores || rank != 4;
  const AttentionLayout layout(rank, heads.attention);
  AttentionInput input{layout.Apply(projected.query), layout.Apply(projected.key),
                       layout.Apply(projected.value),
                       1 / std::sqrt(static_cast<double>(heads.key_size))};
  input.masked = MaskingOf(context, heads, step_by_step);
  input.dimensions = static_cast<std::int64_t>(heads.attention.size());
  if (layout.joins()) {
    input.rows = layout.Sizes(projected.query);
    input.columns = layout.Sizes(projected.key);
  }
  const auto query_mask =
      heads.ignores_query_mask ? call.query.mask : MaskOf(call.query_mask, call.query);
  if (auto mask = MergedMask(call, query_mask, heads.window)) {
    input.mask = ScoreMask(*mask, heads, input.masked, rank + input.dimensions - 1);
  }
  GraphOutput output;
  std::optional<GraphOutput> scores;
  if (rank == 4 && !call.return_scores && input.masked != MaskedScores::kZeroed) {
    output = AttendFused(input);
  } else {
    AttentionOutput attention = Attend(input);
    output = attention.output;
    if (call.return_scores) scores = attention.scores;
  }
  output = layout.Restore(output, projected.query);
  if (projected.gate) output = Times(output, *projected.gate);
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput result,
                           Projection(context, "output_dense", heads.has_properties)
                               .Apply(output, 2, heads.output, heads.use_bias));
  Values outputs = {{result, call.query.dtype, call.query.mask}};
  if (scores) {
    outputs.push_back({*scores, call.query.dtype});
    // The Softmax layer that made them passes its mask on. As weights of a loss on scores, masks of
    // floats and those that are the same for all samples are left out (docs/numbers.md).
    const bool weighs = input.mask && SizeOf(*input.mask, 0) == Shape::kUnknown &&
                        !(call.attention_mask && IsFloat(call.attention_mask->output));
    if (weighs) outputs.back().mask = IsNotZero(*input.mask);
  }
  return outputs;
}

}  // namespace

Result<Values> LowerMultiHeadAttention(LayerContext& context, const Values& inputs) {
  const ConfigReader& config = context.config();
  SIDECAR_ASSIGN_OR_RETURN(const Call call, ReadCall(context, inputs));
  Heads heads;
  SIDECAR_RETURN_IF_ERROR(ReadCommon(context, heads));
  SIDECAR_ASSIGN_OR_RETURN(heads.query_heads, config.PositiveInt("num_heads"));
  heads.key_heads = heads.query_heads;
  SIDECAR_ASSIGN_OR_RETURN(heads.key_size, config.PositiveInt("key_dim"));
  SIDECAR_ASSIGN_OR_RETURN(heads.value_size, config.PositiveInt("value_dim", heads.key_size));
  SIDECAR_ASSIGN_OR_RETURN(heads.robust, config.Bool("softmax_robust_masking", false));
  const std::int64_t rank = RankOf(call.query.output);
  SIDECAR_ASSIGN_OR_RETURN(heads.attention, ReadAttentionAxes(context, rank + 1));
  SIDECAR_ASSIGN_OR_RETURN(heads.output, config.Ints("output_shape", Axes()));
  if (std::any_of(heads.output.begin(), heads.output.end(),
                  [](std::int64_t size) { return size < 1; })) {
    return config.Wrong("output_shape", "sizes from 1");
  }
  if (heads.output.empty()) {
    SIDECAR_ASSIGN_OR_RETURN(const std::int64_t size, KnownSize(context, call.query, rank - 1));
    heads.output = {size};
  }
  heads.has_properties = !context.is_keras2();
  heads.ignores_query_mask = true;
  return Lower(context, heads, call);
}

Result<Values> LowerGroupQueryAttention(LayerContext& context, const Values& inputs) {
  const ConfigReader& config = context.config();
  SIDECAR_ASSIGN_OR_RETURN(const Call call, ReadCall(context, inputs));
  Heads heads;
  SIDECAR_RETURN_IF_ERROR(ReadCommon(context, heads));
  SIDECAR_ASSIGN_OR_RETURN(heads.key_size, config.PositiveInt("head_dim"));
  heads.value_size = heads.key_size;
  SIDECAR_ASSIGN_OR_RETURN(heads.query_heads, config.PositiveInt("num_query_heads"));
  SIDECAR_ASSIGN_OR_RETURN(heads.key_heads, config.PositiveInt("num_key_value_heads"));
  if (heads.query_heads % heads.key_heads != 0 || heads.query_heads > 1'000'000) {
    return config.Wrong("num_query_heads", "a multiple of num_key_value_heads up to 1000000");
  }
  heads.attention = {1};
  const std::int64_t rank = RankOf(call.query.output);
  if (rank != 3) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        fmt::format("takes [batch, rows, features]; is called with {}",
                                    ShapeOf(call.query.output).ToString()));
  }
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t size, KnownSize(context, call.query, 2));
  heads.output = {size};
  heads.booleans_by_half = true;
  SIDECAR_ASSIGN_OR_RETURN(Values outputs, Lower(context, heads, call));
  // It keeps the regularizer for itself, too.
  SIDECAR_RETURN_IF_ERROR(AddActivityLoss(context, context.layer(), {outputs.front()}));
  return outputs;
}

}  // namespace sidecar::model::keras
