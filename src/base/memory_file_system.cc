#include "base/memory_file_system.h"

#include <algorithm>
#include <cstring>

#include "base/status_macros.h"

namespace sidecar::base {
namespace {

Status NotFound(const std::string& path) {
  return {StatusCode::kNotFound, path + ": cannot open: No such file or directory"};
}

FileInfo InfoOf(MemoryFileSystem::Node& node) {
  const std::lock_guard lock(node.mutex);
  FileInfo info;
  info.size = node.content.size();
  info.inode = node.inode;
  info.device = 1;
  info.mtime_ns = node.mtime_ns;
  return info;
}

class MemoryReadableFile final : public ReadableFile {
 public:
  MemoryReadableFile(std::string path, std::shared_ptr<MemoryFileSystem::Node> node)
      : path_(std::move(path)), node_(std::move(node)) {}
  Result<FileInfo> Stat() const override { return InfoOf(*node_); }
  Result<std::size_t> ReadAt(std::uint64_t offset, std::span<std::byte> out) const override {
    const std::lock_guard lock(node_->mutex);
    if (offset >= node_->content.size()) return std::size_t{0};
    const std::size_t count = std::min<std::size_t>(out.size(), node_->content.size() - offset);
    if (count > 0) std::memcpy(out.data(), node_->content.data() + offset, count);
    return count;
  }
  [[nodiscard]] const std::string& path() const override { return path_; }

 private:
  std::string path_;
  std::shared_ptr<MemoryFileSystem::Node> node_;
};

class MemoryWritableFile final : public WritableFile {
 public:
  MemoryWritableFile(std::string path, std::shared_ptr<MemoryFileSystem::Node> node)
      : path_(std::move(path)), node_(std::move(node)) {}
  Status Append(std::span<const std::byte> bytes) override {
    const std::lock_guard lock(node_->mutex);
    node_->content.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  }
  Status Sync() override { return {}; }
  [[nodiscard]] const std::string& path() const override { return path_; }

 private:
  std::string path_;
  std::shared_ptr<MemoryFileSystem::Node> node_;
};

class FaultyReadableFile final : public ReadableFile {
 public:
  FaultyReadableFile(std::unique_ptr<ReadableFile> target, const FaultyFileSystem::Hook& hook)
      : target_(std::move(target)), hook_(hook) {}
  Result<FileInfo> Stat() const override {
    SIDECAR_RETURN_IF_ERROR(hook_("fstat", path()));
    return target_->Stat();
  }
  Result<std::size_t> ReadAt(std::uint64_t offset, std::span<std::byte> out) const override {
    SIDECAR_RETURN_IF_ERROR(hook_("read", path()));
    return target_->ReadAt(offset, out);
  }
  [[nodiscard]] const std::string& path() const override { return target_->path(); }

 private:
  std::unique_ptr<ReadableFile> target_;
  const FaultyFileSystem::Hook& hook_;
};

class FaultyWritableFile final : public WritableFile {
 public:
  FaultyWritableFile(std::unique_ptr<WritableFile> target, const FaultyFileSystem::Hook& hook)
      : target_(std::move(target)), hook_(hook) {}
  Status Append(std::span<const std::byte> bytes) override {
    SIDECAR_RETURN_IF_ERROR(hook_("append", path()));
    return target_->Append(bytes);
  }
  Status Sync() override {
    SIDECAR_RETURN_IF_ERROR(hook_("sync", path()));
    return target_->Sync();
  }
  [[nodiscard]] const std::string& path() const override { return target_->path(); }

 private:
  std::unique_ptr<WritableFile> target_;
  const FaultyFileSystem::Hook& hook_;
};

}  // namespace

void MemoryFileSystem::AddParents(const std::string& path) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    directories_.insert(path.substr(0, slash));
  }
}

void MemoryFileSystem::Write(const std::string& path, std::string_view content) {
  const std::lock_guard lock(mutex_);
  AddParents(path);
  auto node = std::make_shared<Node>();
  node->content = content;
  node->inode = next_inode_;
  node->mtime_ns = static_cast<std::int64_t>(next_inode_++);
  files_[path] = std::move(node);
}

void MemoryFileSystem::Overwrite(const std::string& path, std::string_view content) {
  std::shared_ptr<Node> node;
  std::int64_t mtime = 0;
  {
    const std::lock_guard lock(mutex_);
    node = files_.at(path);
    mtime = static_cast<std::int64_t>(next_inode_++);
  }
  const std::lock_guard lock(node->mutex);
  node->content = content;
  node->mtime_ns = mtime;
}

std::string MemoryFileSystem::Content(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(path);
  if (found == files_.end()) return {};
  const std::lock_guard node_lock(found->second->mutex);
  return found->second->content;
}

