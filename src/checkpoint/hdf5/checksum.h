// The checksums of HDF5 files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sidecar::checkpoint::hdf5 {

/// Bob Jenkins's lookup3 hash ("hashlittle", initial value 0), which version 2 metadata ends with.
[[nodiscard]] std::uint32_t Lookup3(std::span<const std::byte> bytes);

/// The Fletcher32 filter's sum: 16-bit big-endian words, an odd last byte as a word's upper half.
[[nodiscard]] std::uint32_t Fletcher32(std::span<const std::byte> bytes);

}  // namespace sidecar::checkpoint::hdf5
