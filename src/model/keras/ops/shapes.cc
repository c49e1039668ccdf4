// The same elements in another shape or order.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <openvino/op/broadcast.hpp>
#include <openvino/op/concat.hpp>
#include <openvino/op/gather.hpp>
#include <openvino/op/pad.hpp>
#include <openvino/op/reshape.hpp>
#include <openvino/op/roll.hpp>
#include <openvino/op/slice.hpp>
#include <openvino/op/squeeze.hpp>
#include <openvino/op/tile.hpp>
#include <openvino/op/transpose.hpp>

#include "base/status_macros.h"
#include "model/keras/ops/op_functions.h"
#include "model/keras/ops/op_table.h"

namespace sidecar::model::keras {
namespace {

// Whether the first size of a new shape stays the batch: -1 stands for it, or is the run-time size.
bool KeepsBatch(const GraphOutput& x, const GraphOutput& result) {
  if (!HasBatch(x)) return true;
  if (!HasBatch(result)) return false;
  // The rows stay whole where both have as many elements in each.
  const Shape before = ShapeOf(x).WithoutFirst();
  const Shape after = ShapeOf(result).WithoutFirst();
  if (!before.is_static() || !after.is_static()) return false;
  const auto a = before.NumElements();
  const auto b = after.NumElements();
  return a.ok() && b.ok() && *a == *b;
}

Result<Values> Reshape(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput shape, call.IntVector("newshape"));
  const GraphOutput result = MakeOp<ov::op::v1::Reshape>(x.output(), shape, false);
  if (!KeepsBatch(x.output(), result)) call.MixRows();
  return Only(result, x.dtype());
}

Result<Values> Ravel(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  if (RankOf(x.output()) != 1) call.MixRows();
  return Only(Raveled(x.output()), x.dtype());
}

Result<Values> Transposed(OpCall& call, const Operand& x, const Axes& order) {
  if (!order.empty() && order.front() != 0) call.MixRows();
  return Only(keras::Transposed(x.output(), order), x.dtype());
}

Result<Values> Transpose(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  call.Ignore("conjugate");
  const std::int64_t rank = RankOf(x.output());
  SIDECAR_ASSIGN_OR_RETURN(Axes order, call.Axes("axes", rank));
  if (!call.Has("axes")) std::reverse(order.begin(), order.end());
  if (order.size() != static_cast<std::size_t>(rank)) return call.Fail("axes are not all there");
  return Transposed(call, x, order);
}

Result<Values> Swapaxes(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  const std::int64_t rank = RankOf(x.output());
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t a, call.Axis("axis1", rank));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t b, call.Axis("axis2", rank));
  Axes order(static_cast<std::size_t>(rank));
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[static_cast<std::size_t>(a)], order[static_cast<std::size_t>(b)]);
  return Transposed(call, x, order);
}

Result<Values> Moveaxis(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  const std::int64_t rank = RankOf(x.output());
  SIDECAR_ASSIGN_OR_RETURN(const Axes source, call.Axes("source", rank));
  SIDECAR_ASSIGN_OR_RETURN(const Axes target, call.Axes("destination", rank));
  if (source.size() != target.size()) return call.Fail("source and destination differ in length");
  Axes order(static_cast<std::size_t>(rank), -1);
  for (std::size_t i = 0; i < source.size(); ++i) {
    order[static_cast<std::size_t>(target[i])] = source[i];
  }
  std::int64_t next = 0;
  for (std::int64_t& axis : order) {
    if (axis >= 0) continue;
    while (std::find(source.begin(), source.end(), next) != source.end()) ++next;
    axis = next++;
  }
  return Transposed(call, x, order);
}

Result<Values> ExpandDims(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const auto given, call.Ints("axis"));
  const std::int64_t rank =
      RankOf(x.output()) + static_cast<std::int64_t>(given ? given->size() : 0);
  SIDECAR_ASSIGN_OR_RETURN(Axes axes, call.Axes("axis", rank));
  if (!given) return call.Fail("is called without the argument axis");
  if (HasBatch(x.output())) call.MixRowsOver(axes);
  std::sort(axes.begin(), axes.end());
  return Only(Expanded(x.output(), axes), x.dtype());
}

Result<Values> Squeeze(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  const std::int64_t rank = RankOf(x.output());
  SIDECAR_ASSIGN_OR_RETURN(Axes axes, call.Axes("axis", rank));
  if (!call.Has("axis") || (call.is_keras2() && axes.empty())) {
    // What is 1 by chance only when the graph runs stays.
    axes.clear();
    for (std::int64_t axis = 0; axis < rank; ++axis) {
      if (SizeOf(x.output(), axis) == 1) axes.push_back(axis);
    }
  }
  if (HasBatch(x.output())) call.MixRowsOver(axes);
  if (axes.empty()) return Only(x.output(), x.dtype());
  return Only(MakeOp<ov::op::v0::Squeeze>(x.output(), IntConstant(axes)), x.dtype());
}

