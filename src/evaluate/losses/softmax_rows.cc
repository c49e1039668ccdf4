#include "evaluate/losses/softmax_rows.h"

#include <cmath>
#include <limits>

#include "evaluate/losses/vector_math.h"

namespace sidecar::evaluate {

std::span<const float> ClassesLast(std::span<const float> values, const AxisLayout& layout,
                                   std::vector<float>& buffer) {
  if (layout.inner == 1) return values;
  buffer.resize(values.size());
  std::size_t target = 0;
  for (std::size_t outer = 0; outer < layout.outer; ++outer) {
    for (std::size_t inner = 0; inner < layout.inner; ++inner) {
      for (std::size_t i = 0; i < layout.size; ++i) {
        buffer[target++] = values[(outer * layout.size + i) * layout.inner + inner];
      }
    }
  }
  return buffer;
}

void SoftmaxRows::Compute(std::span<const float> logits, std::size_t columns) {
  const std::size_t rows = columns == 0 ? 0 : logits.size() / columns;
  greatest_.resize(rows);
  log_sums_.resize(rows);
  exponentials_.resize(logits.size());
  for (std::size_t row = 0; row < rows; ++row) {
    const std::span<const float> x = logits.subspan(row * columns, columns);
    float greatest = -std::numeric_limits<float>::infinity();
    for (const float value : x) greatest = value > greatest ? value : greatest;
    greatest_[row] = greatest;
    const std::span<float> out(exponentials_.data() + row * columns, columns);
    for (std::size_t i = 0; i < columns; ++i) out[i] = x[i] - greatest;
  }
  ExpNotPositive(exponentials_);
  for (std::size_t row = 0; row < rows; ++row) {
    log_sums_[row] =
        std::log(static_cast<float>(Sum({exponentials_.data() + row * columns, columns})));
  }
}

}  // namespace sidecar::evaluate
