// The filters that chunks went through when they were written, undone.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "checkpoint/hdf5/file_view.h"
#include "checkpoint/hdf5/messages.h"
#include "sidecar/status.h"

namespace sidecar::checkpoint::hdf5 {

/// Deflate cannot expand more than this (a match of 258 bytes takes two bits), so what declares
/// more lies.
inline constexpr std::uint64_t kMaxExpansion = 1032;

/// Undoes `filters`, but for those whose bit in `mask` is set, in the reverse order. `size` is what
/// must come out; `element_size` what shuffle took apart. kDataLoss where another size comes out, a
/// Fletcher32 sum is wrong or gzip data are damaged; kUnimplemented for gzip applied twice. No
/// memory is taken that the stored bytes cannot justify.
Result<std::vector<std::byte>> UndoFilters(std::vector<std::byte> stored,
                                           const std::vector<FilterId>& filters, std::uint32_t mask,
                                           std::uint64_t size, std::uint64_t element_size,
                                           const Where& where);

}  // namespace sidecar::checkpoint::hdf5
