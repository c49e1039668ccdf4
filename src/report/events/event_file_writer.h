// Writes event files that TensorBoard can read at any moment.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/file_system.h"
#include "report/events/event.h"
#include "sidecar/status.h"

namespace sidecar::report {

/// What stands in the file's name beside the time.
struct EventFileIdentity {
  std::string hostname;
  std::int64_t process_id = 0;
};

/// This machine and process.
[[nodiscard]] EventFileIdentity CurrentEventFileIdentity();

/// Appends events to one new file in a directory. The file is created by the first Write(), under a
/// name that sorts behind those of all event files there, because TensorBoard reads a directory's
/// files in that order and never returns to an earlier one. Each Write() appends whole records with
/// one write call. After a failed write the file goes on only if it was cut back to whole records;
/// otherwise, and when somebody removed or changed the file, a new one is started. Events that
/// could not be written are kept, up to 1 MiB, and written first next time. Not thread-safe.
class EventFileWriter {
 public:
  /// `fs` and `clock` must outlive the writer.
  EventFileWriter(std::string directory, EventFileIdentity identity, base::FileSystem& fs,
                  const base::Clock& clock);

  /// Fails with kCannotCreate (directory, file) or kIoError; the events are kept for the next call.
  Status Write(std::span<const ScalarEvent> events);
  /// Writes what was kept and pushes the file to the disk.
  Status Flush();
  /// The file being written; empty before the first one was created.
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  Status WritePending();
  Status StartFile();
  [[nodiscard]] Result<std::string> NewName() const;
  /// Lets go of a file that does not hold just what was written here: a torn record could not be
  /// cut off, or somebody removed or changed the file.
  void LeaveFileThatIsNotOurs();

  std::string directory_;
  EventFileIdentity identity_;
  base::FileSystem& fs_;
  const base::Clock& clock_;

  std::unique_ptr<base::WritableFile> file_;
  std::string path_;
  std::uint64_t size_bytes_ = 0;  ///< what file_ holds: whole records
  std::string pending_;           ///< whole records still to be written
  std::int64_t files_started_ = 0;
  bool synced_ = true;
};

}  // namespace sidecar::report
