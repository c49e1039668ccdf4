// Picking elements: slices, indices, conditions.
#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <openvino/op/add.hpp>
#include <openvino/op/broadcast.hpp>
#include <openvino/op/bucketize.hpp>
#include <openvino/op/gather.hpp>
#include <openvino/op/gather_elements.hpp>
#include <openvino/op/gather_nd.hpp>
#include <openvino/op/less.hpp>
#include <openvino/op/one_hot.hpp>
#include <openvino/op/reduce_max.hpp>
#include <openvino/op/reshape.hpp>
#include <openvino/op/select.hpp>
#include <openvino/op/slice.hpp>
#include <openvino/op/squeeze.hpp>
#include <openvino/op/strided_slice.hpp>

#include "base/status_macros.h"
#include "model/keras/constant_value.h"
#include "model/keras/ops/op_functions.h"
#include "model/keras/ops/op_table.h"

namespace sidecar::model::keras {
namespace {

using nlohmann::json;
constexpr std::int64_t kFirst = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();

// One item of x[…].
struct Subscript {
  enum class Kind : std::uint8_t { kIndex, kSlice, kEllipsis, kNewAxis, kTensor };
  Kind kind = Kind::kSlice;
  std::int64_t begin = 0;
  std::int64_t end = kLast;
  std::int64_t step = 1;
  std::optional<GraphOutput> tensor = std::nullopt;

