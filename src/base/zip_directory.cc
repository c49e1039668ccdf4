#include "base/zip_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

#include "base/byte_reader.h"
#include "base/status_macros.h"
#include "base/zip_end_record.h"

namespace sidecar::base {
namespace {

// Record signatures and the sizes of their fixed parts (APPNOTE 4.3).
constexpr std::uint32_t kLocalSignature = 0x04034B50;
constexpr std::uint32_t kCentralSignature = 0x02014B50;
constexpr std::uint64_t kLocalSize = 30;
constexpr std::uint64_t kCentralSize = 46;

constexpr std::uint16_t kZip64Extra = 0x0001;
constexpr std::uint16_t kFlagEncrypted = 1U << 0U;
constexpr std::uint16_t kFlagDescriptor = 1U << 3U;  // CRC and sizes follow the data
constexpr std::uint16_t kFlagStrongEncryption = 1U << 6U;
constexpr std::uint16_t kFlagMaskedHeader = 1U << 13U;

/// What the central directory or a local header says about a member.
struct Header {
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint32_t crc32 = 0;
  std::uint64_t compressed_size = 0;
  std::uint64_t size = 0;
  std::uint64_t local_offset = 0;  // central directory only
  std::uint16_t disk = 0;          // central directory only
  std::uint32_t attributes = 0;    // central directory only
  bool unix_attributes = false;    // central directory only
  std::string_view name;
};

// Reads the structure of one archive.
class DirectoryReader {
 public:
  DirectoryReader(const ReadableFile& file, const ZipLimits& limits)
      : file_(file), limits_(limits) {}
  Result<std::vector<ZipMember>> Read();

 private:
  [[nodiscard]] Status Damaged(std::string_view problem) const {
    return ZipDamaged(file_, problem);
  }
  Result<std::string> ReadExactly(std::uint64_t offset, std::uint64_t size) const {
    return ReadZipBytes(file_, file_size_, offset, size);
  }
  Status BadMember(std::string_view name, std::string_view problem) const {
    return {StatusCode::kDataLoss,
            fmt::format("{}: ZIP member '{}': {}", file_.path(), Printable(name), problem)};
  }
  static std::string Printable(std::string_view name);

  Result<Header> ParseCentral(ByteReader& reader) const;
  Status ApplyZip64(ByteReader extra, bool central, Header& header) const;
  Status CheckSupported(const Header& header) const;
  Status CheckName(const Header& header) const;
  Status CheckSizes(const Header& header) const;
  Result<std::uint64_t> CheckLocal(const Header& central, std::uint64_t end) const;
  Status CompareLocal(const Header& central, const Header& local) const;
  Status CheckOverlap(const std::vector<ZipMember>& members,
                      const std::vector<std::uint64_t>& starts) const;

