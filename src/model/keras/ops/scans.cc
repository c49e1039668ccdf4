// Running sums and products, orders.
#include <limits>
#include <openvino/op/clamp.hpp>
#include <openvino/op/concat.hpp>
#include <openvino/op/cum_sum.hpp>
#include <openvino/op/not_equal.hpp>
#include <openvino/op/pad.hpp>
#include <openvino/op/topk.hpp>
#include <utility>

#include "base/status_macros.h"
#include "model/keras/ops/op_functions.h"
#include "model/keras/ops/op_table.h"

namespace sidecar::model::keras {
namespace {

// The tensor and the dimension that the scan goes along; as one vector where Keras 3 has no axis.
struct Scan {
  GraphOutput x;
  DType dtype = DType::kFloat32;
  std::int64_t axis = 0;
};

Result<Scan> ReadScan(OpCall& call, std::int64_t default_axis, bool flat_by_default) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  Scan scan{x.output(), x.dtype()};
  if (flat_by_default && !call.Has("axis")) {
    scan.x = Raveled(scan.x);
    call.MixRows();
    return scan;
  }
  SIDECAR_ASSIGN_OR_RETURN(scan.axis, call.Axis("axis", RankOf(scan.x), default_axis));
  call.MixRowsOver({scan.axis});
  return scan;
}

// Keras 3 sums booleans as int32.
Status ReadType(OpCall& call, Scan& scan) {
  if (scan.dtype == DType::kBool) scan.dtype = DType::kInt32;
  SIDECAR_ASSIGN_OR_RETURN(scan.dtype, call.Type("dtype", scan.dtype));
  scan.x = ConvertedTo(scan.x, scan.dtype);
  return Status();
}

// Keras's nan_to_num: infinities become the greatest numbers.
GraphOutput WithoutNan(const GraphOutput& x, double filler) {
  constexpr auto kMost = static_cast<double>(std::numeric_limits<float>::max());
  const GraphOutput bounded = MakeOp<ov::op::v0::Clamp>(x, -kMost, kMost);
  return Choose(MakeOp<ov::op::v1::NotEqual>(x, x), FloatConstant(filler), bounded);
}

using ScanFunction = Result<Values> (*)(OpCall&, const Scan&);

template <ScanFunction F>
Result<Values> Running(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(Scan scan, ReadScan(call, 0, !call.is_keras2()));
  SIDECAR_RETURN_IF_ERROR(ReadType(call, scan));
  return F(call, scan);
}

// `kFiller`: what a NaN counts as.
template <ScanFunction F, int kFiller>
Result<Values> RunningWithoutNan(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(Scan scan, ReadScan(call, 0, !call.is_keras2()));
  if (IsFloating(scan.dtype)) scan.x = WithoutNan(scan.x, kFiller);
  SIDECAR_RETURN_IF_ERROR(ReadType(call, scan));
  return F(call, scan);
}

Result<Values> Cumsum(OpCall& call, const Scan& scan) {
  SIDECAR_ASSIGN_OR_RETURN(const bool exclusive, call.Bool("exclusive", false));
  SIDECAR_ASSIGN_OR_RETURN(const bool reverse, call.Bool("reverse", false));
  return Only(MakeOp<ov::op::v0::CumSum>(scan.x, IntConstant(scan.axis), exclusive, reverse),
              scan.dtype);
}

// Doubles the reach of each product until it covers the dimension.
Result<Values> Cumprod(OpCall& call, const Scan& scan) {
  for (const char* flag : {"exclusive", "reverse"}) {
    SIDECAR_ASSIGN_OR_RETURN(const bool set, call.Bool(flag, false));
    if (set) return call.Unsupported("exclusive and reverse products are not supported");
  }
  const std::int64_t size = SizeOf(scan.x, scan.axis);
  if (size == Shape::kUnknown) return call.Unsupported("the dimension has no known size");
  Axes begins(static_cast<std::size_t>(RankOf(scan.x)), 0);
  GraphOutput result = scan.x;
  const GraphOutput one = ConvertedTo(FloatConstant(1), scan.dtype);
  for (std::int64_t reach = 1; reach < size; reach *= 2) {
    begins[static_cast<std::size_t>(scan.axis)] = reach;
    const GraphOutput shifted = MakeOp<ov::op::v12::Pad>(
        Sliced(result, scan.axis, 0, size - reach), IntConstant(begins),
        IntConstant(Axes(begins.size(), 0)), one, ov::op::PadMode::CONSTANT);
    result = Times(result, shifted);
  }
  return Only(result, scan.dtype);
}

struct Sorted {
  GraphOutput values;
  GraphOutput indices;
};

// Equal elements keep their order.
Sorted SortAlong(const GraphOutput& x, std::int64_t axis, const GraphOutput& count,
                 bool descending) {
  const auto mode = descending ? ov::op::TopKMode::MAX : ov::op::TopKMode::MIN;
  const auto top = std::make_shared<ov::op::v11::TopK>(
      x, count, axis, mode, ov::op::TopKSortType::SORT_VALUES, ov::element::i32, true);
  return {top->output(0), top->output(1)};
}

Result<bool> IsDescending(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const std::string direction, call.Text("direction", "ASCENDING"));
  return direction == "DESCENDING";
}

Result<Values> Sort(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Scan scan, ReadScan(call, -1, false));
  SIDECAR_ASSIGN_OR_RETURN(const bool descending, IsDescending(call));
  return Only(SortAlong(scan.x, scan.axis, RunTimeSize(scan.x, scan.axis), descending).values,
              scan.dtype);
}

Result<Values> Argsort(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Scan scan, ReadScan(call, -1, false));
  SIDECAR_ASSIGN_OR_RETURN(const bool descending, IsDescending(call));
  call.Ignore("stable");
  return Only(SortAlong(scan.x, scan.axis, RunTimeSize(scan.x, scan.axis), descending).indices,
              DType::kInt32);
}

Result<Values> TopK(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t k, call.Int("k", 1));
  call.Ignore("sorted");
  call.Ignore("index_type");
  const std::int64_t axis = RankOf(x.output()) - 1;
  if (k < 1 || axis < 0) return call.Fail("needs a k from 1 and an input that is no scalar");
  call.MixRowsOver({axis});
  const Sorted sorted = SortAlong(x.output(), axis, IntConstant(k), true);
  return Values{{sorted.values, x.dtype()}, {sorted.indices, DType::kInt32}};
}

constexpr OpEntry kScansOps[] = {
    {"math", "TopK", TopK, "x"},
    {"numpy", "Argsort", Argsort, "x"},
    {"numpy", "Cumprod", Running<Cumprod>, "x"},
    {"numpy", "Cumsum", Running<Cumsum>, "x"},
    {"numpy", "Nancumprod", RunningWithoutNan<Cumprod, 1>, "x"},
    {"numpy", "Nancumsum", RunningWithoutNan<Cumsum, 0>, "x"},
    {"numpy", "Sort", Sort, "x"},
    {"tf", "argsort", Argsort, "values:x axis direction stable"},
    {"tf", "math.cumprod", Running<Cumprod>, "x axis exclusive reverse"},
    {"tf", "math.cumsum", Running<Cumsum>, "x axis exclusive reverse"},
    {"tf", "math.top_k", TopK, "input:x k sorted"},
    {"tf", "sort", Sort, "values:x axis direction"},
};

}  // namespace

std::span<const OpEntry> ScanOps() { return kScansOps; }

}  // namespace sidecar::model::keras
