// Pooling and other windows as functions: keras.ops.max_pool and its kin, tf.nn.max_pool2d and its
// kin.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <openvino/op/adaptive_avg_pool.hpp>
#include <openvino/op/adaptive_max_pool.hpp>
#include <openvino/op/avg_pool.hpp>
#include <openvino/op/batch_to_space.hpp>
#include <openvino/op/lrn.hpp>
#include <openvino/op/max_pool.hpp>
#include <openvino/op/space_to_batch.hpp>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/pool_windows.h"
#include "model/keras/ops/grid_call.h"
#include "model/keras/ops/op_functions.h"
#include "model/keras/ops/op_table.h"

namespace sidecar::model::keras {
namespace {

using PoolFunction = GraphOutput (*)(const GraphOutput& values, const Window& window);

Result<Values> Pooled(OpCall& call, PoolFunction pool,
                      const std::optional<std::vector<std::int64_t>>& strides = std::nullopt) {
  SIDECAR_ASSIGN_OR_RETURN(const GridCall grid, ReadGridCall(call));
  SIDECAR_ASSIGN_OR_RETURN(const auto size, ReadGridSizes(call, "pool_size", grid));
  SIDECAR_ASSIGN_OR_RETURN(const Window window,
                           ReadGridWindow(call, grid, size, strides.value_or(size)));
  if (window.padding == ov::op::PadType::EXPLICIT) {
    return call.Unsupported("a padding of pairs is not supported here");
  }
  return FromGrid(grid, pool(grid.values, window));
}

template <PoolFunction kPool>
Result<Values> Pool(OpCall& call) {
  return Pooled(call, kPool);
}

// tf.nn.pool names the kind, and moves by one cell unless told otherwise.
Result<Values> PoolOfType(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const std::string type, call.Text("pooling_type"));
  SIDECAR_ASSIGN_OR_RETURN(const auto dilations, call.Ints("dilation_rate"));
  const Axes rates = dilations.value_or(Axes());
  if (std::any_of(rates.begin(), rates.end(), [](std::int64_t rate) { return rate != 1; })) {
    return call.Unsupported("a dilation_rate of more than 1 is not supported");
  }
  if (type != "MAX" && type != "AVG") return call.Fail("pooling_type is not MAX or AVG");
  const auto rank = static_cast<std::size_t>([&call] {
    const auto x = call.Tensor("x");
    return x.ok() ? std::max<std::int64_t>(RankOf(x->output()) - 2, 0) : 0;
  }());
  return Pooled(call, type == "MAX" ? MaxPooled : AveragePooled,
                std::vector<std::int64_t>(rank, 1));
}

Result<Values> AdaptiveMax(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const GridCall grid, ReadGridCall(call));
  SIDECAR_ASSIGN_OR_RETURN(const auto size, ReadGridSizes(call, "output_size", grid));
  const auto pool = std::make_shared<ov::op::v8::AdaptiveMaxPool>(grid.values, IntConstant(size),
                                                                  ov::element::i32);
  return FromGrid(grid, pool->output(0));
}

Result<Values> AdaptiveAverage(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const GridCall grid, ReadGridCall(call));
  SIDECAR_ASSIGN_OR_RETURN(const auto size, ReadGridSizes(call, "output_size", grid));
  return FromGrid(grid, MakeOp<ov::op::v8::AdaptiveAvgPool>(grid.values, IntConstant(size)));
}

// Each channel over the squares of its neighbours: (bias + alpha * sum) ^ beta.
Result<Values> LocalResponseNormalization(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const GridCall grid, ReadGridCall(call));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t radius, call.Int("depth_radius", 5));
  SIDECAR_ASSIGN_OR_RETURN(const double bias, call.Number("bias", 1));
  SIDECAR_ASSIGN_OR_RETURN(const double alpha, call.Number("alpha", 1));
  SIDECAR_ASSIGN_OR_RETURN(const double beta, call.Number("beta", 0.5));
  constexpr std::int64_t kMost = 1 << 20;
  if (radius < 0 || radius > kMost) return call.Fail("depth_radius is not from 0 to 2^20");
  const std::int64_t size = 2 * radius + 1;
  // The engine's alpha is of the mean.
  return FromGrid(grid, MakeOp<ov::op::v0::LRN>(grid.values, IntConstant(Axes{1}),
                                                alpha * static_cast<double>(size), beta, bias,
                                                static_cast<std::size_t>(size)));
}

Result<Values> BiasAdd(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand bias, call.Tensor("bias"));
  SIDECAR_ASSIGN_OR_RETURN(const std::string format, call.Text("data_format", "NHWC"));
  const std::int64_t rank = RankOf(x.output());
  if (RankOf(bias.output()) != 1 || rank < 2) return call.Fail("takes a bias of one dimension");
  const GraphOutput b = ConvertedTo(bias.output(), x.dtype());
  if (!format.starts_with("NC")) return Only(Plus(x.output(), b), x.dtype());
  Axes ends;  // behind the channels
  for (std::int64_t axis = 1; axis < rank - 1; ++axis) ends.push_back(axis);
  return Only(Plus(x.output(), Expanded(b, ends)), x.dtype());
}

