// Normalizations and attention as operations.
#include <algorithm>
#include <cmath>
#include <openvino/op/abs.hpp>
#include <openvino/op/depth_to_space.hpp>
#include <openvino/op/divide.hpp>
#include <openvino/op/minimum.hpp>
#include <openvino/op/power.hpp>
#include <openvino/op/reduce_max.hpp>
#include <openvino/op/space_to_depth.hpp>

#include "base/status_macros.h"
#include "model/keras/layers/attention_functions.h"
#include "model/keras/ops/op_functions.h"
#include "model/keras/ops/op_table.h"

namespace sidecar::model::keras {
namespace {

constexpr double kEpsilon = 1e-7;  // keras.backend.epsilon()

// The tensor as float, with the dimensions of `axis`, the last one by default.
struct AxesInput {
  GraphOutput x;
  DType dtype = DType::kFloat32;
  Axes axes;
};

Result<AxesInput> ReadAxesInput(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  AxesInput input{AsFloat(x), FloatTypeOf(x.dtype()), {}};
  const std::int64_t rank = RankOf(input.x);
  if (rank == 0) return call.Fail("needs an input that is no scalar");
  if (call.Has("axis")) {
    SIDECAR_ASSIGN_OR_RETURN(input.axes, call.Axes("axis", rank));
  } else {
    input.axes = {rank - 1};
  }
  std::sort(input.axes.begin(), input.axes.end());
  call.MixRowsOver(input.axes);
  return input;
}

Result<Values> Normalize(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const AxesInput input, ReadAxesInput(call));
  SIDECAR_ASSIGN_OR_RETURN(const double order, call.Number("order", 2));
  SIDECAR_ASSIGN_OR_RETURN(const double epsilon, call.Number("epsilon", kEpsilon));
  const GraphOutput& x = input.x;
  if (order == 2) {
    const GraphOutput inverse =
        Over(FloatConstant(1), SquareRoot(SumOver(Times(x, x), input.axes, true)));
    return Only(Times(x, MakeOp<ov::op::v1::Minimum>(inverse, FloatConstant(1 / epsilon))),
                input.dtype);
  }
  if (order <= 0) return call.Unsupported("norms of order 0 and below are not supported");
  const GraphOutput powers =
      MakeOp<ov::op::v1::Power>(MakeOp<ov::op::v0::Abs>(x), FloatConstant(order));
  const GraphOutput norm =
      MakeOp<ov::op::v1::Power>(SumOver(powers, input.axes, true), FloatConstant(1 / order));
  return Only(Over(x, AtLeast(norm, FloatConstant(epsilon))), input.dtype);
}

// tf.math.l2_normalize: all dimensions where there is no axis.
Result<Values> L2Normalize(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const Axes axes, call.Axes("axis", RankOf(x.output())));
  SIDECAR_ASSIGN_OR_RETURN(const double epsilon, call.Number("epsilon", 1e-12));
  call.MixRowsOver(axes);
  const GraphOutput value = AsFloat(x);
  const GraphOutput sum = SumOver(Times(value, value), axes, true);
  const GraphOutput norm = SquareRoot(AtLeast(sum, FloatConstant(epsilon)));
  return Only(Over(value, norm), x.dtype());
}

// Parameters of the normalized dimensions, with size 1 in all others.
GraphOutput Spread(const GraphOutput& parameter, const AxesInput& input) {
  const std::int64_t rank = RankOf(input.x);
  if (RankOf(parameter) == rank || input.axes == Axes{rank - 1}) return parameter;
  Axes shape(static_cast<std::size_t>(rank), 1);
  for (const std::int64_t axis : input.axes) {
    shape[static_cast<std::size_t>(axis)] = SizeOf(input.x, axis);
  }
  return Reshaped(parameter, shape);
}

Result<Values> LayerNorm(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const AxesInput input, ReadAxesInput(call));
  SIDECAR_ASSIGN_OR_RETURN(const double epsilon, call.Number("epsilon", kEpsilon));
  SIDECAR_ASSIGN_OR_RETURN(const bool rms, call.Bool("rms_scaling", false));
  SIDECAR_ASSIGN_OR_RETURN(const auto gamma, call.OptionalTensor("gamma"));
  SIDECAR_ASSIGN_OR_RETURN(const auto beta, call.OptionalTensor("beta"));
  const GraphOutput difference = Minus(input.x, MeanOver(input.x, input.axes, true));
  const GraphOutput variance = MeanOver(Times(difference, difference), input.axes, true);
  GraphOutput result =
      Over(rms ? input.x : difference, SquareRoot(Plus(variance, FloatConstant(epsilon))));
  if (gamma) result = Times(result, Spread(AsFloat(*gamma), input));
  if (beta && !rms) result = Plus(result, Spread(AsFloat(*beta), input));
  return Only(result, input.dtype);
}

Result<Values> RmsNorm(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const AxesInput input, ReadAxesInput(call));
  SIDECAR_ASSIGN_OR_RETURN(const double epsilon, call.Number("epsilon", kEpsilon));
  SIDECAR_ASSIGN_OR_RETURN(const auto scale, call.OptionalTensor("scale"));
  const GraphOutput mean = MeanOver(Times(input.x, input.x), input.axes, true);
  GraphOutput result = Over(input.x, SquareRoot(Plus(mean, FloatConstant(epsilon))));
  if (scale) result = Times(result, AsFloat(*scale));
  return Only(result, input.dtype);
}

