#include "model/keras/layers/bias.h"

#include "model/keras/graph_ops.h"

namespace sidecar::model::keras {

GraphOutput WithBias(const LayerContext& context, const GraphOutput& x, const GraphOutput& bias) {
  const std::int64_t rank = RankOf(x);
  std::int64_t size = 1;
  int large = 0;
  for (std::int64_t axis = 0; axis < RankOf(bias); ++axis) {
    if (SizeOf(bias, axis) == 1) continue;
    size = SizeOf(bias, axis);
    ++large;
  }
  if (context.is_keras2() || large != 1 || rank < 2) return Plus(x, bias);
  const std::int64_t axis = SizeOf(x, rank - 1) == size ? rank - 1 : 1;
  if (SizeOf(x, axis) != size) return Plus(x, bias);
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(rank), 1);
  sizes[static_cast<std::size_t>(axis)] = size;
  return Plus(x, Reshaped(bias, sizes));
}

}  // namespace sidecar::model::keras
