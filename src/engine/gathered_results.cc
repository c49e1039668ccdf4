#include "engine/gathered_results.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/status_macros.h"

namespace sidecar::engine {

void GatheredResults::Begin(std::int64_t rows) {
  batch_rows_ = rows;
  for (Buffer& buffer : buffers_) buffer.rows = 0;
}

Status GatheredResults::AppendTo(Buffer& buffer, const Tensor& part) const {
  if (part.shape().rank() == 0) {
    return {StatusCode::kInternal, "a result of a batch in pieces has no rows"};
  }
  const Shape sample = part.shape().WithoutFirst();
  const std::int64_t needed =
      buffer.rows == 0 ? std::max(batch_rows_, part.shape()[0]) : buffer.rows + part.shape()[0];
  const bool fits = buffer.tensor.dtype() == part.dtype() &&
                    buffer.tensor.shape().WithoutFirst() == sample &&
                    needed <= buffer.tensor.shape()[0];
  if (!fits) {
    if (buffer.rows > 0) {
      return {StatusCode::kInternal, "a result has the shape " + part.shape().ToString() +
                                         " in one piece of a batch, which does not fit the others"};
    }
    SIDECAR_ASSIGN_OR_RETURN(buffer.tensor,
                             Tensor::Uninitialized(part.dtype(), sample.WithFirst(needed)));
  }
  if (part.size_bytes() > 0) {
    const std::size_t row_bytes = part.size_bytes() / static_cast<std::size_t>(part.shape()[0]);
    std::memcpy(
        buffer.tensor.mutable_bytes().data() + row_bytes * static_cast<std::size_t>(buffer.rows),
        part.bytes().data(), part.size_bytes());
  }
  buffer.rows += part.shape()[0];
  return {};
}

Status GatheredResults::Append(const OutputBatch& piece) {
  buffers_.resize(piece.size());
  for (std::size_t i = 0; i < piece.size(); ++i) {
    SIDECAR_RETURN_IF_ERROR(AppendTo(buffers_[i], piece[i]));
  }
  return {};
}

Result<OutputBatch> GatheredResults::Results() const {
  OutputBatch results;
  for (const Buffer& buffer : buffers_) {
    SIDECAR_ASSIGN_OR_RETURN(Tensor filled, buffer.tensor.Slice(0, buffer.rows));
    results.push_back(std::move(filled));
  }
  return results;
}

}  // namespace sidecar::engine
