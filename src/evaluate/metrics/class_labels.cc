#include "evaluate/metrics/class_labels.h"

#include "evaluate/losses/elementwise.h"
#include "evaluate/losses/softmax_rows.h"
#include "evaluate/metrics/accuracy.h"

namespace sidecar::evaluate {

Result<Shape> ClassNumberShape(const Shape& shape, const ClassSource& source) {
  if (source.sparse) return shape;
  return WithoutAxis(shape, source.axis);
}

void ReadClassNumbers(std::span<const float> values, const Shape& shape, const ClassSource& source,
                      KerasVersion version, std::vector<std::int64_t>& numbers) {
  if (source.sparse) {
    numbers.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const bool integer = values[i] > -0x1p31F && values[i] < 0x1p31F;
      numbers[i] = integer ? static_cast<std::int64_t>(values[i]) : -1;
    }
    return;
  }
  const AxisLayout layout = LayoutAround(shape, source.axis);
  std::vector<float> buffer;
  const std::span<const float> scores = ClassesLast(values, layout, buffer);
  numbers.resize(layout.outer * layout.inner);
  for (std::size_t row = 0; row < numbers.size(); ++row) {
    numbers[row] =
        static_cast<std::int64_t>(ArgMax(scores.subspan(row * layout.size, layout.size), version));
  }
}

}  // namespace sidecar::evaluate
