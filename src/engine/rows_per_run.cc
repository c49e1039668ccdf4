#include "engine/rows_per_run.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <openvino/op/constant.hpp>
#include <openvino/op/parameter.hpp>
#include <openvino/op/result.hpp>
#include <openvino/op/util/multi_subgraph_base.hpp>
#include <vector>

#include "engine/node_type.h"
#include "engine/variable_placeholder.h"

namespace sidecar::engine {
namespace {

// A part of the last cache that a thread can count on. With it and the factors below, the numbers
// chosen were within 2 % of the best ones tried for MobileNetV2, ResNet50, a transformer and an
// LSTM (docs/performance.md).
constexpr double kCacheBytes = 8 << 20;
// What does not stay in the cache is fetched in order to be written, written, and read again.
constexpr double kTimesMoved = 3;
// Results of fewer rows must be put together, and each run costs some microseconds.
constexpr double kWorthwhile = 0.8;
// The last run may compute this part of the batch for nothing: 1/10.
constexpr std::int64_t kMaxPadding = 10;
// A step of a sequence multiplies all rows by its weights; with fewer rows the product is slower.
constexpr std::int64_t kMinSequenceRows = 16;

// What of a graph takes part in the choice.
struct Traffic {
  double weights = 0;               // bytes that each run reads
  std::vector<double> activations;  // bytes of a row that an op writes for the next to read
  bool has_sequences = false;
  bool is_static = true;
};

// Ops that compute one result from many values. Those between them are fused into them, mostly.
bool WritesActivations(const ov::Node& node) {
  return IsType(node, {"Convolution", "GroupConvolution", "ConvolutionBackpropData",
                       "GroupConvolutionBackpropData", "MatMul", "MaxPool", "AvgPool", "Concat",
                       "Gather", "LSTMSequence", "GRUSequence", "RNNSequence", "Interpolate"});
}

// What the compiler drops.
bool OnlyShapeIsRead(const ov::Node& node) {
  for (const auto& output : node.outputs()) {
    for (const auto& input : output.get_target_inputs()) {
      if (!IsType(*input.get_node(), {"ShapeOf"})) return false;
    }
  }
  return true;
}

// A sequence op multiplies the inputs of all steps first: its gates times as much as its outputs.
double GatesOf(const ov::Node& node) {
  if (IsType(node, {"LSTMSequence"})) return 4;
  return IsType(node, {"GRUSequence"}) ? 3 : 1;
}

bool IsSequence(const ov::Node& node) {
  return IsType(node, {"LSTMSequence", "GRUSequence", "RNNSequence"}) ||
         dynamic_cast<const ov::op::util::MultiSubGraphOp*>(&node) != nullptr;
}

double Bytes(const ov::Output<const ov::Node>& output) {
  double bytes = static_cast<double>(output.get_element_type().size());
  for (const auto& size : output.get_partial_shape())
    bytes *= static_cast<double>(size.get_length());
  return bytes;
}

bool IsWeight(const ov::Node& node) {
  return dynamic_cast<const VariablePlaceholder*>(&node) != nullptr ||
         dynamic_cast<const ov::op::v0::Constant*>(&node) != nullptr;
}

// Tables of embeddings are not read as a whole.
double WeightBytes(const ov::Node& node) {
  if (!IsWeight(node)) return 0;
  const auto consumers = node.get_output_target_inputs(0);
  const bool looked_up = std::all_of(consumers.begin(), consumers.end(), [](const auto& input) {
    return IsType(*input.get_node(), {"Gather"});
  });
  return looked_up ? 0 : Bytes(node.output(0));
}

Traffic TrafficOf(const ov::Model& graph, std::int64_t batch) {
  Traffic traffic;
  for (const std::shared_ptr<ov::Node>& shared : graph.get_ordered_ops()) {
    const ov::Node& node = *shared;
    for (const auto& output : node.outputs()) {
      if (output.get_partial_shape().is_dynamic()) {
        traffic.is_static = false;
        return traffic;
      }
    }
    traffic.weights += WeightBytes(node);
    traffic.has_sequences = traffic.has_sequences || IsSequence(node);
    if (!WritesActivations(node) || OnlyShapeIsRead(node)) continue;
    for (const auto& output : node.outputs()) {
      traffic.activations.push_back(GatesOf(node) * Bytes(output) / static_cast<double>(batch));
    }
  }
  return traffic;
}

// Bytes that computing a row moves beyond the caches, where `rows` are computed at a time.
double Cost(const Traffic& traffic, std::int64_t rows) {
  const auto count = static_cast<double>(rows);
  double cost = traffic.weights / count;
  for (const double bytes : traffic.activations) {
    if (bytes * count > kCacheBytes) cost += kTimesMoved * bytes;
  }
  return cost;
}

}  // namespace

std::int64_t RowsPerRun(const ov::Model& graph, std::int64_t batch, std::int64_t most) {
  const Traffic traffic = TrafficOf(graph, batch);
  if (!traffic.is_static) return batch;
  const std::int64_t least_rows = traffic.has_sequences ? std::min(batch, kMinSequenceRows) : 1;
  std::int64_t best = batch;
  double least = std::numeric_limits<double>::infinity();
  for (std::int64_t runs = 1; runs <= batch; ++runs) {
    const std::int64_t rows = (batch + runs - 1) / runs;
    if (rows < least_rows) break;
    if (rows > std::max(most, least_rows) || rows * runs > batch + batch / kMaxPadding) continue;
    const double cost = Cost(traffic, rows);
    if (cost >= least) continue;
    // The first one stands for not splitting: others must be worth the trouble.
    least = std::isinf(least) ? kWorthwhile * cost : cost;
    best = rows;
  }
  return best;
}

}  // namespace sidecar::engine
