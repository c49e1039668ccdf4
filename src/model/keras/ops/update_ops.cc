// Changing parts of a tensor, and sums over groups of rows.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <openvino/op/broadcast.hpp>
#include <openvino/op/equal.hpp>
#include <openvino/op/range.hpp>
#include <openvino/op/reduce_max.hpp>
#include <openvino/op/reduce_min.hpp>
#include <openvino/op/reduce_prod.hpp>
#include <openvino/op/reduce_sum.hpp>
#include <openvino/op/scatter_nd_update.hpp>
#include <type_traits>

#include "base/status_macros.h"
#include "model/keras/constant_value.h"
#include "model/keras/ops/op_functions.h"
#include "model/keras/ops/op_table.h"

namespace sidecar::model::keras {
namespace {

using Scattering = ov::op::v15::ScatterNDUpdate;

// The update's place along one dimension, which TensorFlow moves inside of the input
// (keras/src/backend/tensorflow/core.py, XlaDynamicUpdateSlice).
struct UpdatePlace {
  std::int64_t begin = 0;
  std::int64_t size = 0;
  std::int64_t end = 0;
  bool whole = false;
};

Result<UpdatePlace> ReadPlace(const OpCall& call, const GraphOutput& x, const GraphOutput& update,
                              std::int64_t axis, std::int64_t start) {
  const std::int64_t all = SizeOf(x, axis);
  const std::int64_t part = SizeOf(update, axis);
  // Both have the batch there.
  if (all == Shape::kUnknown && part == Shape::kUnknown) return UpdatePlace{.whole = true};
  if (all < 1 || part < 0 || part > all) {
    return call.Unsupported(
        fmt::format("its input has the size {}, its update the size {} along the dimension {}; "
                    "known sizes, the update's at most the input's, are supported",
                    all, part, axis));
  }
  const std::int64_t begin = std::clamp<std::int64_t>(start, 0, all - part);
  return UpdatePlace{begin, part, all, part == all};
}

Result<Values> SliceUpdate(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand update, call.Tensor("updates"));
  SIDECAR_ASSIGN_OR_RETURN(const auto starts, call.Ints("start_indices"));
  const std::int64_t rank = RankOf(x.output());
  if (rank < 1) return call.Fail("its input is a scalar");
  if (!starts || static_cast<std::int64_t>(starts->size()) != rank ||
      RankOf(update.output()) != rank) {
    return call.Fail("needs a start, and a size of the update, for each dimension");
  }
  std::vector<UpdatePlace> places;
  for (std::int64_t axis = 0; axis < rank; ++axis) {
    SIDECAR_ASSIGN_OR_RETURN(const UpdatePlace place,
                             ReadPlace(call, x.output(), update.output(), axis,
                                       (*starts)[static_cast<std::size_t>(axis)]));
    if (axis == 0 && !place.whole) call.MixRows();
    places.push_back(place);
  }
  // From the last dimension on: the update between what is before and after it, of the input cut
  // to the update along the dimensions that come first.
  GraphOutput result = ConvertedTo(update.output(), x.dtype());
  for (std::int64_t axis = rank; axis-- > 0;) {
    const UpdatePlace& place = places[static_cast<std::size_t>(axis)];
    if (place.whole) continue;
    GraphOutput around = x.output();
    for (std::int64_t outer = 0; outer < axis; ++outer) {
      const UpdatePlace& cut = places[static_cast<std::size_t>(outer)];
      if (!cut.whole) around = Sliced(around, outer, cut.begin, cut.begin + cut.size);
    }
    std::vector<GraphOutput> parts;
    if (place.begin > 0) parts.push_back(Sliced(around, axis, 0, place.begin));
    parts.push_back(result);
    const std::int64_t after = place.begin + place.size;
    if (after < place.end) parts.push_back(Sliced(around, axis, after, place.end));
    result = Joined(parts, axis);
  }
  return Only(result, x.dtype());
}

Result<Scattering::Reduction> ReadScattering(OpCall& call, std::string_view name) {
  if (name.empty()) return Scattering::Reduction::NONE;
  if (name == "add") return Scattering::Reduction::SUM;
  if (name == "max") return Scattering::Reduction::MAX;
  if (name == "min") return Scattering::Reduction::MIN;
  if (name == "mul") return Scattering::Reduction::PROD;
  return call.Fail("reduction is not null, add, max, min or mul");
}

GraphOutput IndicesOf(const Operand& indices) {
  return ConvertedTo(indices.output(), DType::kInt64);
}

// What TensorFlow's functions do; Keras's class has an argument.
enum class Combine : std::uint8_t { kReplace, kAdd, kMax, kMin };

template <Combine kReduction = Combine::kReplace>
Result<Values> ScatterUpdate(OpCall& call) {
  constexpr std::string_view kNames[] = {"", "add", "max", "min"};
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand indices, call.Tensor("indices"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand updates, call.Tensor("updates"));
  const std::string otherwise(kNames[static_cast<std::size_t>(kReduction)]);
  SIDECAR_ASSIGN_OR_RETURN(const std::string name, call.Text("reduction", otherwise));
  SIDECAR_ASSIGN_OR_RETURN(const Scattering::Reduction reduction, ReadScattering(call, name));
  call.Ignore("bad_indices_policy");
  call.MixRows();
  return Only(MakeOp<Scattering>(x.output(), IndicesOf(indices),
                                 ConvertedTo(updates.output(), x.dtype()), reduction),
              x.dtype());
}

// Values added up at their places among zeros.
Result<Values> Scatter(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand indices, call.Tensor("indices"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand values, call.Tensor("values"));
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput shape, call.IntVector("shape"));
  call.Ignore("bad_indices_policy");
  call.MixRows();
  const GraphOutput zeros =
      MakeOp<ov::op::v3::Broadcast>(ConvertedTo(FloatConstant(0), values.dtype()), shape);
  return Only(
      MakeOp<Scattering>(zeros, IndicesOf(indices), values.output(), Scattering::Reduction::SUM),
      values.dtype());
}

