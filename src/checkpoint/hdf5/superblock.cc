#include "checkpoint/hdf5/superblock.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string>
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

// Parses the superblock at one place of a file.
class SuperblockParser {
 public:
  SuperblockParser(const std::string& name, std::uint64_t base, std::span<const std::byte> bytes)
      : name_(name), base_(base), bytes_(bytes), reader_(bytes) {
    reader_.Skip(kSignature.size());
  }

  Result<Superblock> Parse();

 private:
  Result<Superblock> ParseVersion0();
  Result<Superblock> ParseVersion2(unsigned version);
  [[nodiscard]] Status Check(unsigned address_size, unsigned length_size, std::uint64_t base) const;
  [[nodiscard]] Status CutOff() const { return Incomplete(name_, "its superblock is cut off"); }
  [[nodiscard]] Status Damaged(std::string_view problem) const {
    return {StatusCode::kDataLoss,
            fmt::format("{}: superblock at byte {}: {}", name_, base_, problem)};
  }
  [[nodiscard]] Status Unsupported(std::string_view what) const {
    return {StatusCode::kUnimplemented,
            fmt::format("{}: superblock at byte {}: {}", name_, base_, what)};
  }

  const std::string& name_;
  std::uint64_t base_;
  std::span<const std::byte> bytes_;
  FieldReader reader_;
};

Status SuperblockParser::Check(unsigned address_size, unsigned length_size,
                               std::uint64_t base) const {
  if (address_size != 8 || length_size != 8) {
    return Unsupported(
        fmt::format("addresses of {} and lengths of {} bytes are not supported, expected 8 and 8",
                    address_size, length_size));
  }
  if (base == base_) return {};
  return Damaged(fmt::format("it says that it stands at byte {}", base));
}

Result<Superblock> SuperblockParser::ParseVersion0() {
  reader_.Skip(4);  // versions of other structures
  const std::uint8_t address_size = reader_.U8();
  const std::uint8_t length_size = reader_.U8();
  reader_.Skip(9);  // sizes of B-tree nodes, flags
  Superblock superblock;
  superblock.base = reader_.U64();
  reader_.Skip(8);  // free space
  superblock.end_of_file = reader_.U64();
  reader_.Skip(8 + 8);  // driver information; the root group's name
  superblock.root_address = reader_.U64();
  if (!reader_.ok()) return CutOff();
  SIDECAR_RETURN_IF_ERROR(Check(address_size, length_size, superblock.base));
  return superblock;
}

Result<Superblock> SuperblockParser::ParseVersion2(unsigned version) {
  constexpr unsigned kOpenForWriting = 1U << 0U;
  const std::uint8_t address_size = reader_.U8();
  const std::uint8_t length_size = reader_.U8();
  const unsigned flags = reader_.U8();
  Superblock superblock;
  superblock.base = reader_.U64();
  reader_.Skip(8);  // extension
  superblock.end_of_file = reader_.U64();
  superblock.root_address = reader_.U64();
  const std::uint32_t checksum = reader_.U32();
  if (!reader_.ok()) return CutOff();
  if (checksum != Lookup3(bytes_.first(kVersion2Size - 4))) return Damaged("its checksum is wrong");
  SIDECAR_RETURN_IF_ERROR(Check(address_size, length_size, superblock.base));
  if (version == 3 && (flags & kOpenForWriting) != 0)
    return Incomplete(name_, "it is marked as open for writing");
  return superblock;
}

Result<Superblock> SuperblockParser::Parse() {
  const unsigned version = reader_.U8();
  if (!reader_.ok()) return CutOff();
  if (version == 0) return ParseVersion0();
  if (version == 2 || version == 3) return ParseVersion2(version);
  if (version > 3) return Damaged(fmt::format("its version is {}, expected 0, 2 or 3", version));
  return Unsupported(fmt::format("version {} is not supported, expected 0, 2 or 3", version));
}

// What a file is that has no signature: `start` are its first bytes.
Status NoSignature(const std::string& name, std::uint64_t size, std::string_view start) {
  // A writer fills in the start of the file last.
  const bool zeros = std::ranges::all_of(start, [](char c) { return c == '\0'; });
  if (zeros || (start.size() < kSignature.size() && kSignature.starts_with(start)))
    return Incomplete(name, fmt::format("{} bytes without its signature", size));
  return {StatusCode::kDataLoss,
          fmt::format("{}: no HDF5 signature at its start; it is damaged or another format", name)};
}

}  // namespace

Result<Superblock> ReadSuperblock(const base::ReadableFile& file, std::uint64_t size) {
  constexpr std::uint64_t kFirstUserBlock = 512;
  std::array<std::byte, kVersion0Size> buffer{};
  std::string first;
  for (std::uint64_t base = 0; base == 0 || base < size;
       base = base == 0 ? kFirstUserBlock : base * 2) {
    SIDECAR_ASSIGN_OR_RETURN(std::size_t count, file.ReadAt(base, buffer));
    const std::span<const std::byte> bytes(buffer.data(), count);
    const std::string_view start = sidecar::base::AsText(bytes).substr(0, kSignature.size());
    if (base == 0) first = start;
    if (start != kSignature) continue;
    SIDECAR_ASSIGN_OR_RETURN(Superblock superblock,
                             SuperblockParser(file.path(), base, bytes).Parse());
    if (superblock.end_of_file > size) {
      return Incomplete(file.path(),
                        fmt::format("it has {} bytes of {}", size, superblock.end_of_file));
    }
    return superblock;
  }
  return NoSignature(file.path(), size, first);
}

}  // namespace sidecar::checkpoint::hdf5
