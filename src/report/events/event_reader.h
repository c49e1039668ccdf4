// Reads event files back, for `inspect` and for tests.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::report {

/// One value of a summary.
struct EventValue {
  std::string tag;
  std::string plugin;             ///< "scalars", "images", …; empty where none is named
  std::optional<double> scalar;   ///< of a scalar summary, in either encoding
  DType dtype = DType::kInvalid;  ///< of the value's tensor, where it has one
};

struct Event {
  std::uint64_t offset = 0;  ///< of its record in the file, in bytes
  double wall_time = 0;      ///< seconds since the Unix epoch
  std::int64_t step = 0;
  std::string file_version;  ///< of the first event
  std::vector<EventValue> values;
};

/// Reads one event after another. Not thread-safe.
class EventReader {
 public:
  /// Fails with kNotFound or kIoError.
  static Result<EventReader> Open(base::FileSystem& fs, const std::string& path);

  /// The next event, or nothing at the end of the file or at a record that the file ends within (it
  /// may still be growing: torn_bytes()). kDataLoss naming file and offset for a wrong checksum or
  /// a damaged message, after which the rest of the file cannot be read.
  Result<std::optional<Event>> Next();
  /// Bytes behind the last whole record; valid once Next() has returned nothing.
  [[nodiscard]] std::uint64_t torn_bytes() const { return size_ - offset_; }

 private:
  EventReader(std::unique_ptr<base::ReadableFile> file, std::uint64_t size)
      : file_(std::move(file)), size_(size) {}
  /// Reads bytes of the file into record_.
  Status Read(std::uint64_t offset, std::uint64_t count);
  [[nodiscard]] Status Damaged(std::string_view problem) const;

  std::unique_ptr<base::ReadableFile> file_;
  std::uint64_t size_ = 0;
  std::uint64_t offset_ = 0;
  std::string record_;
};

}  // namespace sidecar::report
