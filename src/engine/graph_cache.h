// A graph compiled for the shapes that batches have.
#pragma once

#include <cstdint>
#include <memory>
#include <openvino/core/model.hpp>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "engine/compiled_graph.h"
#include "engine/engine.h"
#include "engine/weight_policy.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::engine {

/// Compiles when shapes are asked for the first time, and keeps a few of the results. Not
/// thread-safe.
class GraphCache {
 public:
  /// `input_types` are those of the data.
  GraphCache(std::shared_ptr<const ov::Model> graph, const EngineOptions& options,
             std::vector<DType> input_types, int threads);

  /// The graph for batches of `shapes`, an entry for each input; it may take fewer rows at a time
  /// (CompiledGraph::max_rows()). With constants, `weights` must outlive it. Fails as
  /// CompiledGraph::Compile() does.
  Result<std::shared_ptr<CompiledGraph>> For(const std::vector<Shape>& shapes, WeightMode mode,
                                             const Weights& weights);
  /// Forgets all graphs; whoever still runs one keeps it alive.
  void Clear() { graphs_.clear(); }
  /// What compiling has taken since the beginning, in seconds.
  [[nodiscard]] double seconds() const { return seconds_; }

 private:
  struct Entry {
    std::vector<Shape> shapes;
    std::shared_ptr<CompiledGraph> graph;
  };
  struct Rows {
    std::vector<Shape> shapes;
    std::int64_t rows;
  };

  [[nodiscard]] std::int64_t MostRows(std::int64_t batch) const;
  [[nodiscard]] std::int64_t RowsFor(const std::vector<Shape>& shapes);

  std::shared_ptr<const ov::Model> graph_;
  bool rows_independent_;
  std::optional<std::int64_t> rows_per_run_;
  std::optional<std::int64_t> batches_;
  const base::Clock* clock_;
  std::vector<DType> input_types_;
  int threads_;
  int streams_;
  std::vector<Entry> graphs_;
  std::vector<Rows> rows_;  // what was found out for shapes, which new weights do not change
  double seconds_ = 0;
};

}  // namespace sidecar::engine
