#include "checkpoint/hdf5/superblock.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/byte_reader.h"
#include "base/status_macros.h"
#include "checkpoint/hdf5/checksum.h"
#include "checkpoint/hdf5/field_reader.h"

namespace sidecar::checkpoint::hdf5 {
namespace {

constexpr std::string_view kSignature("\x89HDF\r\n\x1a\n", 8);
constexpr std::size_t kVersion0Size = 96;
constexpr std::size_t kVersion2Size = 48;

Status Incomplete(const std::string& name, std::string_view problem) {
  return {
      StatusCode::kUnavailable,
      fmt::format("{}: incomplete HDF5 file: {}; it may still be being written", name, problem)};
}

Status Damaged(const std::string& name, std::string_view problem) {
  return {StatusCode::kDataLoss, fmt::format("{}: superblock at byte 0: {}", name, problem)};
}

Status CheckFieldSizes(const std::string& name, unsigned address_size, unsigned length_size,
                       std::uint64_t base) {
  if (address_size != 8 || length_size != 8) {
    return {StatusCode::kUnimplemented,
            fmt::format("{}: superblock at byte 0: addresses of {} and lengths of {} bytes are not "
                        "supported, expected 8 and 8",
                        name, address_size, length_size)};
  }
  if (base == 0) return {};
  return {StatusCode::kUnimplemented,
          fmt::format("{}: superblock at byte 0: a base address of {} (a user block) is not "
                      "supported, expected 0",
                      name, base)};
}

Result<Superblock> ParseVersion0(const std::string& name, FieldReader& reader) {
  reader.Skip(4);  // versions of other structures
  const std::uint8_t address_size = reader.U8();
  const std::uint8_t length_size = reader.U8();
  reader.Skip(9);  // sizes of B-tree nodes, flags
  const std::uint64_t base = reader.U64();
  reader.Skip(8);  // free space
  Superblock superblock;
  superblock.end_of_file = reader.U64();
  reader.Skip(8 + 8);  // driver information; the root group's name
  superblock.root_address = reader.U64();
  if (!reader.ok()) return Incomplete(name, "its superblock is cut off");
  SIDECAR_RETURN_IF_ERROR(CheckFieldSizes(name, address_size, length_size, base));
  return superblock;
}

Result<Superblock> ParseVersion2(const std::string& name, unsigned version,
                                 std::span<const std::byte> bytes, FieldReader& reader) {
  constexpr unsigned kOpenForWriting = 1U << 0U;
  const std::uint8_t address_size = reader.U8();
  const std::uint8_t length_size = reader.U8();
  const unsigned flags = reader.U8();
  const std::uint64_t base = reader.U64();
  reader.Skip(8);  // extension
  Superblock superblock;
  superblock.end_of_file = reader.U64();
  superblock.root_address = reader.U64();
  const std::uint32_t checksum = reader.U32();
  if (!reader.ok()) return Incomplete(name, "its superblock is cut off");
  if (checksum != Lookup3(bytes.first(kVersion2Size - 4)))
    return Damaged(name, "its checksum is wrong");
  SIDECAR_RETURN_IF_ERROR(CheckFieldSizes(name, address_size, length_size, base));
  if (version == 3 && (flags & kOpenForWriting) != 0)
    return Incomplete(name, "it is marked as open for writing");
  return superblock;
}

}  // namespace

Result<Superblock> ReadSuperblock(const base::ReadableFile& file, std::uint64_t size) {
  const std::string& name = file.path();
  std::array<std::byte, kVersion0Size> buffer{};
  SIDECAR_ASSIGN_OR_RETURN(std::size_t count, file.ReadAt(0, buffer));
  const std::span<const std::byte> bytes(buffer.data(), count);
  const std::string_view start = base::AsText(bytes).substr(0, kSignature.size());
  // A writer fills in the start of the file last.
  const bool zeros = std::ranges::all_of(start, [](char c) { return c == '\0'; });
  if (zeros || (count < kSignature.size() && kSignature.starts_with(start)))
    return Incomplete(name, fmt::format("{} bytes without its signature", size));
  if (start != kSignature) return Damaged(name, "no HDF5 signature; it is another format");
  FieldReader reader(bytes.subspan(kSignature.size()));
  const unsigned version = reader.U8();
  if (!reader.ok()) return Incomplete(name, "its superblock is cut off");
  Result<Superblock> superblock =
      version == 0                   ? ParseVersion0(name, reader)
      : version == 2 || version == 3 ? ParseVersion2(name, version, bytes, reader)
                                     : Status(StatusCode::kUnimplemented,
                                              fmt::format("{}: superblock at byte 0: version {} is "
                                                          "not supported, expected 0, 2 or 3",
                                                          name, version));
  if (!superblock.ok()) return superblock;
  if (superblock->end_of_file > size) {
    return Incomplete(name, fmt::format("it has {} bytes of {}", size, superblock->end_of_file));
  }
  return superblock;
}

}  // namespace sidecar::checkpoint::hdf5
