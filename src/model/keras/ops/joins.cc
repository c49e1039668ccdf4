// Several tensors into one, and one into several.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <openvino/op/concat.hpp>
#include <openvino/op/squeeze.hpp>

#include "base/status_macros.h"
#include "model/keras/ops/op_functions.h"
#include "model/keras/ops/op_table.h"

namespace sidecar::model::keras {
namespace {

struct Parts {
  std::vector<GraphOutput> values;
  DType dtype = DType::kFloat32;
};

Result<Parts> ReadParts(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operands operands, call.Tensors("xs"));
  Parts parts;
  parts.dtype = ResultType(operands, call.is_keras2());
  for (const Operand& operand : operands) {
    parts.values.push_back(ConvertedTo(operand.output(), parts.dtype));
  }
  return parts;
}

Result<Values> Join(OpCall& call, const Parts& parts, std::int64_t axis) {
  call.MixRowsOver({axis});
  return Only(Joined(parts.values, axis), parts.dtype);
}

Result<Values> Concatenate(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Parts parts, ReadParts(call));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t axis,
                           call.Axis("axis", RankOf(parts.values.front()), 0));
  return Join(call, parts, axis);
}

Result<Values> Stack(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(Parts parts, ReadParts(call));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t axis,
                           call.Axis("axis", RankOf(parts.values.front()) + 1, 0));
  const bool constant_batch = !HasBatch(parts.values.front());
  for (GraphOutput& part : parts.values) part = Expanded(part, {axis});
  if (constant_batch) return Only(Joined(parts.values, axis), parts.dtype);
  return Join(call, parts, axis);
}

// hstack, vstack, dstack: inputs get at least so many dimensions first.
template <std::int64_t kRank, std::int64_t kAxis>
Result<Values> StackAlong(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(Parts parts, ReadParts(call));
  for (GraphOutput& part : parts.values) {
    if (RankOf(part) == 1 && kRank == 3) part = Expanded(part, {0});
    while (RankOf(part) < kRank) part = Expanded(part, {kRank == 3 ? RankOf(part) : 0});
  }
  // Vectors are joined along their only dimension.
  const std::int64_t axis = std::min(kAxis, RankOf(parts.values.front()) - 1);
  return Join(call, parts, axis);
}

// Sizes of the parts along a dimension, from a number of parts, or places to cut, or sizes.
Result<Axes> ReadSizes(OpCall& call, std::int64_t size) {
  SIDECAR_ASSIGN_OR_RETURN(const auto ints, call.Ints("sections"));
  if (!ints) return call.Fail("is called without the argument that says how to split");
  SIDECAR_ASSIGN_OR_RETURN(const nlohmann::json* const given, call.Constant("sections"));
  constexpr std::int64_t kMost = 10'000;
  Axes sizes;
  if (given->is_number()) {
    const std::int64_t count = ints->front();
    if (count < 1 || count > kMost || size % count != 0) {
      return call.Fail("cannot split the dimension into so many equal parts");
    }
    return Axes(static_cast<std::size_t>(count), size / count);
  }
  if (call.is_keras2()) {
    sizes = *ints;
    const std::int64_t known = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
    for (std::int64_t& one : sizes) {
      if (one == -1) one = size - known - 1;
    }
  } else {
    std::int64_t last = 0;
    for (std::int64_t cut : *ints) {
      cut = std::clamp<std::int64_t>(cut < 0 ? cut + size : cut, last, size);
      sizes.push_back(cut - last);
      last = cut;
    }
    sizes.push_back(size - last);
  }
  const bool good = std::all_of(sizes.begin(), sizes.end(),
                                [size](std::int64_t one) { return one >= 0 && one <= size; });
  if (!good || std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0}) != size) {
    return call.Fail("the sizes of the parts do not add up to that of the dimension");
  }
  return sizes;
}

Result<Values> SplitAlong(OpCall& call, std::int64_t axis) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  call.MixRowsOver({axis});
  const std::int64_t size = SizeOf(x.output(), axis);
  if (size == Shape::kUnknown) {
    return call.Unsupported("splitting a dimension of unknown size is not supported");
  }
  SIDECAR_ASSIGN_OR_RETURN(const Axes sizes, ReadSizes(call, size));
  Values parts;
  std::int64_t begin = 0;
  for (const std::int64_t one : sizes) {
    parts.push_back({Sliced(x.output(), axis, begin, begin + one), x.dtype()});
    begin += one;
  }
  return parts;
}

