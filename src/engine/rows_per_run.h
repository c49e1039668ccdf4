// How many rows of a batch are computed at a time.
#pragma once

#include <cstdint>
#include <openvino/core/model.hpp>

namespace sidecar::engine {

/// For a graph whose rows are independent: the number of rows, a divisor of the batch, that moves
/// the least memory. Activations of all rows of a batch often do not fit the caches, while few rows
/// make a pass read all weights for little work; what the graph's shapes tell of both is weighed.
/// The batch itself where splitting gains little or a result has no static shape.
///
/// `graph` has static input shapes with the batch dimension first, and placeholders, constants or
/// inputs for weights.
[[nodiscard]] std::int64_t RowsPerRun(const ov::Model& graph, std::int64_t batch);

}  // namespace sidecar::engine
