// The structure of a ZIP archive: its central directory and local headers, checked against each
// other (PKWARE APPNOTE.TXT 6.3.10, sections 4.3 to 4.5). Contents are zip_reader.h's part.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "sidecar/status.h"

namespace sidecar::base {

enum class ZipMethod : std::uint16_t { kStored = 0, kDeflated = 8 };

/// One member of an archive, as its central directory and its local header both describe it.
struct ZipMember {
  std::string name;        ///< bytes as stored: relative, with '/', without "." and ".." components
  std::uint64_t size = 0;  ///< bytes once read
  std::uint64_t compressed_size = 0;  ///< bytes in the archive
  ZipMethod method = ZipMethod::kStored;
  std::uint32_t crc32 = 0;
  std::uint64_t data_offset = 0;  ///< where the member's bytes begin in the archive
  std::uint64_t index = 0;        ///< position in the central directory
};

/// What an archive may hold.
struct ZipLimits {
  std::uint64_t max_members = 100'000;
  /// Members above `ratio_floor_bytes` may not declare more than this many times their stored
  /// bytes. (Deflate itself reaches 1032; small arrays of zeros do so in honest files.)
  std::uint64_t max_ratio = 1000;
  std::uint64_t ratio_floor_bytes = std::uint64_t{64} << 20U;
};

/// Reads and checks the directory of the archive in `file`, in the order of the central directory.
/// Fails with kDataLoss naming file and member for anything malformed: no end record, sizes or
/// offsets outside the file, a local header that disagrees with the directory, members that
/// overlap, duplicate names, names that are absolute, hold a backslash, NUL or "..", symbolic
/// links, and declared sizes beyond the limits; with kUnimplemented for encryption, several disks
/// and compression methods other than stored and deflate; with the file's own error where it cannot
/// be read.
Result<std::vector<ZipMember>> ReadZipDirectory(const ReadableFile& file, const ZipLimits& limits);

}  // namespace sidecar::base