  [[nodiscard]] bool takes_all() const {
    return kind == Kind::kSlice && begin == 0 && end == kLast && step == 1;
  }
  [[nodiscard]] bool consumes() const { return kind != Kind::kEllipsis && kind != Kind::kNewAxis; }
};

Result<Subscript> ReadSlice(const OpCall& call, const json& config) {
  Subscript item;
  const ConfigReader reader(config, call.context().description() + ": a slice");
  SIDECAR_ASSIGN_OR_RETURN(item.step, reader.Int("step", 1));
  if (item.step == 0) return reader.Wrong("step", "a number other than 0");
  SIDECAR_ASSIGN_OR_RETURN(item.begin, reader.Int("start", item.step > 0 ? 0 : kLast));
  SIDECAR_ASSIGN_OR_RETURN(item.end, reader.Int("stop", item.step > 0 ? kLast : kFirst));
  return item;
}

Result<Subscript> ReadSubscript(const OpCall& call, const Argument& argument) {
  Subscript item;
  if (const Value* tensor = argument.tensor()) {
    item.kind = Subscript::Kind::kTensor;
    item.tensor = tensor->output;
    if (IsFloat(*item.tensor) || item.tensor->get_element_type() == ov::element::boolean) {
      return call.Unsupported("indexing by anything but integers is not supported");
    }
    return item;
  }
  const json* constant = argument.constant();
  if (constant == nullptr) return call.Unsupported("slices up to a tensor are not supported");
  if (constant->is_null()) {
    item.kind = Subscript::Kind::kNewAxis;
  } else if (constant->is_number_integer()) {
    item.kind = Subscript::Kind::kIndex;
    item.begin = constant->get<std::int64_t>();
    item.end = item.begin == -1 ? kLast : item.begin + 1;
  } else if (const std::string name = TextMember(*constant, "class_name");
             name == "__ellipsis__" || *constant == "Ellipsis") {
    item.kind = Subscript::Kind::kEllipsis;
  } else if (constant->is_object()) {
    const json* config = ConfigReader(*constant, "").Find("config");
    return ReadSlice(call, name == "__slice__" && config != nullptr ? *config : *constant);
  } else {
    return call.Unsupported("indexing by lists is not supported");
  }
  return item;
}

Result<std::vector<Subscript>> ReadSubscripts(OpCall& call) {
  std::vector<Subscript> items;
  const auto add = [&](const Argument& argument) -> Status {
    SIDECAR_ASSIGN_OR_RETURN(Subscript item, ReadSubscript(call, argument));
    items.push_back(std::move(item));
    return Status();
  };
  const Argument* key = call.Find("key");
  if (key == nullptr) return std::vector<Subscript>{{Subscript::Kind::kNewAxis}};
  const json* list = key->constant() == nullptr ? nullptr : ListItems(*key->constant());
  if (list != nullptr) {
    for (const json& item : *list) SIDECAR_RETURN_IF_ERROR(add(Argument{&item}));
  } else if (const auto* parts = key->items(); parts != nullptr && key->keys.empty()) {
    for (const Argument& item : *parts) SIDECAR_RETURN_IF_ERROR(add(item));
  } else {
    SIDECAR_RETURN_IF_ERROR(add(*key));
  }
  return items;
}

// Applies the items in turn: one Slice for all slices and indices, tensors one by one.
GraphOutput ApplySubscripts(OpCall& call, const GraphOutput& x, const std::vector<Subscript>& items,
                            std::int64_t ellipsis) {
  std::array<Axes, 4> slice;  // begins, ends, steps, axes
  Axes squeezed;
  Axes added;
  std::vector<std::pair<std::int64_t, GraphOutput>> gathers;
  std::int64_t axis = 0;
  std::int64_t place = 0;
  for (const Subscript& item : items) {
    if (item.kind == Subscript::Kind::kEllipsis) {
      axis += ellipsis;
      place += ellipsis;
      continue;
    }
    if (axis == 0 && HasBatch(x) && !item.takes_all()) call.MixRows();
    if (item.kind == Subscript::Kind::kNewAxis) {
      added.push_back(place++);
      continue;
    }
    if (item.kind == Subscript::Kind::kTensor) {
      gathers.emplace_back(axis, *item.tensor);
    } else if (!item.takes_all()) {
      slice[0].push_back(item.begin);
      slice[1].push_back(item.end);
      slice[2].push_back(item.step);
      slice[3].push_back(axis);
    }
    if (item.kind == Subscript::Kind::kSlice) {
      ++place;
    } else {
      squeezed.push_back(axis);
    }
    ++axis;
  }
  GraphOutput result = x;
  if (!slice[3].empty()) {
    result = MakeOp<ov::op::v8::Slice>(result, IntConstant(slice[0]), IntConstant(slice[1]),
                                       IntConstant(slice[2]), IntConstant(slice[3]));
  }
  for (const auto& gather : gathers) {
    const GraphOutput index =
        MakeOp<ov::op::v1::Reshape>(gather.second, IntConstant(Axes{1}), false);
    result = MakeOp<ov::op::v8::Gather>(result, index, IntConstant(gather.first));
  }
  if (!squeezed.empty()) result = MakeOp<ov::op::v0::Squeeze>(result, IntConstant(squeezed));
  return Expanded(result, added);
}

Result<Values> GetItem(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const std::vector<Subscript> items, ReadSubscripts(call));
  std::int64_t consumed = 0;
  std::int64_t ellipses = 0;
  for (const Subscript& item : items) {
    consumed += item.consumes() ? 1 : 0;
    ellipses += item.kind == Subscript::Kind::kEllipsis ? 1 : 0;
    const bool scalar = !item.tensor || RankOf(*item.tensor) == 0;
    if (!scalar) return call.Unsupported("indexing by tensors of indices is not supported");
  }
  const std::int64_t rank = RankOf(x.output());
  if (consumed > rank || ellipses > 1) return call.Fail("has too many indices for its input");
  return Only(ApplySubscripts(call, x.output(), items, rank - consumed), x.dtype());
}

// tf.slice: `size` from `begin` on, -1 for the rest.
Result<Values> Slice(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const auto begin, call.Ints("begin"));
  SIDECAR_ASSIGN_OR_RETURN(const auto size, call.Ints("size"));
  const auto rank = static_cast<std::size_t>(RankOf(x.output()));
  if (!begin || !size || begin->size() != rank || size->size() != rank) {
    return call.Fail("needs a begin and a size for each dimension");
  }
  GraphOutput result = x.output();
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t from = (*begin)[i];
    const std::int64_t count = (*size)[i];
    if (from < 0 || count < -1 || from > kLast - std::max<std::int64_t>(count, 0)) {
      return call.Fail("begin or size is negative or too large");
    }
    if (from == 0 && count == -1) continue;
    if (i == 0) call.MixRows();
    result = Sliced(result, static_cast<std::int64_t>(i), from, count == -1 ? kLast : from + count);
  }
  return Only(result, x.dtype());
}

