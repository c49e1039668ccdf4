// Global heap collections: where strings of variable length stand (specification, section III.E).
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/hdf5/file_view.h"
#include "sidecar/status.h"

namespace sidecar::checkpoint::hdf5 {

/// Reads objects of global heaps and keeps the collections it has met. Made anew for each call of
/// the public API, so that what it keeps stays within that call's budget. Not thread-safe.
class GlobalHeap {
 public:
  explicit GlobalHeap(FileView& view) : view_(view) {}
  /// The object that a variable-length element of 16 bytes refers to, of the length it declares;
  /// empty for length 0. Valid as long as this object.
  Result<std::string_view> Find(std::span<const std::byte> reference);

 private:
  struct Collection {
    std::vector<std::byte> bytes;
    std::map<std::uint16_t, std::string_view> objects;
  };

  Result<const Collection*> Load(std::uint64_t address);

  FileView& view_;
  std::map<std::uint64_t, Collection> collections_;
};

}  // namespace sidecar::checkpoint::hdf5
