#include "model/keras/layers/attention_functions.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <openvino/op/abs.hpp>
#include <openvino/op/concat.hpp>
#include <openvino/op/greater_eq.hpp>
#include <openvino/op/less.hpp>
#include <openvino/op/logical_and.hpp>
#include <openvino/op/matmul.hpp>
#include <openvino/op/range.hpp>
#include <openvino/op/reshape.hpp>
#include <openvino/op/scaled_dot_product_attention.hpp>

#include "base/status_macros.h"
#include "model/keras/activations.h"
#include "model/keras/constant_value.h"
#include "model/keras/graph_ops.h"
#include "model/keras/json_text.h"

namespace sidecar::model::keras {
namespace {

constexpr double kMasked = -1e9;
// 0.7 times about the lowest float32, as Keras has it.
constexpr double kLowest = -2.372671e38;

// 0, 1, 2, … as a column or a row.
GraphOutput Indices(const GraphOutput& size, std::int64_t axis) {
  const GraphOutput range =
      std::make_shared<ov::op::v4::Range>(IntConstant(0), size, IntConstant(1), ov::element::i64);
  return Expanded(range, {axis});
}

GraphOutput Shift(const GraphOutput& mask) {
  return Times(Minus(FloatConstant(1), ToFloat(mask)), FloatConstant(kMasked));
}

GraphOutput Product(const GraphOutput& a, const GraphOutput& b, bool transpose_b) {
  return std::make_shared<ov::op::v0::MatMul>(a, b, false, transpose_b);
}

// The scores with rows and columns split into the dimensions they stand for, or joined again.
GraphOutput WithLast(const GraphOutput& scores, std::int64_t lead,
                     const std::vector<GraphOutput>& last) {
  ov::OutputVector sizes;
  for (std::int64_t axis = 0; axis < lead; ++axis) {
    sizes.push_back(Expanded(RunTimeSize(scores, axis), {0}));
  }
  sizes.insert(sizes.end(), last.begin(), last.end());
  return std::make_shared<ov::op::v1::Reshape>(
      scores, std::make_shared<ov::op::v0::Concat>(sizes, 0), false);
}

}  // namespace

Result<bool> FlagArgument(const LayerContext& context,
                          std::initializer_list<std::string_view> names) {
  const Argument* argument = context.arguments().Find(names);
  if (argument == nullptr) return false;
  const nlohmann::json* constant = argument->constant();
  if (constant != nullptr && constant->is_boolean()) return constant->get<bool>();
  if (constant != nullptr && constant->is_number_integer()) return *constant != 0;
  return context.Fail(
      StatusCode::kDataLoss,
      fmt::format("the call argument {} is {}; true or false is allowed", *names.begin(),
                  constant == nullptr ? "a tensor" : Excerpt(*constant)));
}

Result<std::optional<Value>> TensorArgument(const LayerContext& context,
                                            std::initializer_list<std::string_view> names) {
  const Argument* argument = context.arguments().Find(names);
  if (argument == nullptr) return std::optional<Value>();
  SIDECAR_ASSIGN_OR_RETURN(
      Value value, ToValue(*argument, fmt::format("{}: the call argument {}", context.description(),
                                                  *names.begin())));
  return std::optional<Value>(std::move(value));
}

std::optional<GraphOutput> BothMasks(const std::optional<GraphOutput>& a,
                                     const std::optional<GraphOutput>& b) {
  if (!a || !b) return a ? a : b;
  return std::make_shared<ov::op::v1::LogicalAnd>(*a, *b)->output(0);
}

GraphOutput CausalMask(const GraphOutput& rows, const GraphOutput& columns) {
  return std::make_shared<ov::op::v1::GreaterEqual>(Indices(rows, 1), Indices(columns, 0));
}

GraphOutput WindowMask(const GraphOutput& rows, const GraphOutput& columns, std::int64_t window) {
  const GraphOutput distance =
      std::make_shared<ov::op::v0::Abs>(Minus(Indices(rows, 1), Indices(columns, 0)));
  return std::make_shared<ov::op::v1::Less>(distance, IntConstant(window));
}

AttentionOutput Attend(const AttentionInput& input) {
  const GraphOutput query =
      input.scale == 1 ? input.query : Times(input.query, FloatConstant(input.scale));
  GraphOutput scores = Product(query, input.key, true);
  const std::int64_t lead = RankOf(scores) - 2;
  if (input.rows) scores = WithLast(scores, lead, {*input.rows, *input.columns});
  if (input.mask && input.masked == MaskedScores::kShifted) {
    scores = Plus(scores, Shift(*input.mask));
  } else if (input.mask) {
    const double low = input.masked == MaskedScores::kLowest ? kLowest : kMasked;
    scores = Choose(*input.mask, scores, FloatConstant(low));
  }
  std::vector<std::int64_t> over;
  for (std::int64_t i = input.dimensions; i > 0; --i) over.push_back(RankOf(scores) - i);
  AttentionOutput result;
  result.scores = SoftmaxOver(scores, over);
  if (input.mask && input.masked == MaskedScores::kZeroed) {
    result.scores = Choose(*input.mask, result.scores, FloatConstant(0));
  }
  GraphOutput joined = result.scores;
  if (input.rows) {
    joined = WithLast(joined, lead,
                      {Expanded(RunTimeSize(input.query, lead), {0}),
                       Expanded(RunTimeSize(input.key, lead), {0})});
  }
  result.output = Product(joined, input.value, false);
  return result;
}

GraphOutput AttendFused(const AttentionInput& input) {
  const GraphOutput scale = FloatConstant(input.scale);
  GraphOutput mask = FloatConstant({1, 1, 1, 1}, {0});
  if (input.mask && input.masked == MaskedScores::kShifted) {
    mask = Shift(*input.mask);
  } else if (input.mask) {
    // Adding it leaves nothing of a score, just as replacing the score does.
    mask = Choose(*input.mask, FloatConstant(0), FloatConstant(kLowest));
  }
  return std::make_shared<ov::op::v13::ScaledDotProductAttention>(input.query, input.key,
                                                                  input.value, mask, scale, false);
}

}  // namespace sidecar::model::keras
