// Losses as functions: crossentropies, and what else compares predictions with targets.
#include <cmath>
#include <limits>
#include <openvino/op/abs.hpp>
#include <openvino/op/clamp.hpp>
#include <openvino/op/less.hpp>
#include <openvino/op/log.hpp>
#include <openvino/op/log_softmax.hpp>
#include <openvino/op/logical_and.hpp>
#include <openvino/op/one_hot.hpp>
#include <openvino/op/reduce_logical_and.hpp>
#include <openvino/op/reduce_logical_or.hpp>
#include <openvino/op/softplus.hpp>
#include <openvino/op/squeeze.hpp>

#include "base/status_macros.h"
#include "model/keras/ops/op_functions.h"
#include "model/keras/ops/op_table.h"

namespace sidecar::model::keras {
namespace {

// keras.backend.epsilon() from both ends, in float32.
GraphOutput Clipped(const GraphOutput& probability) {
  constexpr float kLeast = 1e-7F;
  return MakeOp<ov::op::v0::Clamp>(probability, static_cast<double>(kLeast),
                                   static_cast<double>(1.0F - kLeast));
}

// Predictions beside their targets.
struct Predictions {
  Operand target;
  Operand output;
  GraphOutput values;  // logits, where there are any
  bool are_logits = false;
};

// What a softmax or sigmoid made is looked at before it, as in losses (evaluate/losses).
Result<Predictions> ReadPredictions(OpCall& call) {
  Predictions result;
  SIDECAR_ASSIGN_OR_RETURN(result.target, call.Tensor("target"));
  SIDECAR_ASSIGN_OR_RETURN(result.output, call.Tensor("output"));
  SIDECAR_ASSIGN_OR_RETURN(result.are_logits, call.Bool("from_logits", false));
  const std::optional<GraphOutput>& logits = result.output.value.logits;
  result.are_logits = result.are_logits || logits.has_value();
  result.values = logits ? ToFloat(*logits) : AsFloat(result.output);
  return result;
}

Status CheckSameRank(const OpCall& call, const Predictions& predictions) {
  if (RankOf(predictions.target.output()) == RankOf(predictions.values)) return Status();
  return call.Fail("its target has another rank than its output");
}

Result<Values> BinaryEntropy(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Predictions predictions, ReadPredictions(call));
  SIDECAR_RETURN_IF_ERROR(CheckSameRank(call, predictions));
  const GraphOutput y = AsFloat(predictions.target);
  const DType dtype = FloatTypeOf(predictions.output.dtype());
  if (predictions.are_logits) {
    const GraphOutput& x = predictions.values;
    return Only(Minus(MakeOp<ov::op::v4::SoftPlus>(x), Times(x, y)), dtype);
  }
  const GraphOutput one = FloatConstant(1);
  const GraphOutput p = Clipped(predictions.values);
  const GraphOutput sum = Plus(Times(y, MakeOp<ov::op::v0::Log>(p)),
                               Times(Minus(one, y), MakeOp<ov::op::v0::Log>(Minus(one, p))));
  return Only(Negated(sum), dtype);
}

Result<Values> CategoricalEntropy(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Predictions predictions, ReadPredictions(call));
  SIDECAR_RETURN_IF_ERROR(CheckSameRank(call, predictions));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t axis,
                           call.Axis("axis", RankOf(predictions.values), -1));
  call.MixRowsOver({axis});
  GraphOutput logs;
  if (predictions.are_logits) {
    logs = MakeOp<ov::op::v5::LogSoftmax>(predictions.values, axis);
  } else {
    const GraphOutput total = SumOver(predictions.values, {axis}, true);
    logs = MakeOp<ov::op::v0::Log>(Clipped(Over(predictions.values, total)));
  }
  return Only(Negated(SumOver(Times(AsFloat(predictions.target), logs), {axis}, false)),
              FloatTypeOf(predictions.output.dtype()));
}

// 1 where a number of the last dimension is that of the class, boolean [..., classes].
GraphOutput IsClass(const GraphOutput& numbers, std::int64_t classes) {
  const GraphOutput hot =
      MakeOp<ov::op::v1::OneHot>(ConvertedTo(numbers, DType::kInt64), IntConstant(classes),
                                 FloatConstant(1), FloatConstant(0), -1);
  return IsNotZero(hot);
}

Result<std::int64_t> ClassCount(const OpCall& call, const GraphOutput& scores) {
  const std::int64_t rank = RankOf(scores);
  const std::int64_t classes = rank < 1 ? 0 : SizeOf(scores, rank - 1);
  if (classes < 1) return call.Unsupported("the number of classes is not known");
  return classes;
}

