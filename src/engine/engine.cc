#include "engine/engine.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <exception>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "engine/batch_states.h"
#include "engine/compiled_graph.h"
#include "engine/gathered_results.h"
#include "engine/graph_cache.h"
#include "engine/graph_preparation.h"
#include "engine/kept_batch.h"
#include "engine/openvino_error.h"
#include "engine/weight_policy.h"
#include "tensor/convert.h"

namespace sidecar::engine {
namespace {

/// Adds the seconds from its making to its end to `total`.
class Stopwatch {
 public:
  Stopwatch(const base::Clock& clock, double& total)
      : clock_(clock), total_(total), begin_(clock.Now()) {}
  ~Stopwatch() { total_ += std::chrono::duration<double>(clock_.Now() - begin_).count(); }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  const base::Clock& clock_;
  double& total_;
  base::Clock::TimePoint begin_;
};

class OpenVinoEngine final : public Engine {
 public:
  OpenVinoEngine(std::shared_ptr<const ov::Model> graph, EngineOptions options)
      : graph_(std::move(graph)),
        options_(std::move(options)),
        policy_(options_.weight_mode),
        states_(options_.states) {
    threads_ = options_.threads > 0 ? options_.threads : UsableThreads();
  }

  Status Prepare();
  Status SetWeights(std::span<const Tensor> values) override;
  Status SetState(std::size_t index, const Tensor& value) override {
    return states_.Set(index, value);
  }
  Status Run(const Producer& next, const Consumer& consume) override;
  [[nodiscard]] std::string precision() const override { return precision_; }
  [[nodiscard]] int threads() const override { return threads_; }
  [[nodiscard]] WeightMode weight_mode() const override { return mode_; }

 private:
  // A batch of which some rows are still to be started.
  struct OpenBatch {
    InputBatch inputs;
    std::shared_ptr<CompiledGraph> graph;
    std::int64_t index = 0;
    std::int64_t rows = 0;
    std::int64_t started = 0;  // rows
  };
  // Rows of a batch on their way: where their results will be.
  struct Piece {
    std::shared_ptr<CompiledGraph> graph;
    std::size_t slot;
    std::int64_t index;  // of the batch
    std::int64_t batch_rows;
    bool first;  // of the batch's pieces
    bool last;
    InputBatch kept;  // the inputs, where they are wanted again
  };

  [[nodiscard]] Result<Weights> CastWeights(std::span<const Tensor> values);
  void ChangeToInputs(const Weights& known);
  Status Compare(const Weights& known);
  Status CompileAhead();
  Result<std::shared_ptr<CompiledGraph>> GraphFor(const std::vector<Shape>& shapes,
                                                  const Weights& weights);
  [[nodiscard]] Result<std::vector<Tensor>> ConvertInputs(InputBatch batch) const;
  [[nodiscard]] Result<std::vector<Shape>> CompiledShapes(const InputBatch& batch) const;
  Result<OpenBatch> Open(InputBatch batch, std::int64_t index, const Weights& weights);
  Result<Piece> StartPiece(OpenBatch& batch, const Weights& weights);
  Result<bool> StartNext(const Producer& next, std::deque<Piece>& flights);
  Status FinishFirst(const Consumer& consume, std::deque<Piece>& flights);
  Status RunAll(const Producer& next, const Consumer& consume, std::deque<Piece>& flights);
  Status Keep(Piece& piece, const OutputBatch& outputs);

