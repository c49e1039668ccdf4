// Cells that are made of others: StackedRNNCells and Keras 2's cell wrappers;
// tf_keras/src/layers/rnn/{stacked_rnn_cells,cell_wrappers}.py,
// keras/src/layers/rnn/stacked_rnn_cells.py.
#include <fmt/format.h>

#include <map>
#include <numeric>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "model/keras/class_names.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/recurrent_cell.h"

namespace sidecar::model::keras {
namespace {

using CellPointer = std::unique_ptr<RecurrentCell>;

// Each cell's output is the next one's input.
class StackedCells final : public RecurrentCell {
 public:
  explicit StackedCells(std::vector<CellPointer> cells) : cells_(std::move(cells)) {}

  Result<GraphOutputs> Project(const GraphOutput& x) override { return cells_.front()->Project(x); }

  Result<CellStep> Step(const GraphOutputs& projected, const GraphOutputs& states) override {
    CellStep result;
    GraphOutputs input = projected;
    auto begin = states.begin();
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      const auto end = begin + static_cast<std::ptrdiff_t>(cells_[i]->state_sizes().size());
      if (i > 0) {
        SIDECAR_ASSIGN_OR_RETURN(input, cells_[i]->Project(result.output));
      }
      SIDECAR_ASSIGN_OR_RETURN(CellStep step, cells_[i]->Step(input, GraphOutputs(begin, end)));
      result.output = step.output;
      result.states.insert(result.states.end(), step.states.begin(), step.states.end());
      begin = end;
    }
    return result;
  }

  [[nodiscard]] std::vector<std::int64_t> state_sizes() const override {
    std::vector<std::int64_t> sizes;
    for (const CellPointer& cell : cells_) {
      for (const std::int64_t size : cell->state_sizes()) sizes.push_back(size);
    }
    return sizes;
  }

  [[nodiscard]] std::vector<std::string> state_places() const override {
    std::vector<std::string> places;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      for (const std::string& place : cells_[i]->state_places()) {
        places.push_back(fmt::format("{}/{}", i, place));
      }
    }
    return places;
  }

  [[nodiscard]] std::int64_t output_size() const override { return cells_.back()->output_size(); }

 private:
  std::vector<CellPointer> cells_;
};

// Adds the input to the output.
class ResidualCell final : public RecurrentCell {
 public:
  explicit ResidualCell(CellPointer cell) : cell_(std::move(cell)) {}

  Result<GraphOutputs> Project(const GraphOutput& x) override {
    SIDECAR_ASSIGN_OR_RETURN(GraphOutputs projected, cell_->Project(x));
    projected.push_back(x);
    return projected;
  }

  Result<CellStep> Step(const GraphOutputs& projected, const GraphOutputs& states) override {
    SIDECAR_ASSIGN_OR_RETURN(
        CellStep step, cell_->Step(GraphOutputs(projected.begin(), projected.end() - 1), states));
    step.output = Plus(projected.back(), step.output);
    return step;
  }

  [[nodiscard]] std::vector<std::int64_t> state_sizes() const override {
    return cell_->state_sizes();
  }
  [[nodiscard]] std::vector<std::string> state_places() const override {
    return cell_->state_places();
  }
  [[nodiscard]] std::int64_t output_size() const override { return cell_->output_size(); }

 private:
  CellPointer cell_;
};

Result<CellPointer> MakeStackedCells(LayerContext& context, std::int64_t input_size) {
  std::vector<CellPointer> cells;
  NameCounter names;
  for (const LayerPart& part : context.layer().parts) {
    if (part.key != "cells") continue;
    LayerContext& inner =
        context.Part({.name = "cells/" + names.Next(ArchiveName(part.layer->class_name)),
                      .edges = {fmt::format("cells/{}", cells.size())},
                      .layer = part.layer.get()});
    SIDECAR_ASSIGN_OR_RETURN(CellPointer cell, MakeCell(inner, input_size));
    input_size = cell->output_size();
    cells.push_back(std::move(cell));
  }
  if (cells.empty()) return context.config().Wrong("cells", "a list of at least one cell");
  return CellPointer(std::make_unique<StackedCells>(std::move(cells)));
}

Result<CellPointer> MakeWrappedCell(LayerContext& context, std::int64_t input_size) {
  const ConfigReader& config = context.config();
  for (const char* key : {"input_keep_prob", "output_keep_prob", "state_keep_prob"}) {
    SIDECAR_ASSIGN_OR_RETURN(const double probability, config.Number(key, 1));
    if (probability != 1) {
      return context.Fail(StatusCode::kUnimplemented,
                          fmt::format("config.{} is {}: it drops at random in an evaluation too",
                                      key, probability));
    }
  }
  if (config.Has("residual_fn")) {
    return context.Fail(StatusCode::kUnimplemented, "config.residual_fn is a function");
  }
  SIDECAR_ASSIGN_OR_RETURN(const PartSpec spec, FindCell(context));
  SIDECAR_ASSIGN_OR_RETURN(CellPointer cell, MakeCell(context.Part(spec), input_size));
  if (context.layer().class_name != "ResidualWrapper") return cell;
  if (cell->output_size() != input_size) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        fmt::format("cannot add its input of {} features to its output of {}",
                                    input_size, cell->output_size()));
  }
  return CellPointer(std::make_unique<ResidualCell>(std::move(cell)));
}

using Maker = Result<CellPointer> (*)(LayerContext&, std::int64_t);

}  // namespace

Result<PartSpec> FindCell(const LayerContext& context) {
  for (const LayerPart& part : context.layer().parts) {
    if (part.key == "cell" && part.layer->model == nullptr) {
      return PartSpec{.name = "cell", .layer = part.layer.get()};
    }
  }
  return context.config().Wrong("cell", "a cell");
}

Result<CellPointer> MakeCell(LayerContext& context, std::int64_t input_size) {
  static const std::map<std::string, Maker, std::less<>> kMakers = {
      {"CuDNNGRU", MakeGruCell},
      {"CuDNNLSTM", MakeLstmCell},
      {"DeviceWrapper", MakeWrappedCell},
      {"DropoutWrapper", MakeWrappedCell},
      {"GRU", MakeGruCell},
      {"GRUCell", MakeGruCell},
      {"LSTM", MakeLstmCell},
      {"LSTMCell", MakeLstmCell},
      {"ResidualWrapper", MakeWrappedCell},
      {"SimpleRNN", MakeSimpleCell},
      {"SimpleRNNCell", MakeSimpleCell},
      {"StackedRNNCells", MakeStackedCells},
  };
  const auto maker = kMakers.find(context.layer().class_name);
  if (maker != kMakers.end()) return maker->second(context, input_size);
  return context.Fail(StatusCode::kUnimplemented, "is not supported as a recurrent cell");
}

}  // namespace sidecar::model::keras