Result<Values> Split(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t axis, call.Axis("axis", RankOf(x.output()), 0));
  call.Ignore("num");
  return SplitAlong(call, axis);
}

// Into parts of which the first are one longer where they do not come out even.
Result<Values> ArraySplit(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t axis, call.Axis("axis", RankOf(x.output()), 0));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t count, call.Int("sections"));
  call.MixRowsOver({axis});
  const std::int64_t size = SizeOf(x.output(), axis);
  constexpr std::int64_t kMostSections = 4096;
  if (size < 1 || count < 1 || count > std::min(size, kMostSections)) {
    return call.Unsupported("takes from 1 to 4096 parts, none of them empty, of a known size");
  }
  Values parts;
  std::int64_t begin = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t end = begin + size / count + (i < size % count ? 1 : 0);
    parts.push_back({Sliced(x.output(), axis, begin, end), x.dtype()});
    begin = end;
  }
  return parts;
}

template <std::int64_t kAxis>
Result<Values> SplitOver(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  if (RankOf(x.output()) <= kAxis) return call.Fail("its input has too few dimensions");
  return SplitAlong(call, kAxis);
}

Result<Values> Unstack(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t axis, call.Axis("axis", RankOf(x.output()), 0));
  call.MixRowsOver({axis});
  std::int64_t size = SizeOf(x.output(), axis);
  if (call.Has("num")) {
    SIDECAR_ASSIGN_OR_RETURN(size, call.Int("num"));
  }
  constexpr std::int64_t kMost = 10'000;
  if (size < 0 || size > kMost) {
    return call.Unsupported("needs a dimension of known size up to 10000");
  }
  Values parts;
  for (std::int64_t i = 0; i < size; ++i) {
    parts.push_back(
        {MakeOp<ov::op::v0::Squeeze>(Sliced(x.output(), axis, i, i + 1), IntConstant(Axes{axis})),
         x.dtype()});
  }
  return parts;
}

Result<Values> Append(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand a, call.Tensor("x1"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand b, call.Tensor("x2"));
  Parts parts;
  parts.dtype = ResultType({a, b}, call.is_keras2());
  parts.values = {ConvertedTo(a.output(), parts.dtype), ConvertedTo(b.output(), parts.dtype)};
  if (!call.Has("axis")) {
    for (GraphOutput& part : parts.values) part = Raveled(part);
    return Join(call, parts, 0);
  }
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t axis,
                           call.Axis("axis", RankOf(parts.values.front())));
  return Join(call, parts, axis);
}

constexpr OpEntry kJoinsOps[] = {
    {"core", "Unstack", Unstack, "x"},
    {"numpy", "Append", Append, "x1 x2"},
    {"numpy", "Concatenate", Concatenate, "xs"},
    {"numpy", "ArraySplit", ArraySplit, "x indices_or_sections:sections"},
    {"numpy", "Dsplit", SplitOver<2>, "x indices_or_sections:sections"},
    {"numpy", "Dstack", StackAlong<3, 2>, "xs"},
    {"numpy", "Hstack", StackAlong<1, 1>, "xs"},
    {"numpy", "Split", Split, "x indices_or_sections:sections"},
    {"numpy", "Hsplit", SplitOver<1>, "x indices_or_sections:sections"},
    {"numpy", "Stack", Stack, "xs"},
    {"numpy", "Vsplit", SplitOver<0>, "x indices_or_sections:sections"},
    {"numpy", "Vstack", StackAlong<2, 0>, "xs"},
    {"tf", "concat", Concatenate, "values:xs axis"},
    {"tf", "split", Split, "value:x num_or_size_splits:sections axis num"},
    {"tf", "stack", Stack, "values:xs axis"},
    {"tf", "unstack", Unstack, "value:x num axis"},
};

}  // namespace

std::span<const OpEntry> JoinOps() { return kJoinsOps; }

}  // namespace sidecar::model::keras