// A target that is no class is NaN; TensorFlow fails for it on a CPU.
Result<Values> SparseEntropy(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Predictions predictions, ReadPredictions(call));
  const std::int64_t rank = RankOf(predictions.values);
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t axis, call.Axis("axis", rank, -1));
  if (axis != rank - 1) return call.Fail("axis is not the last dimension");
  call.MixRowsOver({axis});
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t classes, ClassCount(call, predictions.values));
  GraphOutput target = predictions.target.output();
  const std::int64_t target_rank = RankOf(target);
  if (target_rank == rank && SizeOf(target, rank - 1) == 1) {
    target = MakeOp<ov::op::v0::Squeeze>(target, IntConstant(Axes{rank - 1}));
  } else if (target_rank != rank - 1) {
    return call.Fail("needs one class number for each row of its output");
  }
  const GraphOutput scores = predictions.are_logits
                                 ? predictions.values
                                 : MakeOp<ov::op::v0::Log>(Clipped(predictions.values));
  const GraphOutput logs = MakeOp<ov::op::v5::LogSoftmax>(scores, axis);
  const GraphOutput chosen = IsClass(target, classes);
  const GraphOutput any =
      MakeOp<ov::op::v1::ReduceLogicalOr>(chosen, IntConstant(Axes{axis}), false);
  const GraphOutput sum = SumOver(Choose(chosen, logs, FloatConstant(0)), {axis}, false);
  return Only(Choose(any, Negated(sum), FloatConstant(std::nan(""))),
              FloatTypeOf(predictions.output.dtype()));
}

// Whether fewer than k scores are greater than that of the target; no where one is not finite.
Result<Values> InTopK(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand targets, call.Tensor("targets"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand predictions, call.Tensor("predictions"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t k, call.Int("k"));
  const GraphOutput scores = AsFloat(predictions);
  if (RankOf(scores) != 2 || RankOf(targets.output()) != 1) {
    return call.Fail("needs predictions [batch, classes] and targets [batch]");
  }
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t classes, ClassCount(call, scores));
  const GraphOutput zero = FloatConstant(0);
  const GraphOutput last = IntConstant(Axes{1});
  const GraphOutput chosen = IsClass(targets.output(), classes);
  const GraphOutput score = SumOver(Choose(chosen, scores, zero), {1}, true);
  const GraphOutput greater =
      SumOver(Choose(IsGreater(scores, score), FloatConstant(1), zero), {1}, false);
  const GraphOutput finite = MakeOp<ov::op::v1::Less>(
      MakeOp<ov::op::v0::Abs>(scores), FloatConstant(std::numeric_limits<double>::infinity()));
  const GraphOutput valid =
      MakeOp<ov::op::v1::LogicalAnd>(MakeOp<ov::op::v1::ReduceLogicalAnd>(finite, last, false),
                                     MakeOp<ov::op::v1::ReduceLogicalOr>(chosen, last, false));
  const GraphOutput among =
      MakeOp<ov::op::v1::Less>(greater, FloatConstant(static_cast<double>(k)));
  return Only(MakeOp<ov::op::v1::LogicalAnd>(valid, among), DType::kBool);
}

// 20 log10(max) - 10 log10(mean squared error), over the whole batch.
Result<Values> SignalToNoise(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Pair pair, ReadPair(call, "x1", "x2", true));
  SIDECAR_ASSIGN_OR_RETURN(const double most, call.Number("max_val"));
  call.MixRows();
  const GraphOutput error = Minus(pair.a, pair.b);
  const GraphOutput mean = MeanOver(Raveled(Times(error, error)), {0}, false);
  const GraphOutput decibels =
      Times(MakeOp<ov::op::v0::Log>(mean), FloatConstant(10 / std::log(10.0)));
  return Only(Minus(FloatConstant(20 * std::log10(most)), decibels), pair.dtype);
}

constexpr std::string_view kTargetOutput = "target output";

constexpr OpEntry kEntropyOps[] = {
    {"math", "InTopK", InTopK, "targets predictions"},
    {"nn", "BinaryCrossentropy", BinaryEntropy, kTargetOutput},
    {"nn", "CategoricalCrossentropy", CategoricalEntropy, kTargetOutput},
    {"nn", "PSNR", SignalToNoise, "x1 x2"},
    {"nn", "SparseCategoricalCrossentropy", SparseEntropy, kTargetOutput},
    {"tf", "math.in_top_k", InTopK, "predictions targets k"},
};

}  // namespace

std::span<const OpEntry> EntropyOps() { return kEntropyOps; }

}  // namespace sidecar::model::keras
