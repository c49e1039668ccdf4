// All file access goes through this interface, so that tests can use a file system in memory and
// make any single operation fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sidecar/status.h"

namespace sidecar::base {

struct FileInfo {
  enum class Kind : std::uint8_t { kRegular, kDirectory, kOther };
  Kind kind = Kind::kRegular;
  std::uint64_t size = 0;   ///< bytes
  std::uint64_t inode = 0;  ///< with `device`: the same file as long as both are equal
  std::uint64_t device = 0;
  std::int64_t mtime_ns =
      0;  ///< modification time, nanoseconds since the epoch: a hint, never an order

  friend bool operator==(const FileInfo&, const FileInfo&) = default;
};

/// An open regular file. Thread-safe: reads carry their offset. The file stays readable after it
/// was deleted.
class ReadableFile {
 public:
  ReadableFile() = default;
  ReadableFile(const ReadableFile&) = delete;
  ReadableFile& operator=(const ReadableFile&) = delete;
  virtual ~ReadableFile() = default;
  /// The size and identity now.
  [[nodiscard]] virtual Result<FileInfo> Stat() const = 0;
  /// Fills `out` from `offset` on. Returns the bytes read: fewer than asked for only at the end of
  /// the file.
  [[nodiscard]] virtual Result<std::size_t> ReadAt(std::uint64_t offset,
                                                   std::span<std::byte> out) const = 0;
  [[nodiscard]] virtual const std::string& path() const = 0;
};

/// A file being appended to. Not thread-safe.
class WritableFile {
 public:
  WritableFile() = default;
  WritableFile(const WritableFile&) = delete;
  WritableFile& operator=(const WritableFile&) = delete;
  virtual ~WritableFile() = default;
  /// Appends all of `bytes` with as few write calls as possible, unbuffered. After a failure the
  /// file is cut back to what it held before the call, as far as that is possible.
  virtual Status Append(std::span<const std::byte> bytes) = 0;
  /// Pushes what was written to the disk (fdatasync).
  virtual Status Sync() = 0;
  [[nodiscard]] virtual const std::string& path() const = 0;
};

/// Thread-safe. Paths are as the operating system takes them. Errors: kNotFound when nothing is at
/// the path, kUnavailable for a handle that has gone stale (ESTALE), kIoError otherwise; creating
/// functions: kCannotCreate.
class FileSystem {
 public:
  FileSystem() = default;
  FileSystem(const FileSystem&) = delete;
  FileSystem& operator=(const FileSystem&) = delete;
  virtual ~FileSystem() = default;

  /// Opens a regular file; anything else (directory, FIFO, device) fails with kFailedPrecondition
  /// without blocking.
  virtual Result<std::unique_ptr<ReadableFile>> OpenForRead(const std::string& path) = 0;
  /// Creates a file that must not exist yet.
  virtual Result<std::unique_ptr<WritableFile>> CreateNew(const std::string& path) = 0;
  virtual Result<FileInfo> Stat(const std::string& path) = 0;
  /// Names in a directory, unsorted, without "." and "..".
  virtual Result<std::vector<std::string>> List(const std::string& directory) = 0;
  /// Creates a directory and its parents; succeeds if it is there already.
  virtual Status CreateDirectories(const std::string& path) = 0;
  /// Replaces `to`.
  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  virtual Status Remove(const std::string& path) = 0;
  /// Whether files can be created in this directory.
  virtual Status CheckWritableDirectory(const std::string& path) = 0;
};

/// The machine's file system; one object for the whole process.
FileSystem& PosixFileSystem();

/// The whole content of a file of at most `max_bytes`; kDataLoss when it is larger. Allocates no
/// more than the file holds.
Result<std::string> ReadWholeFile(FileSystem& fs, const std::string& path, std::uint64_t max_bytes);
Result<std::string> ReadWholeFile(const ReadableFile& file, std::uint64_t max_bytes);

/// Writes `content` to `path` through a temporary file beside it and a rename.
Status WriteFileAtomically(FileSystem& fs, const std::string& path, std::string_view content);

/// "a/b" for ("a", "b"); `name` alone where it is absolute or `directory` is empty.
[[nodiscard]] std::string JoinPath(std::string_view directory, std::string_view name);
/// What follows the last '/'.
[[nodiscard]] std::string_view BaseName(std::string_view path);
/// What stands before the last '/': "." where there is none, "/" for files in the root.
[[nodiscard]] std::string_view DirectoryName(std::string_view path);

}  // namespace sidecar::base
