#include "data/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace sidecar::data {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

std::string ErrorText(int error) { return std::generic_category().message(error); }

}  // namespace

Result<std::shared_ptr<const MappedFile>> MappedFile::Open(const std::string& path) {
  // O_NONBLOCK: opening a FIFO must not wait for its writer.
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0)
    return Status(StatusCode::kNotFound, path + ": cannot open: " + ErrorText(errno));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0)
    return Status(StatusCode::kIoError, path + ": cannot stat: " + ErrorText(errno));
  if (!S_ISREG(info.st_mode)) {
    return Status(StatusCode::kNotFound,
                  path + ": is " + (S_ISDIR(info.st_mode) ? "a directory" : "not a regular file") +
                      ", expected a file");
  }
  const auto size = static_cast<std::size_t>(info.st_size);
  std::span<const std::byte> bytes;
  if (size > 0) {  // an empty mapping is an error to mmap
    void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (address == MAP_FAILED)
      return Status(StatusCode::kIoError, path + ": cannot map: " + ErrorText(errno));
    bytes = {static_cast<const std::byte*>(address), size};
  }
  return std::shared_ptr<const MappedFile>(new MappedFile(bytes));
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace sidecar::data