// What stands for a segment without rows, as in TensorFlow.
template <class Op>
double NeutralOf() {
  constexpr double kMost = static_cast<double>(std::numeric_limits<float>::max());
  if constexpr (std::is_same_v<Op, ov::op::v1::ReduceMax>) return -kMost;
  if constexpr (std::is_same_v<Op, ov::op::v1::ReduceMin>) return kMost;
  return std::is_same_v<Op, ov::op::v1::ReduceProd> ? 1 : 0;
}

// The reduction of the rows that have the same id; rows whose id is no segment count nowhere.
template <class Op>
Result<Values> SegmentReduction(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand data, call.Tensor("data"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand ids, call.Tensor("segment_ids"));
  SIDECAR_ASSIGN_OR_RETURN(const bool sorted, call.Bool("sorted", false));
  constexpr std::int64_t kMostSegments = 4096;
  if (!call.Has("num_segments") || sorted) {
    return call.Unsupported("num_segments must be given, and sorted be false");
  }
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t segments, call.Int("num_segments"));
  if (segments < 1 || segments > kMostSegments) return call.Fail("num_segments is not 1 to 4096");
  if (!IsFloating(data.dtype())) return call.Unsupported("integers are not supported");
  if (RankOf(ids.output()) != 1 || RankOf(data.output()) < 1) {
    return call.Fail("needs an id for each row");
  }
  call.MixRows();
  const GraphOutput numbers = MakeOp<ov::op::v4::Range>(IntConstant(0), IntConstant(segments),
                                                        IntConstant(1), ov::element::i64);
  GraphOutput belongs =
      MakeOp<ov::op::v1::Equal>(Expanded(numbers, {1}), Expanded(IndicesOf(ids), {0}));
  for (std::int64_t axis = 1; axis < RankOf(data.output()); ++axis) {
    belongs = Expanded(belongs, {axis + 1});
  }
  const GraphOutput rows =
      Choose(belongs, Expanded(data.output(), {0}), FloatConstant(NeutralOf<Op>()));
  return Only(MakeOp<Op>(rows, IntConstant(Axes{1}), false), data.dtype());
}

constexpr std::string_view kSegment = "data segment_ids num_segments";
constexpr std::string_view kTensorScatter = "tensor:x indices updates";

constexpr OpEntry kUpdateOps[] = {
    {"core", "Scatter", Scatter, "indices values shape"},
    {"core", "ScatterUpdate", ScatterUpdate<>, "inputs:x indices updates"},
    {"core", "SliceUpdate", SliceUpdate, "inputs:x start_indices updates"},
    {"math", "SegmentMax", SegmentReduction<ov::op::v1::ReduceMax>, kSegment},
    {"math", "SegmentMin", SegmentReduction<ov::op::v1::ReduceMin>, kSegment},
    {"math", "SegmentProd", SegmentReduction<ov::op::v1::ReduceProd>, kSegment},
    {"math", "SegmentSum", SegmentReduction<ov::op::v1::ReduceSum>, kSegment},
    {"tf", "math.unsorted_segment_max", SegmentReduction<ov::op::v1::ReduceMax>, kSegment},
    {"tf", "math.unsorted_segment_min", SegmentReduction<ov::op::v1::ReduceMin>, kSegment},
    {"tf", "math.unsorted_segment_prod", SegmentReduction<ov::op::v1::ReduceProd>, kSegment},
    {"tf", "math.unsorted_segment_sum", SegmentReduction<ov::op::v1::ReduceSum>, kSegment},
    {"tf", "scatter_nd", Scatter, "indices updates:values shape"},
    {"tf", "tensor_scatter_nd_add", ScatterUpdate<Combine::kAdd>, kTensorScatter},
    {"tf", "tensor_scatter_nd_max", ScatterUpdate<Combine::kMax>, kTensorScatter},
    {"tf", "tensor_scatter_nd_min", ScatterUpdate<Combine::kMin>, kTensorScatter},
    {"tf", "tensor_scatter_nd_update", ScatterUpdate<>, kTensorScatter},
};

}  // namespace

std::span<const OpEntry> UpdateOps() { return kUpdateOps; }

}  // namespace sidecar::model::keras