Result<Values> Tile(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput repeats, call.IntVector("repeats"));
  const GraphOutput result = MakeOp<ov::op::v0::Tile>(x.output(), repeats);
  const auto given = call.Ints("repeats");
  const bool once =
      given.ok() && *given && static_cast<std::int64_t>((*given)->size()) <= RankOf(x.output()) &&
      (static_cast<std::int64_t>((*given)->size()) < RankOf(x.output()) || (*given)->front() == 1);
  if (HasBatch(x.output()) && !once) call.MixRows();
  return Only(result, x.dtype());
}

// Each element along a dimension some times in a row.
Result<Values> Repeat(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const auto repeats, call.Ints("repeats"));
  GraphOutput input = x.output();
  std::int64_t axis = 0;
  if (call.Has("axis")) {
    SIDECAR_ASSIGN_OR_RETURN(axis, call.Axis("axis", RankOf(input)));
  } else {
    input = Raveled(input);
  }
  call.MixRowsOver({axis});
  if (!repeats) return call.Fail("is called without the argument repeats");
  const std::int64_t size = SizeOf(input, axis);
  constexpr std::int64_t kMost = 1 << 20;
  if (repeats->size() == 1) {
    const std::int64_t times = repeats->front();
    if (times < 1 || times > kMost) return call.Fail("repeats is not from 1 to 2^20");
    Axes tile(static_cast<std::size_t>(RankOf(input)) + 1, 1);
    tile[static_cast<std::size_t>(axis) + 1] = times;
    const GraphOutput copies =
        MakeOp<ov::op::v0::Tile>(Expanded(input, {axis + 1}), IntConstant(tile));
    Axes shape(static_cast<std::size_t>(RankOf(input)), 0);
    ov::OutputVector sizes;
    for (std::int64_t i = 0; i < RankOf(input); ++i) {
      GraphOutput one = Expanded(RunTimeSize(input, i), {0});
      if (i == axis) one = Times(one, IntConstant(Axes{times}));
      sizes.push_back(one);
    }
    return Only(MakeOp<ov::op::v1::Reshape>(copies, MakeOp<ov::op::v0::Concat>(sizes, 0), false),
                x.dtype());
  }
  if (size != static_cast<std::int64_t>(repeats->size())) {
    return call.Fail("repeats has another length than the dimension");
  }
  Axes indices;
  for (std::int64_t i = 0; i < size; ++i) {
    const std::int64_t times = (*repeats)[static_cast<std::size_t>(i)];
    if (times < 0 || times > kMost) return call.Fail("repeats is not from 0 to 2^20");
    indices.insert(indices.end(), static_cast<std::size_t>(times), i);
  }
  return Only(MakeOp<ov::op::v8::Gather>(input, IntConstant(indices), IntConstant(axis)),
              x.dtype());
}

// A size of null or -1 in Keras 3 is not allowed; sizes may be tensors.
Result<Values> BroadcastTo(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput shape, call.IntVector("shape"));
  const GraphOutput result = MakeOp<ov::op::v3::Broadcast>(x.output(), shape);
  if (HasBatch(x.output()) && RankOf(result) != RankOf(x.output())) call.MixRows();
  return Only(result, x.dtype());
}

Result<Values> Reversed(OpCall& call, const Operand& x, const Axes& axes) {
  call.MixRowsOver(axes);
  GraphOutput result = x.output();
  constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::min();
  for (const std::int64_t axis : axes) result = Sliced(result, axis, -1, kEnd, -1);
  return Only(result, x.dtype());
}

Result<Values> Flip(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const Axes axes, call.Axes("axis", RankOf(x.output())));
  return Reversed(call, x, axes);
}

template <std::int64_t kAxis>
Result<Values> FlipOver(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  if (RankOf(x.output()) <= kAxis) return call.Fail("its input has too few dimensions");
  return Reversed(call, x, {kAxis});
}