  std::shared_ptr<const ov::Model> graph_;
  EngineOptions options_;
  int threads_ = 1;
  std::vector<DType> graph_input_types_;  // what the compiled graph takes
  WeightPolicy policy_;
  WeightMode mode_ = WeightMode::kConstants;  // of the compiled graphs
  Weights weights_;                           // constants of all compiled graphs refer to these
  bool has_weights_ = false;
  std::optional<GraphCache> graphs_;
  OpenBatch open_;            // the batch fetched last
  std::int64_t fetched_ = 0;  // batches of this run
  GatheredResults gathered_;
  BatchStates states_;
  std::optional<KeptBatch> kept_;  // of the last weights, while the mode may change
  double seconds_ = 0;             // that the current weights have taken
  double compiled_before_ = 0;     // seconds of all compiling before them
  bool cost_known_ = false;        // the policy has heard of them
  std::string precision_;
};

Status OpenVinoEngine::Prepare() {
  for (const GraphState& state : options_.states) {
    if (options_.rows_independent || state.shape[0] != options_.batch_size) {
      return {StatusCode::kInternal,
              "rows of a batch with states cannot be independent, nor other "
              "than theirs"};
    }
    options_.input_dtypes.push_back(DType::kFloat32);
    options_.input_shapes.push_back(state.shape.WithoutFirst());
  }
  const std::size_t count = graph_->get_parameters().size();
  if (options_.input_dtypes.size() != count || options_.input_shapes.size() != count) {
    return {StatusCode::kInternal, "the graph has " + std::to_string(count) +
                                       " inputs, described are " +
                                       std::to_string(options_.input_dtypes.size())};
  }
  if (options_.batch_size < 1)
    return {StatusCode::kInvalidArgument, "the batch size must be at least 1"};
  for (std::size_t i = 0; i < count; ++i) {
    const DType given = options_.input_dtypes[i];
    const DType wanted = FromElementType(graph_->get_parameters()[i]->get_element_type());
    graph_input_types_.push_back(IsGraphInputType(given) ? given : wanted);
  }
  graphs_.emplace(graph_, options_, graph_input_types_, threads_);
  return {};
}

Result<Weights> OpenVinoEngine::CastWeights(std::span<const Tensor> values) {
  Weights weights;
  weights.number = weights_.number + 1;
  const std::vector<DType> types = PlaceholderTypes(*graph_, values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    Tensor value;  // stays empty where the graph does not read the variable
    if (types[i] != DType::kInvalid) {
      SIDECAR_ASSIGN_OR_RETURN(value, tensor::Cast(values[i], types[i]));
    }
    weights.values.push_back(std::move(value));
  }
  return weights;
}

Status OpenVinoEngine::SetWeights(std::span<const Tensor> values) {
  seconds_ = 0;
  compiled_before_ = graphs_->seconds();
  cost_known_ = false;
  has_weights_ = false;
  const Stopwatch watch(*options_.clock, seconds_);
  if (policy_.mode() == WeightMode::kInputs && mode_ == WeightMode::kConstants) {
    ChangeToInputs(weights_);
  }
  if (policy_.mode() == WeightMode::kConstants) {
    // The old graphs go first: at no time are there two sets of weights in memory.
    graphs_->Clear();
    kept_.reset();
    mode_ = WeightMode::kConstants;
    weights_.values.clear();
  }
  SIDECAR_ASSIGN_OR_RETURN(weights_, CastWeights(values));
  SIDECAR_RETURN_IF_ERROR(CompileAhead());
  has_weights_ = true;
  return {};
}

// Where the data's shapes are known, an error comes before the first batch.
Status OpenVinoEngine::CompileAhead() {
  std::vector<Shape> shapes;
  for (const Shape& shape : options_.input_shapes) {
    if (!shape.is_static()) return {};
    shapes.push_back(shape.WithFirst(options_.batch_size));
  }
  return GraphFor(shapes, weights_).status();
}

Result<std::shared_ptr<CompiledGraph>> OpenVinoEngine::GraphFor(const std::vector<Shape>& shapes,
                                                                const Weights& weights) {
  SIDECAR_ASSIGN_OR_RETURN(std::shared_ptr<CompiledGraph> graph,
                           graphs_->For(shapes, mode_, weights));
  precision_ = graph->precision();
  return graph;
}

// Computes a batch of the last checkpoint once more, by a graph whose inputs the weights are: only
// where it gives the same, checkpoints are evaluated so. A compiler that fails, or computes
// something else, costs time and no result.
void OpenVinoEngine::ChangeToInputs(const Weights& known) {
  graphs_->Clear();
  mode_ = WeightMode::kInputs;
  const Status status = options_.weight_mode ? Status() : Compare(known);
  kept_.reset();
  if (status.ok()) return;
  base::Log(LogLevel::kDebug, "weights stay constants of the graph: {}", status.message());
  policy_.RefuseInputs();
}

Status OpenVinoEngine::Compare(const Weights& known) {
  if (!kept_) return {StatusCode::kFailedPrecondition, "no results to compare with"};
  try {
    SIDECAR_ASSIGN_OR_RETURN(OpenBatch batch, Open(kept_->inputs(), 0, known));
    SIDECAR_ASSIGN_OR_RETURN(const Piece piece, StartPiece(batch, known));
    SIDECAR_ASSIGN_OR_RETURN(const OutputBatch outputs, piece.graph->Finish(piece.slot));
    if (kept_->Agrees(outputs)) return {};
    return {StatusCode::kInternal, "as inputs they give other results"};
  } catch (const std::exception& error) {
    return FromException(error, StatusCode::kInternal, "running the model failed");
  }
}

Result<std::vector<Tensor>> OpenVinoEngine::ConvertInputs(InputBatch batch) const {
  if (batch.size() != graph_input_types_.size()) {
    return Status(StatusCode::kInternal, "a batch has " + std::to_string(batch.size()) +
                                             " inputs, the graph " +
                                             std::to_string(graph_input_types_.size()));
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    SIDECAR_ASSIGN_OR_RETURN(batch[i], tensor::Cast(batch[i], graph_input_types_[i]));
  }
  return batch;
}

// The shapes a batch is computed with: its own, or with the rows of a full batch where it may be
// padded.
Result<std::vector<Shape>> OpenVinoEngine::CompiledShapes(const InputBatch& batch) const {
  std::vector<Shape> shapes;
  for (const Tensor& input : batch) {
    if (input.shape().rank() == 0 || input.shape()[0] != batch.front().shape()[0]) {
      return Status(StatusCode::kInternal, "the inputs of a batch differ in their number of rows");
    }
    if (input.shape()[0] > options_.batch_size) {
      return Status(StatusCode::kFailedPrecondition,
                    "a batch has " + std::to_string(input.shape()[0]) + " samples, at most " +
                        std::to_string(options_.batch_size) + " were announced");
    }
    const bool pad = options_.rows_independent;
    shapes.push_back(pad ? input.shape().WithoutFirst().WithFirst(options_.batch_size)
                         : input.shape());
  }
  return shapes;
}

Result<OpenVinoEngine::OpenBatch> OpenVinoEngine::Open(InputBatch batch, std::int64_t index,
                                                       const Weights& weights) {
  OpenBatch open;
  SIDECAR_ASSIGN_OR_RETURN(open.inputs, ConvertInputs(std::move(batch)));
  SIDECAR_ASSIGN_OR_RETURN(const std::vector<Shape> shapes, CompiledShapes(open.inputs));
  SIDECAR_ASSIGN_OR_RETURN(open.graph, GraphFor(shapes, weights));
  open.index = index;
  open.rows = open.inputs.empty() ? 0 : open.inputs.front().shape()[0];
  return open;
}

// Starts as many of the batch's rows as the graph takes.
Result<OpenVinoEngine::Piece> OpenVinoEngine::StartPiece(OpenBatch& batch, const Weights& weights) {
  const std::int64_t begin = batch.started;
  const std::int64_t end = std::min(begin + batch.graph->max_rows(), batch.rows);
  InputBatch inputs = batch.inputs;
  for (Tensor& input : inputs) {
    SIDECAR_ASSIGN_OR_RETURN(input, input.Slice(begin, end));
  }
  batch.started = end;
  Piece piece{batch.graph, batch.graph->NextSlot(), batch.index, batch.rows,
              begin == 0,  end == batch.rows,       {}};
  const bool keep = batch.index == 0 && piece.first && policy_.may_change();
  if (keep && mode_ == WeightMode::kConstants) piece.kept = inputs;
  SIDECAR_RETURN_IF_ERROR(batch.graph->Start(piece.slot, std::move(inputs), weights));
  return piece;
}

Status OpenVinoEngine::Keep(Piece& piece, const OutputBatch& outputs) {
  if (piece.kept.empty()) return {};
  SIDECAR_ASSIGN_OR_RETURN(kept_, KeptBatch::Keep(std::move(piece.kept), outputs));
  return {};
}

// Whether there was anything left to start.
Result<bool> OpenVinoEngine::StartNext(const Producer& next, std::deque<Piece>& flights) {
  if (open_.started == open_.rows) {
    SIDECAR_ASSIGN_OR_RETURN(std::optional<InputBatch> batch, next());
    if (!batch) return false;
    SIDECAR_RETURN_IF_ERROR(states_.AppendTo(*batch));
    SIDECAR_ASSIGN_OR_RETURN(open_, Open(std::move(*batch), fetched_++, weights_));
  }
  SIDECAR_ASSIGN_OR_RETURN(Piece piece, StartPiece(open_, weights_));
  flights.push_back(std::move(piece));
  return true;
}

Status OpenVinoEngine::FinishFirst(const Consumer& consume, std::deque<Piece>& flights) {
  Piece& piece = flights.front();
  SIDECAR_ASSIGN_OR_RETURN(OutputBatch outputs, piece.graph->Finish(piece.slot));
  SIDECAR_RETURN_IF_ERROR(Keep(piece, outputs));
  if (!piece.first || !piece.last) {
    if (piece.first) gathered_.Begin(piece.batch_rows);
    SIDECAR_RETURN_IF_ERROR(gathered_.Append(outputs));
    if (piece.last) {
      SIDECAR_ASSIGN_OR_RETURN(outputs, gathered_.Results());
    }
  }
  if (piece.last) {
    SIDECAR_RETURN_IF_ERROR(consume(piece.index, piece.batch_rows, outputs));
    SIDECAR_RETURN_IF_ERROR(states_.Keep(outputs));
  }
  flights.pop_front();  // only now may the slot be used again
  return {};
}

Status OpenVinoEngine::RunAll(const Producer& next, const Consumer& consume,
                              std::deque<Piece>& flights) {
  const std::size_t max_in_flight = states_.empty() ? static_cast<std::size_t>(threads_) + 1 : 1;
  for (bool more = true; more || !flights.empty();) {
    if (more && flights.size() < max_in_flight) {
      SIDECAR_ASSIGN_OR_RETURN(more, StartNext(next, flights));
    } else {
      SIDECAR_RETURN_IF_ERROR(FinishFirst(consume, flights));
    }
  }
  return {};
}

Status OpenVinoEngine::Run(const Producer& next, const Consumer& consume) {
  if (!has_weights_) return {StatusCode::kInternal, "the engine has no weights"};
  open_ = {};
  fetched_ = 0;
  std::deque<Piece> flights;
  Status status;
  try {
    const Stopwatch watch(*options_.clock, seconds_);
    status = RunAll(next, consume, flights);
  } catch (const std::exception& error) {
    status = FromException(error, StatusCode::kInternal, "running the model failed");
  }
  for (const Piece& piece : flights) piece.graph->Abandon(piece.slot);
  open_ = {};
  const double compiling = graphs_->seconds() - compiled_before_;
  if (status.ok() && !cost_known_) policy_.Evaluated({compiling, seconds_ - compiling});
  cost_known_ = cost_known_ || status.ok();
  return status;
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::Create(std::shared_ptr<const ov::Model> graph,
                                               EngineOptions options) {
  try {
    auto engine = std::make_unique<OpenVinoEngine>(std::move(graph), std::move(options));
    SIDECAR_RETURN_IF_ERROR(engine->Prepare());
    return std::unique_ptr<Engine>(std::move(engine));
  } catch (const std::exception& error) {
    return FromException(error, StatusCode::kInternal, "preparing the model failed");
  }
}

}  // namespace sidecar::engine