  const ReadableFile& file_;
  const ZipLimits& limits_;
  std::uint64_t file_size_ = 0;
};

// Names come from the file: control characters and what is not ASCII are not passed on to a
// terminal.
std::string DirectoryReader::Printable(std::string_view name) {
  std::string text;
  for (const char c : name.substr(0, 200)) text += c >= 0x20 && c < 0x7F ? c : '?';
  return text;
}

// Fills in the values that the fixed part marks with 0xFFFFFFFF (APPNOTE 4.5.3): they stand in this
// order, each only if marked.
Status DirectoryReader::ApplyZip64(ByteReader extra, bool central, Header& header) const {
  bool seen = false;
  while (!extra.at_end()) {
    const auto id = extra.ReadFixed<std::uint16_t>();
    const auto size = extra.ReadFixed<std::uint16_t>();
    const auto content = size ? extra.ReadBytes(*size) : std::nullopt;
    if (!id || !content) return BadMember(header.name, "damaged extra fields in its header");
    if (*id != kZip64Extra) continue;
    if (seen) return BadMember(header.name, "two ZIP64 fields in its header");
    seen = true;
    ByteReader values(*content);
    for (std::uint64_t* target : {&header.size, &header.compressed_size, &header.local_offset}) {
      if (*target != kInZip64 || (target == &header.local_offset && !central)) continue;
      const auto value = values.ReadFixed<std::uint64_t>();
      if (!value) return BadMember(header.name, "its ZIP64 field is too short");
      *target = *value;
    }
  }
  return {};
}

Result<Header> DirectoryReader::ParseCentral(ByteReader& reader) const {
  const std::size_t start = reader.position();
  const auto fixed = reader.ReadBytes(kCentralSize);
  if (!fixed)
    return Damaged(fmt::format("its directory ends inside an entry at byte {} of it", start));
  ByteReader fields(*fixed);
  if (fields.ReadFixed<std::uint32_t>() != kCentralSignature)
    return Damaged(fmt::format("bad entry at byte {} of its directory", start));
  Header header;
  header.unix_attributes = fields.ReadFixed<std::uint16_t>().value_or(0) >> 8U == 3;
  fields.Skip(2);
  header.flags = fields.ReadFixed<std::uint16_t>().value_or(0);
  header.method = fields.ReadFixed<std::uint16_t>().value_or(0);
  fields.Skip(4);  // time and date
  header.crc32 = fields.ReadFixed<std::uint32_t>().value_or(0);
  header.compressed_size = fields.ReadFixed<std::uint32_t>().value_or(0);
  header.size = fields.ReadFixed<std::uint32_t>().value_or(0);
  const std::uint16_t name_size = fields.ReadFixed<std::uint16_t>().value_or(0);
  const std::uint16_t extra_size = fields.ReadFixed<std::uint16_t>().value_or(0);
  const std::uint16_t comment_size = fields.ReadFixed<std::uint16_t>().value_or(0);
  header.disk = fields.ReadFixed<std::uint16_t>().value_or(0);
  fields.Skip(2);
  header.attributes = fields.ReadFixed<std::uint32_t>().value_or(0);
  header.local_offset = fields.ReadFixed<std::uint32_t>().value_or(0);

  const auto name = reader.ReadText(name_size);
  const auto extra = reader.ReadBytes(extra_size);
  if (!name || !extra || !reader.Skip(comment_size))
    return Damaged(fmt::format("its directory ends inside an entry at byte {} of it", start));
  header.name = *name;
  SIDECAR_RETURN_IF_ERROR(ApplyZip64(ByteReader(*extra), true, header));
  return header;
}

Status DirectoryReader::CheckSupported(const Header& header) const {
  const auto refuse = [&](std::string_view what) {
    return Status(
        StatusCode::kUnimplemented,
        fmt::format("{}: ZIP member '{}': {} is not supported; write it stored or deflated",
                    file_.path(), Printable(header.name), what));
  };
  if ((header.flags & (kFlagEncrypted | kFlagStrongEncryption | kFlagMaskedHeader)) != 0)
    return refuse("encryption");
  if (header.disk != 0) return refuse("an archive of several disks");
  if (header.method != 0 && header.method != 8)
    return refuse(fmt::format("compression method {}", header.method));
  return {};
}

Status DirectoryReader::CheckName(const Header& header) const {
  const std::string_view name = header.name;
  if (name.empty()) return Damaged("a member without a name");
  if (name.find('\0') != std::string_view::npos || name.find('\\') != std::string_view::npos)
    return BadMember(name, "its name holds a NUL or a backslash, which is not allowed");
  if (name.front() == '/' || (name.size() > 1 && name[1] == ':'))
    return BadMember(name, "its name is absolute, expected a relative one");
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t slash = std::min(name.find('/', begin), name.size());
    const std::string_view part = name.substr(begin, slash - begin);
    const bool at_end = slash == name.size();  // "a/" is a directory: its last part is empty
    if (part == "." || part == ".." || (part.empty() && !at_end))
      return BadMember(name, "its name has an empty, '.' or '..' component, which is not allowed");
    begin = slash + 1;
  }
  // The upper half of a Unix archive's attributes is the file's mode.
  const std::uint32_t type = (header.attributes >> 16U) & 0170000U;
  if (header.unix_attributes && type != 0 && type != 0100000U && type != 0040000U)
    return BadMember(name, "it is a link or a special file, expected a regular file");
  return {};
}

Status DirectoryReader::CheckSizes(const Header& header) const {
  if (header.method == 0 && header.size != header.compressed_size) {
    return BadMember(header.name, fmt::format("stored, but {} bytes stand for {}",
                                              header.compressed_size, header.size));
  }
  if (header.size > limits_.ratio_floor_bytes &&
      header.size / limits_.max_ratio > header.compressed_size) {
    return BadMember(header.name,
                     fmt::format("declares {} bytes in {} compressed ones, more than {} times as "
                                 "many: refused as a decompression bomb",
                                 header.size, header.compressed_size, limits_.max_ratio));
  }
  return {};
}

Status DirectoryReader::CompareLocal(const Header& central, const Header& local) const {
  const auto differs = [&](std::string_view field, std::uint64_t here, std::uint64_t there) {
    return BadMember(central.name, fmt::format("the header at byte {} says {} {}, the directory {}",
                                               central.local_offset, field, here, there));
  };
  if (local.name != central.name) {
    return BadMember(central.name, fmt::format("the header at byte {} calls it '{}'",
                                               central.local_offset, Printable(local.name)));
  }
  if (local.method != central.method) return differs("method", local.method, central.method);
  constexpr std::uint16_t kCompared =
      kFlagEncrypted | kFlagDescriptor | kFlagStrongEncryption | kFlagMaskedHeader;
  if ((local.flags & kCompared) != (central.flags & kCompared))
    return differs("flags", local.flags, central.flags);
  // Written to a stream, the header could not know them yet and has zeros.
  const bool later = (local.flags & kFlagDescriptor) != 0;
  const auto equal = [later](std::uint64_t here, std::uint64_t there) {
    return here == there || (later && here == 0);
  };
  if (!equal(local.crc32, central.crc32)) return differs("CRC", local.crc32, central.crc32);
  if (!equal(local.size, central.size)) return differs("size", local.size, central.size);
  if (!equal(local.compressed_size, central.compressed_size))
    return differs("compressed size", local.compressed_size, central.compressed_size);
  return {};
}

// Returns where the member's data begins; it must end at `end`, the directory, or before.
Result<std::uint64_t> DirectoryReader::CheckLocal(const Header& central, std::uint64_t end) const {
  if (central.local_offset > end || kLocalSize > end - central.local_offset) {
    return BadMember(central.name, fmt::format("its header at byte {} is not before the directory "
                                               "at byte {}",
                                               central.local_offset, end));
  }
  SIDECAR_ASSIGN_OR_RETURN(std::string fixed, ReadExactly(central.local_offset, kLocalSize));
  ByteReader fields(AsBytes(fixed));
  if (fields.ReadFixed<std::uint32_t>() != kLocalSignature)
    return BadMember(central.name, fmt::format("no header at byte {}", central.local_offset));
  Header local;
  fields.Skip(2);
  local.flags = fields.ReadFixed<std::uint16_t>().value_or(0);
  local.method = fields.ReadFixed<std::uint16_t>().value_or(0);
  fields.Skip(4);
  local.crc32 = fields.ReadFixed<std::uint32_t>().value_or(0);
  local.compressed_size = fields.ReadFixed<std::uint32_t>().value_or(0);
  local.size = fields.ReadFixed<std::uint32_t>().value_or(0);
  const std::uint64_t name_size = fields.ReadFixed<std::uint16_t>().value_or(0);
  const std::uint64_t extra_size = fields.ReadFixed<std::uint16_t>().value_or(0);
  const std::uint64_t rest_offset = central.local_offset + kLocalSize;
  SIDECAR_ASSIGN_OR_RETURN(std::string rest, ReadExactly(rest_offset, name_size + extra_size));
  local.name = std::string_view(rest).substr(0, name_size);
  SIDECAR_RETURN_IF_ERROR(
      ApplyZip64(ByteReader(AsBytes(std::string_view(rest).substr(name_size))), false, local));
  SIDECAR_RETURN_IF_ERROR(CompareLocal(central, local));
  const std::uint64_t data_offset = rest_offset + name_size + extra_size;
  if (data_offset > end || central.compressed_size > end - data_offset) {
    return BadMember(central.name,
                     fmt::format("{} bytes at byte {} run into the directory at byte {}",
                                 central.compressed_size, data_offset, end));
  }
  return data_offset;
}

Status DirectoryReader::CheckOverlap(const std::vector<ZipMember>& members,
                                     const std::vector<std::uint64_t>& starts) const {
  std::vector<std::size_t> order(members.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return starts[a] < starts[b]; });
  for (std::size_t i = 1; i < order.size(); ++i) {
    const ZipMember& before = members[order[i - 1]];
    if (before.data_offset + before.compressed_size > starts[order[i]]) {
      return BadMember(members[order[i]].name,
                       fmt::format("overlaps member '{}'", Printable(before.name)));
    }
  }
  return {};
}

