#include <fmt/format.h>

#include <numeric>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {
namespace {

// x / |x| along an axis; zero where all is zero. Keras 2's bound keeps tiny vectors short.
GraphOutput Normalized(const GraphOutput& x, std::int64_t axis, bool is_keras2) {
  const GraphOutput squares = SumOver(Times(x, x), {axis}, true);
  const double least = is_keras2 ? 1e-12 : 1e-37;
  return Over(x, SquareRoot(AtLeast(squares, FloatConstant(least))));
}

// The dimensions 0 … rank - 1 with `axis` moved to `place`.
std::vector<std::int64_t> MovedAxis(std::int64_t rank, std::int64_t axis, std::int64_t place) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(rank));
  std::iota(order.begin(), order.end(), 0);
  order.erase(order.begin() + axis);
  order.insert(order.begin() + place, axis);
  return order;
}

Result<std::vector<std::int64_t>> ReadAxes(const LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(auto axes, context.config().Ints("axes"));
  if (axes.size() == 1) axes.push_back(axes.front());
  if (axes.size() != 2) return context.config().Wrong("axes", "an integer or a list of two");
  for (std::size_t i = 0; i < 2; ++i) {
    const std::int64_t rank = RankOf(inputs[i].output);
    SIDECAR_ASSIGN_OR_RETURN(axes[i], NormalizeAxis(context, axes[i], rank, "axes"));
    if (axes[i] > 0) continue;
    return context.Fail(StatusCode::kFailedPrecondition, "config.axes names the batch dimension");
  }
  return axes;
}

}  // namespace

// Contracts one dimension of each of two inputs, sample by sample (tf_keras/backend.py
// `batch_dot`).
Result<Values> LowerDot(LayerContext& context, const Values& inputs) {
  if (inputs.size() != 2) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        fmt::format("takes two inputs; is called with {}", inputs.size()));
  }
  SIDECAR_ASSIGN_OR_RETURN(const auto axes, ReadAxes(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const bool normalize, context.config().Bool("normalize", false));
  GraphOutput a = ToFloat(inputs[0].output);
  GraphOutput b = ToFloat(inputs[1].output);
  if (normalize) {
    a = Normalized(a, axes[0], context.is_keras2());
    b = Normalized(b, axes[1], context.is_keras2());
  }
  // [batch, rest of a, k] and [batch, k, rest of b], each rest as one dimension.
  a = Transposed(a, MovedAxis(RankOf(a), axes[0], RankOf(a) - 1));
  b = Transposed(b, MovedAxis(RankOf(b), axes[1], 1));
  std::vector<std::int64_t> sizes = {0};
  std::int64_t unknown = 0;
  const auto add_sizes = [&](const GraphOutput& x, std::int64_t from, std::int64_t to) {
    for (std::int64_t axis = from; axis < to; ++axis) {
      sizes.push_back(SizeOf(x, axis));  // -1 where it is not known
      if (sizes.back() == Shape::kUnknown) ++unknown;
    }
  };
  add_sizes(a, 1, RankOf(a) - 1);
  add_sizes(b, 2, RankOf(b));
  if (unknown > 1) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        "needs to know the sizes of its inputs but for one");
  }
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t size, KnownSize(context, {b}, 1));
  const bool vector_result = sizes.size() == 1;
  if (vector_result) sizes.push_back(1);
  a = Reshaped(a, {0, -1, size});
  b = Reshaped(b, {0, size, -1});
  return Values{{Reshaped(MatrixProduct(a, b), sizes)}};
}

}  // namespace sidecar::model::keras
