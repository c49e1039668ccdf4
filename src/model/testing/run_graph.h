// Runs a model's graph on one batch, for tests.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "model/loaded_model.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::model::testing {

/// All results of the graph, in its order. `weights`: a value for each variable, which enter the
/// graph as `mode` says; `rows_per_run` of the batch are computed at a time.
inline Result<std::vector<Tensor>> RunGraph(
    const LoadedModel& model, const std::vector<Tensor>& weights, const std::vector<Tensor>& data,
    engine::WeightMode mode = engine::WeightMode::kConstants,
    std::optional<std::int64_t> rows_per_run = std::nullopt) {
  const auto transformed = model.host.Run(data);
  if (!transformed.ok()) return transformed.status();
  const std::vector<Tensor>& inputs = *transformed;
  engine::EngineOptions options;
  options.threads = 1;
  options.batch_size = data.front().shape()[0];
  options.rows_independent = model.rows_independent;
  options.weight_mode = mode;
  options.rows_per_run = rows_per_run;
  for (const Tensor& input : inputs) {
    options.input_dtypes.push_back(input.dtype());
    options.input_shapes.push_back(input.shape().WithoutFirst());
  }
  auto engine = engine::Engine::Create(model.graph, options);
  if (!engine.ok()) return engine.status();
  if (Status status = (*engine)->SetWeights(weights); !status.ok()) return status;
  std::optional<engine::InputBatch> next = inputs;
  std::vector<Tensor> outputs;
  const Status status = (*engine)->Run(
      [&]() -> Result<std::optional<engine::InputBatch>> {
        return std::exchange(next, std::nullopt);
      },
      [&](std::int64_t, std::int64_t, const engine::OutputBatch& batch) {
        for (const Tensor& output : batch) {
          outputs.push_back(
              Tensor::FromBytes(output.dtype(), output.shape(), output.bytes()).value());
        }
        return Status();
      });
  if (!status.ok()) return status;
  return outputs;
}

}  // namespace sidecar::model::testing
