// ZIP archives (`.npz`, `.keras`): checked before anything is allocated, verified when read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/zip_directory.h"
#include "sidecar/status.h"

namespace sidecar::base {

/// Reads members of one archive. The directory is read and checked when the archive is opened
/// (zip_directory.h says what is refused); contents are decompressed and checked by libzip, after
/// its view of each member was compared with ours. Not thread-safe; keeps the file open.
class ZipReader {
 public:
  /// Where a stored member's bytes stand in the archive.
  struct Extent {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };

  /// Opens the archive in a file. Failures as ReadZipDirectory().
  static Result<std::unique_ptr<ZipReader>> Open(std::shared_ptr<const ReadableFile> file,
                                                 const ZipLimits& limits = {});
  /// Opens the archive at `path`; also fails as FileSystem::OpenForRead().
  static Result<std::unique_ptr<ZipReader>> Open(FileSystem& file_system, const std::string& path,
                                                 const ZipLimits& limits = {});
  /// Opens an archive in memory that the caller keeps alive; errors call it `name`.
  static Result<std::unique_ptr<ZipReader>> Open(std::span<const std::byte> bytes, std::string name,
                                                 const ZipLimits& limits = {});
  ~ZipReader();
  ZipReader(const ZipReader&) = delete;
  ZipReader& operator=(const ZipReader&) = delete;

  /// All members in the order of the central directory; names that end in '/' are directories.
  [[nodiscard]] const std::vector<ZipMember>& members() const { return members_; }
  /// The member with that name, or null. Valid as long as this reader.
  [[nodiscard]] const ZipMember* Find(std::string_view name) const;
  [[nodiscard]] const ReadableFile& file() const { return *file_; }

  /// Reads a member of this reader into `out`, whose size must be the member's (kInternal
  /// otherwise), and checks its CRC-32. kDataLoss naming file and member when the contents are
  /// damaged; `out` then holds anything.
  Status ReadMember(const ZipMember& member, std::span<std::byte> out);
  /// Reads the member with that name. kNotFound where there is none, kDataLoss when it is damaged
  /// or declares more than `max_bytes`, which is found out before memory is taken.
  Result<std::string> ReadMember(std::string_view name, std::uint64_t max_bytes);
  /// Reads a member without keeping it: OK means that its CRC-32 is right.
  Status VerifyMember(const ZipMember& member);

  /// Where the bytes of a stored member stand in file(), or nothing for a deflated one. They have
  /// not been checked: that is what VerifyMember() is for.
  [[nodiscard]] std::optional<Extent> StoredExtent(const ZipMember& member) const;

 private:
  struct Archive;  // libzip's handle and the file it reads through

  ZipReader(std::shared_ptr<const ReadableFile> file, std::vector<ZipMember> members,
            std::unique_ptr<Archive> archive);
  Status CheckLibzipAgrees();
  Status ReadAll(const ZipMember& member, std::span<std::byte> buffer, bool keep);

  std::shared_ptr<const ReadableFile> file_;
  std::vector<ZipMember> members_;
  std::unique_ptr<Archive> archive_;
};

}  // namespace sidecar::base
