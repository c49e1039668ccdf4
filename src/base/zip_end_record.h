// Where the central directory of a ZIP archive is: its end record (APPNOTE.TXT 6.3.10, 4.3.14 to
// 4.3.16).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "sidecar/status.h"

namespace sidecar::base {

/// A 32-bit size or offset that stands in a ZIP64 field instead.
inline constexpr std::uint32_t kInZip64 = 0xFFFFFFFF;

/// The end record, or the ZIP64 end record in front of it, as they are written: not yet checked
/// against anything but each other.
struct ZipEnd {
  std::uint64_t position = 0;  ///< of the record: the directory must end here
  std::uint64_t members = 0;
  std::uint64_t directory_size = 0;  ///< bytes
  std::uint64_t directory_offset = 0;
};

/// Finds the end record of the archive in a file of `file_size` bytes. kDataLoss where there is
/// none or ordinary and ZIP64 record disagree, kUnimplemented for archives of several disks.
Result<ZipEnd> FindZipEnd(const ReadableFile& file, std::uint64_t file_size);

/// kDataLoss: "<file>: not a sound ZIP archive: <problem>".
[[nodiscard]] Status ZipDamaged(const ReadableFile& file, std::string_view problem);

/// `size` bytes at `offset`; kDataLoss where they are not all in the file's first `file_size`
/// bytes.
Result<std::string> ReadZipBytes(const ReadableFile& file, std::uint64_t file_size,
                                 std::uint64_t offset, std::uint64_t size);

}  // namespace sidecar::base
