// The superblock: the start of every HDF5 file (specification, section II.A).
#pragma once

#include <cstdint>
#include <memory>

#include "base/file_system.h"
#include "sidecar/status.h"

namespace sidecar::checkpoint::hdf5 {

struct Superblock {
  std::uint64_t base = 0;          ///< where it was found; addresses count from there
  std::uint64_t end_of_file = 0;   ///< bytes the complete file has
  std::uint64_t root_address = 0;  ///< of the root group's object header
};

/// Finds the superblock at byte 0, or behind a user block at byte 512, 1024, 2048 and so on, and
/// reads versions 0, 2 and 3, in a file of `size` bytes. kUnavailable for a file that is not
/// complete: shorter than a superblock or than the superblock says, still zeros at its start, or
/// marked as open for writing (version 3); kDataLoss for another format or damage; kUnimplemented
/// for addresses and sizes not of 8 bytes and other versions.
Result<Superblock> ReadSuperblock(const base::ReadableFile& file, std::uint64_t size);

}  // namespace sidecar::checkpoint::hdf5