Result<std::vector<ZipMember>> DirectoryReader::Read() {
  SIDECAR_ASSIGN_OR_RETURN(FileInfo info, file_.Stat());
  file_size_ = info.size;
  SIDECAR_ASSIGN_OR_RETURN(ZipEnd end, FindZipEnd(file_, file_size_));
  if (end.directory_offset > end.position ||
      end.directory_size != end.position - end.directory_offset) {
    return Damaged(
        fmt::format("its directory of {} bytes at byte {} does not end at the end "
                    "record at byte {}",
                    end.directory_size, end.directory_offset, end.position));
  }
  if (end.members > limits_.max_members || end.members > end.directory_size / kCentralSize) {
    return Damaged(
        fmt::format("declares {} members in a directory of {} bytes; at most {} are "
                    "allowed",
                    end.members, end.directory_size, limits_.max_members));
  }
  SIDECAR_ASSIGN_OR_RETURN(std::string directory,
                           ReadExactly(end.directory_offset, end.directory_size));
  ByteReader reader(AsBytes(directory));
  std::vector<ZipMember> members;
  std::vector<std::uint64_t> starts;
  std::set<std::string_view> names;
  for (std::uint64_t i = 0; i < end.members; ++i) {
    SIDECAR_ASSIGN_OR_RETURN(Header header, ParseCentral(reader));
    SIDECAR_RETURN_IF_ERROR(CheckSupported(header));
    SIDECAR_RETURN_IF_ERROR(CheckName(header));
    SIDECAR_RETURN_IF_ERROR(CheckSizes(header));
    if (!names.insert(header.name).second)
      return BadMember(header.name, "two members have this name");
    SIDECAR_ASSIGN_OR_RETURN(std::uint64_t data, CheckLocal(header, end.directory_offset));
    members.push_back({std::string(header.name), header.size, header.compressed_size,
                       static_cast<ZipMethod>(header.method), header.crc32, data, i});
    starts.push_back(header.local_offset);
  }
  if (!reader.at_end())
    return Damaged(fmt::format("{} bytes follow its last directory entry", reader.remaining()));
  SIDECAR_RETURN_IF_ERROR(CheckOverlap(members, starts));
  return members;
}

}  // namespace

Result<std::vector<ZipMember>> ReadZipDirectory(const ReadableFile& file, const ZipLimits& limits) {
  return DirectoryReader(file, limits).Read();
}

}  // namespace sidecar::base