Result<std::unique_ptr<ReadableFile>> MemoryFileSystem::OpenForRead(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (directories_.contains(path))
    return Status(StatusCode::kFailedPrecondition, path + ": is a directory, expected a file");
  const auto found = files_.find(path);
  if (found == files_.end()) return NotFound(path);
  return std::unique_ptr<ReadableFile>(std::make_unique<MemoryReadableFile>(path, found->second));
}

Result<std::unique_ptr<WritableFile>> MemoryFileSystem::CreateNew(const std::string& path) {
  {
    const std::lock_guard lock(mutex_);
    if (files_.contains(path))
      return Status(StatusCode::kCannotCreate, path + ": cannot create: File exists");
    if (!directories_.contains(std::string(DirectoryName(path)))) {
      return Status(StatusCode::kCannotCreate, path + ": cannot create: No such file or directory");
    }
  }
  Write(path, "");
  const std::lock_guard lock(mutex_);
  return std::unique_ptr<WritableFile>(std::make_unique<MemoryWritableFile>(path, files_.at(path)));
}

Result<FileInfo> MemoryFileSystem::Stat(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (directories_.contains(path)) {
    FileInfo info;
    info.kind = FileInfo::Kind::kDirectory;
    return info;
  }
  const auto found = files_.find(path);
  if (found == files_.end()) return NotFound(path);
  return InfoOf(*found->second);
}

Result<std::vector<std::string>> MemoryFileSystem::List(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  if (!directories_.contains(directory)) return NotFound(directory);
  const std::string prefix = directory == "/" ? directory : directory + "/";
  std::vector<std::string> names;
  const auto add = [&](const std::string& path) {
    if (path.size() > prefix.size() && path.starts_with(prefix) &&
        path.find('/', prefix.size()) == std::string::npos) {
      names.push_back(path.substr(prefix.size()));
    }
  };
  for (const auto& [path, node] : files_) add(path);
  for (const std::string& path : directories_) add(path);
  return names;
}

Status MemoryFileSystem::CreateDirectories(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (files_.contains(path))
    return {StatusCode::kCannotCreate, path + ": cannot create directory: File exists"};
  AddParents(path);
  directories_.insert(path);
  return {};
}

Status MemoryFileSystem::Rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(from);
  if (found == files_.end()) return NotFound(from);
  files_[to] = found->second;
  files_.erase(from);
  return {};
}

Status MemoryFileSystem::Remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (files_.erase(path) == 0) return NotFound(path);
  return {};
}

Status MemoryFileSystem::CheckWritableDirectory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (directories_.contains(path)) return {};
  return {StatusCode::kCannotCreate, path + ": cannot use as a directory"};
}

Result<std::unique_ptr<ReadableFile>> FaultyFileSystem::OpenForRead(const std::string& path) {
  SIDECAR_RETURN_IF_ERROR(hook_("open", path));
  SIDECAR_ASSIGN_OR_RETURN(std::unique_ptr<ReadableFile> file, target_.OpenForRead(path));
  return std::unique_ptr<ReadableFile>(
      std::make_unique<FaultyReadableFile>(std::move(file), hook_));
}

Result<std::unique_ptr<WritableFile>> FaultyFileSystem::CreateNew(const std::string& path) {
  SIDECAR_RETURN_IF_ERROR(hook_("create", path));
  SIDECAR_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file, target_.CreateNew(path));
  return std::unique_ptr<WritableFile>(
      std::make_unique<FaultyWritableFile>(std::move(file), hook_));
}

Result<FileInfo> FaultyFileSystem::Stat(const std::string& path) {
  SIDECAR_RETURN_IF_ERROR(hook_("stat", path));
  return target_.Stat(path);
}

Result<std::vector<std::string>> FaultyFileSystem::List(const std::string& directory) {
  SIDECAR_RETURN_IF_ERROR(hook_("list", directory));
  return target_.List(directory);
}

Status FaultyFileSystem::CreateDirectories(const std::string& path) {
  SIDECAR_RETURN_IF_ERROR(hook_("mkdir", path));
  return target_.CreateDirectories(path);
}

Status FaultyFileSystem::Rename(const std::string& from, const std::string& to) {
  SIDECAR_RETURN_IF_ERROR(hook_("rename", to));
  return target_.Rename(from, to);
}

Status FaultyFileSystem::Remove(const std::string& path) {
  SIDECAR_RETURN_IF_ERROR(hook_("remove", path));
  return target_.Remove(path);
}

Status FaultyFileSystem::CheckWritableDirectory(const std::string& path) {
  SIDECAR_RETURN_IF_ERROR(hook_("writable", path));
  return target_.CheckWritableDirectory(path);
}

}  // namespace sidecar::base
