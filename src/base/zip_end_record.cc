#include "base/zip_end_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/byte_reader.h"
#include "base/status_macros.h"

namespace sidecar::base {
namespace {

constexpr std::uint32_t kEndSignature = 0x06054B50;
constexpr std::uint32_t kZip64EndSignature = 0x06064B50;
constexpr std::uint32_t kZip64LocatorSignature = 0x07064B50;
constexpr std::uint64_t kEndSize = 22;
constexpr std::uint64_t kZip64EndSize = 56;
constexpr std::uint64_t kZip64LocatorSize = 20;

// Archives of several disks are not read.
Status SeveralDisks(const ReadableFile& file) {
  return {StatusCode::kUnimplemented,
          file.path() + ": ZIP archives of several disks are not supported"};
}

// The ZIP64 end record, where a locator for one stands before `end`; else `end` itself.
Result<ZipEnd> ReadZip64End(const ReadableFile& file, std::uint64_t file_size, const ZipEnd& end) {
  const std::uint64_t end_offset = end.position;
  if (end_offset < kZip64LocatorSize) return end;
  SIDECAR_ASSIGN_OR_RETURN(
      std::string locator,
      ReadZipBytes(file, file_size, end_offset - kZip64LocatorSize, kZip64LocatorSize));
  ByteReader reader(AsBytes(locator));
  if (reader.ReadFixed<std::uint32_t>() != kZip64LocatorSignature) return end;
  const std::uint32_t disk = reader.ReadFixed<std::uint32_t>().value_or(0);
  const std::uint64_t position = reader.ReadFixed<std::uint64_t>().value_or(0);
  SIDECAR_ASSIGN_OR_RETURN(std::string record,
                           ReadZipBytes(file, file_size, position, kZip64EndSize));
  ByteReader fields(AsBytes(record));
  const std::uint32_t signature = fields.ReadFixed<std::uint32_t>().value_or(0);
  const std::uint64_t size = fields.ReadFixed<std::uint64_t>().value_or(0);
  // The record, its own size field counted from behind that field, ends where the locator begins.
  const std::uint64_t locator_offset = end_offset - kZip64LocatorSize;
  if (signature != kZip64EndSignature || position > locator_offset ||
      size != locator_offset - position - 12) {
    return ZipDamaged(file, fmt::format("bad ZIP64 end record at byte {}", position));
  }
  fields.Skip(4);  // versions
  const std::uint32_t this_disk = fields.ReadFixed<std::uint32_t>().value_or(0);
  const std::uint32_t directory_disk = fields.ReadFixed<std::uint32_t>().value_or(0);
  const std::uint64_t members_here = fields.ReadFixed<std::uint64_t>().value_or(0);
  ZipEnd zip64;
  zip64.members = fields.ReadFixed<std::uint64_t>().value_or(0);
  zip64.directory_size = fields.ReadFixed<std::uint64_t>().value_or(0);
  zip64.directory_offset = fields.ReadFixed<std::uint64_t>().value_or(0);
  zip64.position = position;
  const auto agrees = [](std::uint64_t small, std::uint64_t marker, std::uint64_t large) {
    return small == marker || small == large;
  };
  if (!agrees(end.members, 0xFFFF, zip64.members) ||
      !agrees(end.directory_size, kInZip64, zip64.directory_size) ||
      !agrees(end.directory_offset, kInZip64, zip64.directory_offset)) {
    return ZipDamaged(
        file, fmt::format("its end records at bytes {} and {} disagree", position, end_offset));
  }
  if (disk != 0 || this_disk != 0 || directory_disk != 0 || members_here != zip64.members) {
    return SeveralDisks(file);
  }
  return zip64;
}

}  // namespace

Result<ZipEnd> FindZipEnd(const ReadableFile& file, std::uint64_t file_size) {
  // A comment of up to 65,535 bytes may follow the record; the record is the last one whose
  // comment ends with the file.
  const std::uint64_t tail_size = std::min<std::uint64_t>(file_size, kEndSize + 0xFFFF);
  const std::uint64_t tail_offset = file_size - tail_size;
  SIDECAR_ASSIGN_OR_RETURN(std::string tail, ReadZipBytes(file, file_size, tail_offset, tail_size));
  for (std::uint64_t at = tail_size < kEndSize ? 0 : tail_size - kEndSize + 1; at-- > 0;) {
    ByteReader reader(AsBytes(std::string_view(tail).substr(at, kEndSize)));
    if (reader.ReadFixed<std::uint32_t>() != kEndSignature) continue;
    const std::uint16_t disk = reader.ReadFixed<std::uint16_t>().value_or(0);
    const std::uint16_t directory_disk = reader.ReadFixed<std::uint16_t>().value_or(0);
    const std::uint16_t members_here = reader.ReadFixed<std::uint16_t>().value_or(0);
    ZipEnd end;
    end.members = reader.ReadFixed<std::uint16_t>().value_or(0);
    end.directory_size = reader.ReadFixed<std::uint32_t>().value_or(0);
    end.directory_offset = reader.ReadFixed<std::uint32_t>().value_or(0);
    const std::uint16_t comment = reader.ReadFixed<std::uint16_t>().value_or(0);
    if (comment != tail_size - at - kEndSize) continue;
    end.position = tail_offset + at;
    if (disk != 0 || directory_disk != 0 || members_here != end.members) {
      return SeveralDisks(file);
    }
    return ReadZip64End(file, file_size, end);
  }
  return ZipDamaged(
      file, fmt::format("no end record in its last {} bytes; it is cut off or another format",
                        tail_size));
}

Result<std::string> ReadZipBytes(const ReadableFile& file, std::uint64_t file_size,
                                 std::uint64_t offset, std::uint64_t size) {
  if (offset > file_size || size > file_size - offset) {
    return ZipDamaged(file, fmt::format("{} bytes at byte {} are outside the file's {} bytes", size,
                                        offset, file_size));
  }
  std::string bytes(size, '\0');
  SIDECAR_ASSIGN_OR_RETURN(std::size_t count,
                           file.ReadAt(offset, std::as_writable_bytes(std::span(bytes))));
  if (count != size)
    return ZipDamaged(file, fmt::format("the file became shorter at byte {}", offset));
  return bytes;
}

Status ZipDamaged(const ReadableFile& file, std::string_view problem) {
  return {StatusCode::kDataLoss,
          fmt::format("{}: not a sound ZIP archive: {}", file.path(), problem)};
}

}  // namespace sidecar::base
