#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/file_system.h"
#include "base/status_macros.h"

namespace sidecar::base {
namespace {

Status ErrnoStatus(const std::string& path, const char* action, int error) {
  StatusCode code = StatusCode::kIoError;
  if (error == ENOENT || error == ENOTDIR) code = StatusCode::kNotFound;
  if (error == ESTALE) code = StatusCode::kUnavailable;
  return {code, path + ": cannot " + action + ": " + std::generic_category().message(error)};
}

Status CannotCreate(const std::string& path, const char* action, int error) {
  return {StatusCode::kCannotCreate,
          path + ": cannot " + action + ": " + std::generic_category().message(error)};
}

FileInfo ToFileInfo(const struct stat& status) {
  FileInfo info;
  info.kind = S_ISREG(status.st_mode)   ? FileInfo::Kind::kRegular
              : S_ISDIR(status.st_mode) ? FileInfo::Kind::kDirectory
                                        : FileInfo::Kind::kOther;
  info.size = static_cast<std::uint64_t>(status.st_size);
  info.inode = status.st_ino;
  info.device = status.st_dev;
  info.mtime_ns =
      static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
  return info;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { ::close(fd_); }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

class PosixReadableFile final : public ReadableFile {
 public:
  PosixReadableFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  Result<FileInfo> Stat() const override {
    struct stat status {};
    if (::fstat(fd_.get(), &status) != 0) return ErrnoStatus(path_, "stat", errno);
    return ToFileInfo(status);
  }

  Result<std::size_t> ReadAt(std::uint64_t offset, std::span<std::byte> out) const override {
    std::size_t done = 0;
    while (done < out.size()) {
      const ssize_t count = ::pread(fd_.get(), out.data() + done, out.size() - done,
                                    static_cast<off_t>(offset + done));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return ErrnoStatus(path_, "read", errno);
      if (count == 0) break;
      done += static_cast<std::size_t>(count);
    }
    return done;
  }

  [[nodiscard]] const std::string& path() const override { return path_; }

 private:
  std::string path_;
  Descriptor fd_;
};

class PosixWritableFile final : public WritableFile {
 public:
  PosixWritableFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  Status Append(std::span<const std::byte> bytes) override {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t count = ::write(fd_.get(), bytes.data() + done, bytes.size() - done);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) {
        const int error = errno;
        // Cut a partly written record off again: readers take a torn record in the middle for
        // damage.
        if (::ftruncate(fd_.get(), size_) == 0) ::lseek(fd_.get(), size_, SEEK_SET);
        return {StatusCode::kIoError,
                path_ + ": cannot write: " + std::generic_category().message(error)};
      }
      done += static_cast<std::size_t>(count);
    }
    size_ += static_cast<off_t>(bytes.size());
    return {};
  }

  Status Sync() override {
    if (::fdatasync(fd_.get()) != 0)
      return {StatusCode::kIoError,
              path_ + ": cannot sync: " + std::generic_category().message(errno)};
    return {};
  }

  [[nodiscard]] const std::string& path() const override { return path_; }

 private:
  std::string path_;
  Descriptor fd_;
  off_t size_ = 0;
};

class PosixFileSystemImpl final : public FileSystem {
 public:
  Result<std::unique_ptr<ReadableFile>> OpenForRead(const std::string& path) override {
    // O_NONBLOCK: opening a FIFO must not wait for its writer.
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return ErrnoStatus(path, "open", errno);
    auto file = std::make_unique<PosixReadableFile>(path, fd);
    SIDECAR_ASSIGN_OR_RETURN(FileInfo info, file->Stat());
    if (info.kind != FileInfo::Kind::kRegular) {
      return Status(
          StatusCode::kFailedPrecondition,
          path + ": is " +
              (info.kind == FileInfo::Kind::kDirectory ? "a directory" : "not a regular file") +
              ", expected a file");
    }
    return std::unique_ptr<ReadableFile>(std::move(file));
  }

  Result<std::unique_ptr<WritableFile>> CreateNew(const std::string& path) override {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) return CannotCreate(path, "create", errno);
    return std::unique_ptr<WritableFile>(std::make_unique<PosixWritableFile>(path, fd));
  }

  Result<FileInfo> Stat(const std::string& path) override {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return ErrnoStatus(path, "stat", errno);
    return ToFileInfo(status);
  }

  Result<std::vector<std::string>> List(const std::string& directory) override {
    DIR* dir = ::opendir(directory.c_str());
    if (dir == nullptr) return ErrnoStatus(directory, "list", errno);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(dir)) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
      errno = 0;
    }
    const int error = errno;
    ::closedir(dir);
    if (error != 0) return ErrnoStatus(directory, "list", error);
    return names;
  }

  Status CreateDirectories(const std::string& path) override {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return CannotCreate(path, "create directory", error.value());
    return {};
  }

  Status Rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0)
      return CannotCreate(to, "rename into place", errno);
    return {};
  }

  Status Remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return ErrnoStatus(path, "remove", errno);
    return {};
  }

  Status CheckWritableDirectory(const std::string& path) override {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return CannotCreate(path, "use as a directory", errno);
    if (!S_ISDIR(status.st_mode)) return CannotCreate(path, "use as a directory", ENOTDIR);
    if (::access(path.c_str(), W_OK | X_OK) != 0)
      return CannotCreate(path, "write into the directory", errno);
    return {};
  }
};

}  // namespace

FileSystem& PosixFileSystem() {
  static PosixFileSystemImpl instance;
  return instance;
}

}  // namespace sidecar::base
