// How many rows of a batch are computed at a time.
#pragma once

#include <cstdint>
#include <openvino/core/model.hpp>

namespace sidecar::engine {

/// For a graph whose rows are independent: the number of rows that moves the least memory.
/// Activations of all rows of a batch often do not fit the caches, while few rows make a pass read
/// all weights for little work; what the graph's shapes tell of both is weighed. All rows, or about
/// `most` where that is less, where splitting further gains little; all rows where a result has no
/// static shape. The last run of a batch has at most a tenth of the batch's rows to pad.
///
/// `graph` has static input shapes with the batch dimension first, and placeholders, constants or
/// inputs for weights.
[[nodiscard]] std::int64_t RowsPerRun(const ov::Model& graph, std::int64_t batch,
                                      std::int64_t most);

}  // namespace sidecar::engine
