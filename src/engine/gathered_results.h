// The results of a batch that was computed in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/engine.h"
#include "sidecar/status.h"

namespace sidecar::engine {

/// Appends the pieces' rows to buffers that batch after batch uses again. Not thread-safe.
class GatheredResults {
 public:
  /// Begins a batch of `rows` rows; what Results() returned before is no longer valid.
  void Begin(std::int64_t rows);
  /// Appends a piece. A result of more or fewer rows than the piece, a flag for all of it for
  /// instance, is appended as well. kInternal where a result is of another type or shape than in
  /// the pieces before, or has no rows.
  Status Append(const OutputBatch& piece);
  /// What was appended, valid until the next Begin().
  [[nodiscard]] Result<OutputBatch> Results() const;

 private:
  struct Buffer {
    Tensor tensor;          // of the batch's rows or more
    std::int64_t rows = 0;  // filled so far
  };

  Status AppendTo(Buffer& buffer, const Tensor& part) const;

  std::int64_t batch_rows_ = 0;
  std::vector<Buffer> buffers_;  // by result
};

}  // namespace sidecar::engine
