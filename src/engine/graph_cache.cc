#include "engine/graph_cache.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "base/log.h"
#include "base/status_macros.h"
#include "engine/graph_preparation.h"
#include "engine/rows_per_run.h"

namespace sidecar::engine {
namespace {

// Data with ever new shapes must not fill the memory with compiled graphs: the oldest goes.
constexpr std::size_t kMaxShapes = 8;

template <class Entry>
void Keep(std::vector<Entry>& entries, Entry entry) {
  if (entries.size() >= kMaxShapes) entries.erase(entries.begin());
  entries.push_back(std::move(entry));
}

}  // namespace

GraphCache::GraphCache(std::shared_ptr<const ov::Model> graph, const EngineOptions& options,
                       std::vector<DType> input_types, int threads)
    : graph_(std::move(graph)),
      rows_independent_(options.rows_independent),
      rows_per_run_(options.rows_per_run),
      batches_(options.batches),
      clock_(options.clock),
      input_types_(std::move(input_types)),
      threads_(threads),
      streams_(options.states.empty() ? threads : 1) {}

// So that each thread has rows to compute.
std::int64_t GraphCache::MostRows(std::int64_t batch) const {
  if (!batches_ || *batches_ >= threads_) return batch;
  return (batch * *batches_ + threads_ - 1) / threads_;
}

std::int64_t GraphCache::RowsFor(const std::vector<Shape>& shapes) {
  const std::int64_t batch = shapes.empty() ? 0 : shapes.front()[0];
  if (!rows_independent_ || batch < 2) return batch;
  if (rows_per_run_) return std::min(*rows_per_run_, batch);
  for (const Rows& known : rows_) {
    if (known.shapes == shapes) return known.rows;
  }
  std::int64_t rows = batch;
  try {
    rows = RowsPerRun(*WithInputs(*graph_, input_types_, shapes), batch, MostRows(batch));
  } catch (const std::exception&) {  // compiling reports what is wrong with the graph
  }
  if (rows < batch) {
    base::Log(LogLevel::kDebug, "batches of {} samples are computed {} at a time", batch, rows);
  }
  Keep(rows_, {shapes, rows});
  return rows;
}

Result<std::shared_ptr<CompiledGraph>> GraphCache::For(const std::vector<Shape>& shapes,
                                                       WeightMode mode, const Weights& weights) {
  for (const Entry& known : graphs_) {
    if (known.shapes == shapes) return known.graph;
  }
  const base::Clock::TimePoint begin = clock_->Now();
  const std::int64_t rows = RowsFor(shapes);
  std::vector<Shape> compiled;
  compiled.reserve(shapes.size());
  for (const Shape& shape : shapes) compiled.push_back(shape.WithoutFirst().WithFirst(rows));
  SIDECAR_ASSIGN_OR_RETURN(
      std::shared_ptr<CompiledGraph> graph,
      CompiledGraph::Compile(*graph_, {input_types_, std::move(compiled), mode, threads_, streams_},
                             weights));
  seconds_ += std::chrono::duration<double>(clock_->Now() - begin).count();
  Keep(graphs_, {shapes, graph});
  return graph;
}

}  // namespace sidecar::engine
