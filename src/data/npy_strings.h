// Arrays of strings in .npy files: fixed sizes, filled up with zeros.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "data/npy.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::data {

/// The strings of an array whose bytes are as many as the header says: UTF-8 of NumPy's U, the
/// bytes of its S. Fails with kDataLoss naming the element where a character is none of Unicode's
/// (above U+10FFFF, or half of a surrogate pair).
Result<Tensor> ReadStrings(const NpyHeader& header, std::span<const std::byte> elements,
                           std::string_view where);

}  // namespace sidecar::data