Result<Values> BatchNorm(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  AxesInput input{AsFloat(x), FloatTypeOf(x.dtype()), {}};
  SIDECAR_ASSIGN_OR_RETURN(input.axes, call.Axes("axis", RankOf(input.x)));
  SIDECAR_ASSIGN_OR_RETURN(const double epsilon, call.Number("epsilon", 1e-3));
  SIDECAR_ASSIGN_OR_RETURN(const Operand mean, call.Tensor("mean"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand variance, call.Tensor("variance"));
  SIDECAR_ASSIGN_OR_RETURN(const auto offset, call.OptionalTensor("offset"));
  SIDECAR_ASSIGN_OR_RETURN(const auto scale, call.OptionalTensor("scale"));
  GraphOutput factor = Over(
      FloatConstant(1), SquareRoot(Plus(Spread(AsFloat(variance), input), FloatConstant(epsilon))));
  if (scale) factor = Times(factor, Spread(AsFloat(*scale), input));
  GraphOutput result = Times(Minus(input.x, Spread(AsFloat(mean), input)), factor);
  if (offset) result = Plus(result, Spread(AsFloat(*offset), input));
  return Only(result, input.dtype);
}

// Queries, keys and values are [batch, rows, heads, size].
Result<Values> DotProductAttention(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand query, call.Tensor("query"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand key, call.Tensor("key"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand value, call.Tensor("value"));
  SIDECAR_ASSIGN_OR_RETURN(const bool causal, call.Bool("is_causal", false));
  SIDECAR_ASSIGN_OR_RETURN(const auto mask, call.OptionalTensor("mask"));
  call.Ignore("flash_attention");
  for (const Operand* operand : {&query, &key, &value}) {
    if (RankOf(operand->output()) != 4) return call.Fail("takes [batch, rows, heads, size]");
  }
  const std::int64_t heads = SizeOf(query.output(), 2);
  if (heads != SizeOf(key.output(), 2) || heads != SizeOf(value.output(), 2)) {
    return call.Unsupported("fewer heads of keys than of queries are not supported");
  }
  const std::int64_t size = SizeOf(key.output(), 3);
  if (size < 1) return call.Fail("needs a known size of its keys");
  const Axes order = {0, 2, 1, 3};
  AttentionInput input{Transposed(AsFloat(query), order), Transposed(AsFloat(key), order),
                       Transposed(AsFloat(value), order)};
  SIDECAR_ASSIGN_OR_RETURN(input.scale,
                           call.Number("scale", 1 / std::sqrt(static_cast<double>(size))));
  input.masked = MaskedScores::kLowest;
  if (mask) input.mask = IsNotZero(mask->output());
  if (causal) {
    input.mask = BothMasks(
        input.mask, CausalMask(RunTimeSize(query.output(), 1), RunTimeSize(key.output(), 1)));
  }
  while (input.mask && RankOf(*input.mask) < 4) input.mask = Expanded(*input.mask, {0});
  if (mask && RankOf(mask->output()) < 4 && HasBatch(mask->output())) call.MixRows();
  return Only(Transposed(AttendFused(input), order), FloatTypeOf(query.dtype()));
}

// Blocks of channels as places of an image, and back; images are [batch, height, width, channels].
template <class Op, class Mode>
Result<Values> Rearrange(OpCall& call, Mode mode) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t block, call.Int("block_size"));
  SIDECAR_ASSIGN_OR_RETURN(const std::string format, call.Text("data_format", "channels_last"));
  const bool first = format == "channels_first" || format == "NCHW";
  if (RankOf(x.output()) != 4) return call.Fail("takes images");
  constexpr std::int64_t kMost = 1 << 16;
  if (block < 1 || block > kMost) return call.Fail("block_size is not from 1 to 65536");
  const GraphOutput moved = first ? x.output() : ChannelsFirst(x.output());
  const GraphOutput result = MakeOp<Op>(moved, mode, static_cast<std::size_t>(block));
  return Only(first ? result : ChannelsLast(result), x.dtype());
}

Result<Values> DepthToSpace(OpCall& call) {
  using Op = ov::op::v0::DepthToSpace;
  return Rearrange<Op>(call, Op::DepthToSpaceMode::BLOCKS_FIRST);
}

Result<Values> SpaceToDepth(OpCall& call) {
  using Op = ov::op::v0::SpaceToDepth;
  return Rearrange<Op>(call, Op::SpaceToDepthMode::BLOCKS_FIRST);
}

constexpr OpEntry kNnOps[] = {
    {"nn", "BatchNorm", BatchNorm, "x mean variance offset scale"},
    {"nn", "DepthToSpace", DepthToSpace, "x"},
    {"nn", "DotProductAttention", DotProductAttention, "query key value bias mask scale"},
    {"nn", "LayerNorm", LayerNorm, "x gamma beta"},
    {"nn", "Normalize", Normalize, "x"},
    {"nn", "RMSNorm", RmsNorm, "x scale"},
    {"nn", "SpaceToDepth", SpaceToDepth, "x"},
    {"tf", "math.l2_normalize", L2Normalize, "x axis epsilon"},
    {"tf", "nn.depth_to_space", DepthToSpace, "input:x block_size data_format"},
    {"tf", "nn.space_to_depth", SpaceToDepth, "input:x block_size data_format"},
};

}  // namespace

std::span<const OpEntry> NnOps() { return kNnOps; }

}  // namespace sidecar::model::keras
