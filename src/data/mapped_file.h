// A whole file as bytes in memory that nobody has to read in.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "sidecar/status.h"

namespace sidecar::data {

/// A regular file mapped read-only: for evaluation data, which nobody changes while it is read (a
/// file cut short under a mapping ends the process with SIGBUS). Thread-safe.
class MappedFile {
 public:
  /// Fails with kNotFound when the file cannot be opened or is not a regular file, with kIoError
  /// when it cannot be mapped.
  static Result<std::shared_ptr<const MappedFile>> Open(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::span<const std::byte> bytes_;
};

}  // namespace sidecar::data
