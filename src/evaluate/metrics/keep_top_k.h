// The greatest predictions of each row.
#pragma once

#include <cstddef>
#include <span>

namespace sidecar::evaluate {

/// Sets all but the `k` greatest values of each row to -1e10; of equal ones the first are kept,
/// NaN is not. `values` are rows of `row_size`, which is more than `k`.
void KeepTopK(std::span<float> values, std::size_t row_size, std::size_t k);

}  // namespace sidecar::evaluate
