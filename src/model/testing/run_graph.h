// Runs a model's graph, for tests.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/engine.h"
#include "model/loaded_model.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::model::testing {

/// Rows `begin` and on of each tensor, `count` of them.
inline std::vector<Tensor> RowsOf(const std::vector<Tensor>& tensors, std::int64_t begin,
                                  std::int64_t count) {
  std::vector<Tensor> rows;
  for (const Tensor& tensor : tensors) rows.push_back(tensor.Slice(begin, begin + count).value());
  return rows;
}

/// `b` below `a`.
inline Tensor Below(const Tensor& a, const Tensor& b) {
  std::vector<std::byte> bytes(a.bytes().begin(), a.bytes().end());
  bytes.insert(bytes.end(), b.bytes().begin(), b.bytes().end());
  const Shape shape = a.shape().WithoutFirst().WithFirst(a.shape()[0] + b.shape()[0]);
  return Tensor::FromBytes(a.dtype(), shape, bytes).value();
}

/// All results of the graph, in its order, for one batch or, where the model has states, for as
/// many as the rows make, put together. `weights`: a value for each variable, which enter the
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
  const std::int64_t rows = inputs.front().shape()[0];
  options.batch_size = model.states.empty() ? rows : model.states.front().shape[0];
  for (const ModelState& state : model.states) {
    options.states.push_back({state.shape, state.result});
  }
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
  std::int64_t begin = 0;
  std::vector<Tensor> outputs;
  const Status status = (*engine)->Run(
      [&]() -> Result<std::optional<engine::InputBatch>> {
        if (begin == rows) return std::optional<engine::InputBatch>();
        const std::int64_t count = std::min(options.batch_size, rows - begin);
        begin += count;
        return std::optional(RowsOf(inputs, begin - count, count));
      },
      [&](std::int64_t index, std::int64_t, const engine::OutputBatch& batch) {
        for (std::size_t i = 0; i < batch.size(); ++i) {
          const Tensor& output = batch[i];
          if (index == 0) {
            outputs.push_back(
                Tensor::FromBytes(output.dtype(), output.shape(), output.bytes()).value());
          } else {
            outputs[i] = Below(outputs[i], output);
          }
        }
        return Status();
      });
  if (!status.ok()) return status;
  return outputs;
}

}  // namespace sidecar::model::testing
