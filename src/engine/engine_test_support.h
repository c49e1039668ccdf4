// Running an engine on given batches, for tests.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/engine.h"

namespace sidecar::engine {

/// Feeds `batches` and returns the first result's values, batch after batch.
inline Result<std::vector<float>> RunBatches(Engine& engine, const std::vector<Tensor>& batches,
                                             std::vector<std::int64_t>* rows_seen = nullptr) {
  std::vector<float> values;
  std::size_t next = 0;
  std::int64_t expected_index = 0;
  const Status status = engine.Run(
      [&]() -> Result<std::optional<InputBatch>> {
        if (next == batches.size()) return std::optional<InputBatch>();
        return std::optional<InputBatch>({batches[next++]});
      },
      [&](std::int64_t index, std::int64_t rows, const OutputBatch& outputs) {
        EXPECT_EQ(index, expected_index++);
        EXPECT_EQ(outputs[0].shape()[0], rows);
        if (rows_seen != nullptr) rows_seen->push_back(rows);
        const auto row_values = outputs[0].values<float>();
        values.insert(values.end(), row_values.begin(), row_values.end());
        return Status();
      });
  if (!status.ok()) return status;
  return values;
}

}  // namespace sidecar::engine
