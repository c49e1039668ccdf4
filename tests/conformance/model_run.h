// Reads what Keras computed, and compares with it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/zip_reader.h"
#include "sidecar/tensor.h"

namespace sidecar::conformance {

/// The array "<prefix>/<index>.npy" of a zip, if there is one.
std::optional<Tensor> ReadArray(base::ZipReader& archive, const std::string& prefix,
                                std::size_t index);

/// The arrays "<prefix>/0.npy", "<prefix>/1.npy", ... of a zip.
std::vector<Tensor> ReadArrays(base::ZipReader& archive, const std::string& prefix);

/// The largest difference in parts of the largest expected value; infinite for another shape.
double Difference(const Tensor& actual, const Tensor& expected);

}  // namespace sidecar::conformance
