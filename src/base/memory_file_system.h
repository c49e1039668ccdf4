// File systems for tests: one in memory, and one that makes the k-th operation of another fail.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "base/file_system.h"

namespace sidecar::base {

/// Files and directories in memory. An open file keeps its content when the path is removed or
/// replaced, as on POSIX. Thread-safe.
class MemoryFileSystem final : public FileSystem {
 public:
  /// One file's content; shared with the handles that opened it.
  struct Node {
    std::mutex mutex;
    std::string content;
    std::uint64_t inode = 0;
    std::int64_t mtime_ns = 0;
  };

  /// Creates or replaces a file (a new inode) and its parent directories.
  void Write(const std::string& path, std::string_view content);
  /// Overwrites a file in place: same inode, open handles see the change.
  void Overwrite(const std::string& path, std::string_view content);
  [[nodiscard]] std::string Content(const std::string& path) const;

  Result<std::unique_ptr<ReadableFile>> OpenForRead(const std::string& path) override;
  Result<std::unique_ptr<WritableFile>> CreateNew(const std::string& path) override;
  Result<FileInfo> Stat(const std::string& path) override;
  Result<std::vector<std::string>> List(const std::string& directory) override;
  Status CreateDirectories(const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;
  Status CheckWritableDirectory(const std::string& path) override;

 private:
  void AddParents(const std::string& path);

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Node>> files_;
  std::set<std::string> directories_{"/", "."};
  std::uint64_t next_inode_ = 1;
};

/// Passes everything on to another file system; before each operation a hook decides whether it
/// fails. Operations are named "open", "create", "stat", "list", "mkdir", "rename", "remove",
/// "writable", "read", "fstat", "append", "sync". Thread-safe if the hook is. Both must outlive
/// this object and the files it opened.
class FaultyFileSystem final : public FileSystem {
 public:
  using Hook = std::function<Status(std::string_view operation, const std::string& path)>;
  FaultyFileSystem(FileSystem& target, Hook hook) : target_(target), hook_(std::move(hook)) {}

  Result<std::unique_ptr<ReadableFile>> OpenForRead(const std::string& path) override;
  Result<std::unique_ptr<WritableFile>> CreateNew(const std::string& path) override;
  Result<FileInfo> Stat(const std::string& path) override;
  Result<std::vector<std::string>> List(const std::string& directory) override;
  Status CreateDirectories(const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;
  Status CheckWritableDirectory(const std::string& path) override;

 private:
  FileSystem& target_;
  Hook hook_;
};

}  // namespace sidecar::base