// The op StridedSlice, whose masks of bits say which of its numbers count and what they mean.
Result<Values> StridedSlice(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  std::array<Axes, 3> ends;  // begin, end, strides
  constexpr std::array kEnds = {"begin", "end", "strides"};
  for (std::size_t i = 0; i < ends.size(); ++i) {
    SIDECAR_ASSIGN_OR_RETURN(const auto numbers, call.Ints(kEnds[i]));
    ends[i] = numbers.value_or(Axes());
  }
  const std::size_t count = ends[0].size();
  if (count == 0 || ends[1].size() != count || ends[2].size() != count) {
    return call.Fail("its begin, end and strides are not as many numbers");
  }
  std::array<Axes, 5> masks;
  constexpr std::array kMasks = {"begin_mask", "end_mask", "new_axis_mask", "shrink_axis_mask",
                                 "ellipsis_mask"};
  for (std::size_t i = 0; i < masks.size(); ++i) {
    SIDECAR_ASSIGN_OR_RETURN(const std::int64_t bits, call.Int(kMasks[i], 0));
    for (std::size_t bit = 0; bit < count; ++bit) masks[i].push_back(bits >> bit & 1);
  }
  // The first number says what becomes of the batch, unless an ellipsis comes first.
  const bool all = ends[2][0] == 1 && (masks[0][0] == 1 || ends[0][0] == 0) && masks[1][0] == 1;
  const bool whole = masks[4][0] == 1 || (all && masks[2][0] == 0 && masks[3][0] == 0);
  if (HasBatch(x.output()) && !whole) call.MixRows();
  return Only(MakeOp<ov::op::v1::StridedSlice>(x.output(), IntConstant(ends[0]),
                                               IntConstant(ends[1]), IntConstant(ends[2]), masks[0],
                                               masks[1], masks[2], masks[3], masks[4]),
              x.dtype());
}

GraphOutput Indices(const Operand& operand) { return ConvertedTo(operand.output(), DType::kInt64); }

Result<Values> Take(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand indices, call.Tensor("indices"));
  GraphOutput input = x.output();
  std::int64_t axis = 0;
  std::int64_t batch = 0;
  if (call.is_keras2()) {
    call.Ignore("validate_indices");
    SIDECAR_ASSIGN_OR_RETURN(batch, call.Int("batch_dims", 0));
    if (batch < 0) batch += RankOf(indices.output());
    SIDECAR_ASSIGN_OR_RETURN(axis, call.Axis("axis", RankOf(input), batch));
  } else if (call.Has("axis")) {
    SIDECAR_ASSIGN_OR_RETURN(axis, call.Axis("axis", RankOf(input)));
  } else {
    input = Raveled(input);
  }
  const bool both = HasBatch(input) && HasBatch(indices.output());
  if (batch == 0 && (both || (axis == 0 && HasBatch(input)))) call.MixRows();
  return Only(MakeOp<ov::op::v8::Gather>(input, Indices(indices), IntConstant(axis), batch),
              x.dtype());
}

// tf.nn.embedding_lookup: rows of one table, whose parts would be lists.
Result<Values> EmbeddingLookup(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand table, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand ids, call.Tensor("indices"));
  for (const char* name : {"partition_strategy", "validate_indices"}) call.Ignore(name);
  if (HasBatch(table.output())) call.MixRows();
  return Only(MakeOp<ov::op::v8::Gather>(table.output(), Indices(ids), IntConstant(0)),
              table.dtype());
}

Result<Values> GatherNd(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand indices, call.Tensor("indices"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t batch, call.Int("batch_dims", 0));
  call.Ignore("bad_indices_policy");
  if (batch < 0 || batch > RankOf(x.output())) return call.Fail("batch_dims is out of range");
  if (batch == 0 && HasBatch(x.output())) call.MixRows();
  return Only(
      MakeOp<ov::op::v8::GatherND>(x.output(), Indices(indices), static_cast<std::size_t>(batch)),
      x.dtype());
}

Result<Values> TakeAlongAxis(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand at, call.Tensor("indices"));
  GraphOutput input = x.output();
  GraphOutput indices = Indices(at);
  std::int64_t axis = 0;
  if (call.Has("axis")) {
    SIDECAR_ASSIGN_OR_RETURN(axis, call.Axis("axis", RankOf(input)));
  } else {
    input = Raveled(input);
    indices = Raveled(indices);
  }
  call.MixRowsOver({axis});
  if (RankOf(input) != RankOf(indices)) return call.Fail("its indices have another rank");
  for (std::int64_t i = 0; i < RankOf(input); ++i) {
    if (i != axis && SizeOf(input, i) != SizeOf(indices, i)) {
      return call.Unsupported("broadcasting of indices is not supported");
    }
  }
  const GraphOutput below = MakeOp<ov::op::v1::Less>(indices, IntConstant(0));
  indices = Choose(below, Plus(indices, RunTimeSize(input, axis)), indices);
  return Only(MakeOp<ov::op::v6::GatherElements>(input, indices, axis), x.dtype());
}

