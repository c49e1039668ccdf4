// Class numbers out of labels and predictions that are numbers or scores of classes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sidecar/model.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::evaluate {

/// How an array gives class numbers.
struct ClassSource {
  bool sparse = true;      ///< numbers themselves; else the position of the greatest along `axis`
  std::int64_t axis = -1;  ///< of the scores
};

/// The shape of the class numbers of an array of this shape.
Result<Shape> ClassNumberShape(const Shape& shape, const ClassSource& source);

/// The class numbers, truncated towards zero; -1 for what is no integer.
void ReadClassNumbers(std::span<const float> values, const Shape& shape, const ClassSource& source,
                      KerasVersion version, std::vector<std::int64_t>& numbers);

}  // namespace sidecar::evaluate
