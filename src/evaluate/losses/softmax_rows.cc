#include "evaluate/losses/softmax_rows.h"

#include "evaluate/losses/vector_math.h"

namespace sidecar::evaluate {
namespace {

// __restrict: rows are short, so a check for overlap would cost as much as the loop.
void Subtract(const float* __restrict x, float value, float* __restrict result, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) result[i] = x[i] - value;
}

}  // namespace

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
    const std::size_t begin = row * columns;
    greatest_[row] = Greatest(logits.subspan(begin, columns));
    Subtract(logits.data() + begin, greatest_[row], exponentials_.data() + begin, columns);
  }
  ExpNotPositive(exponentials_);
  for (std::size_t row = 0; row < rows; ++row) {
    log_sums_[row] = static_cast<float>(Sum({exponentials_.data() + row * columns, columns}));
  }
  // Each sum holds exp(0), so it is at least 1, or NaN.
  for (float& sum : log_sums_) sum = LogAtLeastOne(sum);
}

}  // namespace sidecar::evaluate