Result<Values> Where(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand condition, call.Tensor("condition"));
  if (!call.Has("x1") || !call.Has("x2")) {
    return call.Unsupported("where without values is not supported");
  }
  SIDECAR_ASSIGN_OR_RETURN(const Pair pair, ReadPair(call, "x1", "x2"));
  const GraphOutput a = RestorePair(pair, pair.a);
  const GraphOutput b = RestorePair(pair, pair.b);
  const std::int64_t rank = std::max(RankOf(a), RankOf(b));
  const bool lower = RankOf(condition.output()) < rank;
  if (RankOf(condition.output()) != rank && (lower ? HasBatch(condition.output()) : rank > 0)) {
    if (lower || HasBatch(a) || HasBatch(b)) call.MixRows();
  }
  return Only(Choose(IsNotZero(condition.output()), a, b), pair.dtype);
}

GraphOutput OneHotOf(const GraphOutput& indices, std::int64_t depth, std::int64_t axis,
                     const GraphOutput& on, const GraphOutput& off) {
  return MakeOp<ov::op::v1::OneHot>(indices, IntConstant(depth), on, off, axis);
}

Result<std::int64_t> ReadDepth(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t depth, call.Int("num_classes"));
  constexpr std::int64_t kMost = std::int64_t{1} << 24;
  if (depth < 1 || depth > kMost) return call.Fail("the number of classes is not from 1 to 2^24");
  return depth;
}

Result<Values> OneHot(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t depth, ReadDepth(call));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t axis, call.Axis("axis", RankOf(x.output()) + 1, -1));
  SIDECAR_ASSIGN_OR_RETURN(const DType dtype, call.Type("dtype", DType::kFloat32));
  SIDECAR_ASSIGN_OR_RETURN(const bool sparse, call.Bool("sparse", false));
  if (sparse) return call.Unsupported("sparse = true is not supported");
  SIDECAR_ASSIGN_OR_RETURN(const double on, call.AnyNumber("on_value", 1));
  SIDECAR_ASSIGN_OR_RETURN(const double off, call.AnyNumber("off_value", 0));
  if (HasBatch(x.output())) call.MixRowsOver({axis});
  return Only(OneHotOf(Indices(x), depth, axis, ConvertedTo(FloatConstant(on), dtype),
                       ConvertedTo(FloatConstant(off), dtype)),
              dtype);
}

Result<Values> MultiHot(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t depth, ReadDepth(call));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t axis, call.Axis("axis", RankOf(x.output()) + 1, -1));
  SIDECAR_ASSIGN_OR_RETURN(const DType dtype, call.Type("dtype", DType::kFloat32));
  SIDECAR_ASSIGN_OR_RETURN(const bool sparse, call.Bool("sparse", false));
  if (sparse) return call.Unsupported("sparse = true is not supported");
  const std::int64_t over = RankOf(x.output()) > 1 ? 1 : 0;
  call.MixRowsOver({over});
  const GraphOutput hot = OneHotOf(Indices(x), depth, axis, FloatConstant(1), FloatConstant(0));
  const GraphOutput result = MakeOp<ov::op::v1::ReduceMax>(hot, IntConstant(Axes{over}), false);
  return Only(ConvertedTo(result, dtype), dtype);
}

Result<Values> Digitize(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand bins, call.Tensor("bins"));
  return Only(MakeOp<ov::op::v3::Bucketize>(AsFloat(x), AsFloat(bins), ov::element::i32, false),
              DType::kInt32);
}

constexpr OpEntry kIndexingOps[] = {
    {"core", "Slice", Slice, "inputs:x start_indices:begin shape:size"},
    {"nn", "MultiHot", MultiHot, "inputs:x"},
    {"nn", "OneHot", OneHot, "x"},
    {"numpy", "Digitize", Digitize, "x bins"},
    {"numpy", "GetItem", GetItem, "x key"},
    {"numpy", "Take", Take, "x indices"},
    {"numpy", "TakeAlongAxis", TakeAlongAxis, "x indices"},
    {"numpy", "Where", Where, "condition x1 x2"},
    {"tf", "__operators__.getitem", GetItem, "tensor:x slice_spec:key var"},
    {"tf", "gather", Take, "params:x indices validate_indices axis batch_dims"},
    {"tf", "gather_nd", GatherNd, "params:x indices batch_dims"},
    {"tf", "nn.embedding_lookup", EmbeddingLookup, "params:x ids:indices"},
    {"tf", "one_hot", OneHot, "indices:x depth:num_classes on_value off_value axis dtype"},
    {"tf", "raw_ops.StridedSlice", StridedSlice, "x begin end strides"},
    {"tf", "slice", Slice, "input_:x begin size"},
    {"tf", "where", Where, "condition x:x1 y:x2"},
};

}  // namespace

std::span<const OpEntry> IndexingOps() { return kIndexingOps; }

}  // namespace sidecar::model::keras