// The blocks of a grid as further rows of the batch, and back: what atrous convolutions are made
// of. Pairs of `edges` are what is padded or cut.
struct Blocks {
  Operand x;
  GraphOutput block;
  GraphOutput begin;
  GraphOutput end;
};

Result<Blocks> ReadBlocks(OpCall& call, const char* edges) {
  Blocks blocks;
  SIDECAR_ASSIGN_OR_RETURN(blocks.x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const auto block, call.Ints("block_shape"));
  SIDECAR_ASSIGN_OR_RETURN(const nlohmann::json* const pairs, call.Constant(edges));
  SIDECAR_ASSIGN_OR_RETURN(
      const NumberArray numbers,
      ReadNumbers(*pairs, call.context().description() + ": the arguments." + edges));
  const auto ends = AsIntegers(numbers);
  const auto rank = static_cast<std::size_t>(RankOf(blocks.x.output()));
  if (!block || !ends || ends->size() != 2 * block->size() || block->size() + 1 > rank) {
    return call.Fail(fmt::format("needs a block_shape and as many pairs of {}", edges));
  }
  Axes sizes(rank, 1);
  Axes begin(rank, 0);
  Axes end(rank, 0);
  for (std::size_t i = 0; i < block->size(); ++i) {
    sizes[i + 1] = (*block)[i];
    begin[i + 1] = (*ends)[2 * i];
    end[i + 1] = (*ends)[2 * i + 1];
    constexpr std::int64_t kMost = 1 << 24;
    if (sizes[i + 1] < 1 || sizes[i + 1] > kMost || begin[i + 1] < 0 || begin[i + 1] > kMost ||
        end[i + 1] < 0 || end[i + 1] > kMost) {
      return call.Fail("its sizes are not from 0 to 2^24");
    }
  }
  blocks.block = IntConstant(sizes);
  blocks.begin = IntConstant(begin);
  blocks.end = IntConstant(end);
  call.MixRows();
  return blocks;
}

Result<Values> SpaceToBatch(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Blocks blocks, ReadBlocks(call, "paddings"));
  return Only(
      MakeOp<ov::op::v1::SpaceToBatch>(blocks.x.output(), blocks.block, blocks.begin, blocks.end),
      blocks.x.dtype());
}

Result<Values> BatchToSpace(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Blocks blocks, ReadBlocks(call, "crops"));
  return Only(
      MakeOp<ov::op::v1::BatchToSpace>(blocks.x.output(), blocks.block, blocks.begin, blocks.end),
      blocks.x.dtype());
}

constexpr std::string_view kPool =
    "input:x ksize:pool_size strides padding data_format name value:x";
constexpr std::string_view kPoolOfType =
    "input:x window_shape:pool_size pooling_type padding dilation_rate strides name data_format "
    "dilations:dilation_rate";
constexpr std::string_view kBlocks = "input:x block_shape paddings crops name";

constexpr OpEntry kPoolingOps[] = {
    {"nn", "AdaptiveAveragePool", AdaptiveAverage, "inputs:x"},
    {"nn", "AdaptiveMaxPool", AdaptiveMax, "inputs:x"},
    {"nn", "AveragePool", Pool<AveragePooled>, "inputs:x"},
    {"nn", "MaxPool", Pool<MaxPooled>, "inputs:x"},
    {"tf", "batch_to_space_nd", BatchToSpace, kBlocks},
    {"tf", "nn.avg_pool", Pool<AveragePooled>, kPool},
    {"tf", "nn.avg_pool1d", Pool<AveragePooled>, kPool},
    {"tf", "nn.avg_pool2d", Pool<AveragePooled>, kPool},
    {"tf", "nn.avg_pool3d", Pool<AveragePooled>, kPool},
    {"tf", "nn.bias_add", BiasAdd, "value:x bias data_format"},
    {"tf", "nn.local_response_normalization", LocalResponseNormalization,
     "input:x depth_radius bias alpha beta"},
    {"tf", "nn.max_pool", Pool<MaxPooled>, kPool},
    {"tf", "nn.max_pool1d", Pool<MaxPooled>, kPool},
    {"tf", "nn.max_pool2d", Pool<MaxPooled>, kPool},
    {"tf", "nn.max_pool3d", Pool<MaxPooled>, kPool},
    {"tf", "nn.pool", PoolOfType, kPoolOfType},
    {"tf", "space_to_batch_nd", SpaceToBatch, kBlocks},
};

}  // namespace

std::span<const OpEntry> PoolingOps() { return kPoolingOps; }

}  // namespace sidecar::model::keras
