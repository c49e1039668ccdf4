// The bytes of an HDF5 file, handed out only within its bounds and within a budget of work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "sidecar/status.h"

namespace sidecar::checkpoint::hdf5 {

/// The address that stands for "nothing is stored".
constexpr std::uint64_t kUndefinedAddress = ~std::uint64_t{0};

/// Reads structures of one file. Every read of metadata is charged to a budget in proportion to the
/// file's size that each call of the public API starts anew, so that structures that refer to each
/// other in circles or many times end in an error soon. Not thread-safe.
class FileView {
 public:
  /// Addresses count from byte `base` of the file, and `size` bytes of it follow there.
  FileView(std::shared_ptr<const base::ReadableFile> file, std::uint64_t base, std::uint64_t size)
      : file_(std::move(file)), base_(base), size_(size) {
    StartCall();
  }

  [[nodiscard]] const std::string& name() const { return file_->path(); }
  [[nodiscard]] std::uint64_t size() const { return size_; }

  /// Starts the budget anew.
  void StartCall();
  /// Takes `bytes` from the budget; kDataLoss where nothing is left of it.
  Status Charge(std::uint64_t bytes);

  /// The `size` bytes of a structure called `what` at `address`. kDataLoss where they are not all
  /// inside the file.
  Result<std::vector<std::byte>> Read(std::uint64_t address, std::uint64_t size,
                                      std::string_view what);
  /// Fills `out` with elements of a dataset; not charged, because their size has been checked.
  Status ReadContents(std::uint64_t address, std::span<std::byte> out, std::string_view what) const;
  /// Whether `size` bytes at `address` are inside the file.
  [[nodiscard]] bool Holds(std::uint64_t address, std::uint64_t size) const {
    return address <= size_ && size <= size_ - address;
  }

  /// kDataLoss: "<file>: <what> at byte <address>: <problem>".
  [[nodiscard]] Status Damaged(std::string_view what, std::uint64_t address,
                               std::string_view problem) const;
  /// kUnimplemented, in the same form, for a feature of the format that is not read.
  [[nodiscard]] Status Unsupported(std::string_view what, std::uint64_t address,
                                   std::string_view feature) const;

 private:
  std::shared_ptr<const base::ReadableFile> file_;
  std::uint64_t base_;
  std::uint64_t size_;
  std::uint64_t budget_ = 0;
};

/// A structure's place, for messages about what is in it.
struct Where {
  const FileView* view = nullptr;
  std::string_view what;  ///< what stands there, for instance "object header"
  std::uint64_t address = 0;

  [[nodiscard]] Status Damaged(std::string_view problem) const {
    return view->Damaged(what, address, problem);
  }
  [[nodiscard]] Status Unsupported(std::string_view feature) const {
    return view->Unsupported(what, address, feature);
  }
};

}  // namespace sidecar::checkpoint::hdf5