Result<Values> Roll(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const auto shift, call.Ints("shift"));
  if (!shift) return call.Fail("is called without the argument shift");
  if (!call.Has("axis")) {
    call.MixRows();
    const GraphOutput rolled =
        MakeOp<ov::op::v7::Roll>(Raveled(x.output()), IntConstant(*shift), IntConstant(Axes{0}));
    return Only(MakeOp<ov::op::v1::Reshape>(rolled, RunTimeShape(x.output()), false), x.dtype());
  }
  SIDECAR_ASSIGN_OR_RETURN(const Axes axes, call.Axes("axis", RankOf(x.output())));
  call.MixRowsOver(axes);
  const Axes shifts = shift->size() == 1 ? Axes(axes.size(), shift->front()) : *shift;
  return Only(MakeOp<ov::op::v7::Roll>(x.output(), IntConstant(shifts), IntConstant(axes)),
              x.dtype());
}

Result<ov::op::PadMode> ReadPadMode(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(std::string mode, call.Text("mode", "constant"));
  std::transform(mode.begin(), mode.end(), mode.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (mode == "constant") return ov::op::PadMode::CONSTANT;
  if (mode == "reflect") return ov::op::PadMode::REFLECT;
  if (mode == "symmetric") return ov::op::PadMode::SYMMETRIC;
  return call.Unsupported("this mode of padding is not supported");
}

Result<Values> Pad(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const nlohmann::json* const width, call.Constant("pad_width"));
  SIDECAR_ASSIGN_OR_RETURN(const NumberArray numbers, ReadNumbers(*width, "pad_width"));
  const auto integers = AsIntegers(numbers);
  if (!integers) return call.Fail("pad_width holds numbers that are no integers");
  SIDECAR_ASSIGN_OR_RETURN(const ov::op::PadMode mode, ReadPadMode(call));
  SIDECAR_ASSIGN_OR_RETURN(const auto fill, call.OptionalTensor("constant_values"));
  const auto rank = static_cast<std::size_t>(RankOf(x.output()));
  Axes begin(rank);
  Axes end(rank);
  // One number, one pair, or a pair for each dimension.
  const std::size_t count = integers->size();
  if (count != 1 && count != 2 && count != 2 * rank) return call.Fail("pad_width does not fit");
  for (std::size_t i = 0; i < rank; ++i) {
    const std::size_t at = count == 2 * rank ? 2 * i : 0;
    begin[i] = (*integers)[at];
    end[i] = (*integers)[count == 1 ? 0 : at + 1];
    constexpr std::int64_t kMost = std::int64_t{1} << 31;
    if (begin[i] < 0 || end[i] < 0 || begin[i] > kMost || end[i] > kMost) {
      return call.Fail("pad_width has sizes that are not from 0 to 2^31");
    }
  }
  if (rank > 0 && (begin[0] > 0 || end[0] > 0)) call.MixRows();
  const GraphOutput value = ConvertedTo(fill ? fill->output() : FloatConstant(0), x.dtype());
  return Only(
      MakeOp<ov::op::v12::Pad>(x.output(), IntConstant(begin), IntConstant(end), value, mode),
      x.dtype());
}

constexpr OpEntry kShapesOps[] = {
    {"numpy", "BroadcastTo", BroadcastTo, "x"},
    {"numpy", "ExpandDims", ExpandDims, "x"},
    {"numpy", "Flip", Flip, "x"},
    {"numpy", "Fliplr", FlipOver<1>, "x"},
    {"numpy", "Flipud", FlipOver<0>, "x"},
    {"numpy", "Moveaxis", Moveaxis, "x"},
    {"numpy", "Pad", Pad, "x constant_values"},
    {"numpy", "Ravel", Ravel, "x"},
    {"numpy", "Repeat", Repeat, "x"},
    {"numpy", "Reshape", Reshape, "x"},
    {"numpy", "Roll", Roll, "x"},
    {"numpy", "Squeeze", Squeeze, "x"},
    {"numpy", "Swapaxes", Swapaxes, "x"},
    {"numpy", "Tile", Tile, "x"},
    {"numpy", "Transpose", Transpose, "x"},
    {"tf", "broadcast_to", BroadcastTo, "input:x shape"},
    {"tf", "expand_dims", ExpandDims, "input:x axis"},
    {"tf", "pad", Pad, "tensor:x paddings:pad_width mode name constant_values"},
    {"tf", "repeat", Repeat, "input:x repeats axis"},
    {"tf", "reshape", Reshape, "tensor:x shape:newshape"},
    {"tf", "reverse", Flip, "tensor:x axis"},
    {"tf", "roll", Roll, "input:x shift axis"},
    {"tf", "squeeze", Squeeze, "input:x axis"},
    {"tf", "tile", Tile, "input:x multiples:repeats"},
    {"tf", "transpose", Transpose, "a:x perm:axes"},
};

}  // namespace

std::span<const OpEntry> ShapeOps() { return kShapesOps; }

}  // namespace sidecar::model::keras
