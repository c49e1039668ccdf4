// Bytes in memory as a readable file, so that a format's reader needs one way of reading only.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "base/file_system.h"

namespace sidecar::base {

/// A file whose content is a buffer. Thread-safe while nobody changes the bytes.
class BufferFile final : public ReadableFile {
 public:
  /// `owner` keeps `bytes` alive (it may be null where the caller does); `name` is what errors call
  /// the file.
  BufferFile(std::string name, std::span<const std::byte> bytes, std::shared_ptr<const void> owner)
      : name_(std::move(name)), bytes_(bytes), owner_(std::move(owner)) {}

  Result<FileInfo> Stat() const override {
    FileInfo info;
    info.size = bytes_.size();
    return info;
  }

  Result<std::size_t> ReadAt(std::uint64_t offset, std::span<std::byte> out) const override {
    if (offset >= bytes_.size() || out.empty()) return std::size_t{0};
    const std::size_t count = std::min<std::size_t>(out.size(), bytes_.size() - offset);
    std::memcpy(out.data(), bytes_.data() + offset, count);
    return count;
  }

  [[nodiscard]] const std::string& path() const override { return name_; }

 private:
  std::string name_;
  std::span<const std::byte> bytes_;
  std::shared_ptr<const void> owner_;
};

}  // namespace sidecar::base
