#include "report/events/event_file_writer.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "base/byte_reader.h"
#include "base/status_macros.h"

namespace sidecar::report {
namespace {

constexpr std::size_t kMaxPendingBytes = 1 << 20;
constexpr std::string_view kPrefix = "events.out.tfevents.";
constexpr std::size_t kSecondsDigits = 10;

/// The time in an event file's name; nothing where there is none.
std::optional<std::int64_t> SecondsInName(std::string_view name) {
  if (!name.starts_with(kPrefix)) return std::nullopt;
  const std::string_view digits = name.substr(kPrefix.size(), kSecondsDigits);
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  if (error != std::errc() || end != digits.data() + kSecondsDigits) return std::nullopt;
  return seconds;
}

}  // namespace

EventFileIdentity CurrentEventFileIdentity() {
  std::array<char, 256> hostname{};
  // The last byte stays zero: POSIX leaves open whether a cut name is terminated.
  if (::gethostname(hostname.data(), hostname.size() - 1) != 0) hostname[0] = '\0';
  EventFileIdentity identity;
  identity.hostname = hostname[0] == '\0' ? "localhost" : hostname.data();
  identity.process_id = ::getpid();
  return identity;
}

EventFileWriter::EventFileWriter(std::string directory, EventFileIdentity identity,
                                 base::FileSystem& fs, const base::Clock& clock)
    : directory_(std::move(directory)), identity_(std::move(identity)), fs_(fs), clock_(clock) {}

Status EventFileWriter::Write(std::span<const ScalarEvent> events) {
  std::string records;
  for (const ScalarEvent& event : events) AppendRecord(records, EncodeScalarEvent(event));
  if (records.size() > kMaxPendingBytes - std::min(pending_.size(), kMaxPendingBytes)) {
    return {StatusCode::kIoError,
            fmt::format("{}: {} summaries are lost: {} bytes of earlier ones still wait to be "
                        "written",
                        directory_, events.size(), pending_.size())};
  }
  pending_ += records;
  return WritePending();
}

Status EventFileWriter::Flush() {
  SIDECAR_RETURN_IF_ERROR(WritePending());
  if (synced_ || file_ == nullptr) return {};
  SIDECAR_RETURN_IF_ERROR(file_->Sync());
  synced_ = true;
  return {};
}

Status EventFileWriter::WritePending() {
  if (pending_.empty()) return {};
  LeaveFileThatIsNotOurs();
  if (file_ == nullptr) SIDECAR_RETURN_IF_ERROR(StartFile());
  std::string records;
  if (size_bytes_ == 0) AppendRecord(records, EncodeVersionEvent(std::floor(clock_.WallSeconds())));
  records += pending_;
  const Status status = file_->Append(base::AsBytes(records));
  if (!status.ok()) {
    LeaveFileThatIsNotOurs();
    return status;
  }
  size_bytes_ += records.size();
  pending_.clear();
  synced_ = false;
  return {};
}

void EventFileWriter::LeaveFileThatIsNotOurs() {
  if (file_ == nullptr) return;
  const Result<base::FileInfo> info = fs_.Stat(path_);
  if (!info.ok() || info->size != size_bytes_) file_.reset();
}

Status EventFileWriter::StartFile() {
  SIDECAR_RETURN_IF_ERROR(fs_.CreateDirectories(directory_));
  SIDECAR_ASSIGN_OR_RETURN(const std::string name, NewName());
  const std::string path = base::JoinPath(directory_, name);
  SIDECAR_ASSIGN_OR_RETURN(file_, fs_.CreateNew(path));
  path_ = path;
  size_bytes_ = 0;
  ++files_started_;
  return {};
}

Result<std::string> EventFileWriter::NewName() const {
  SIDECAR_ASSIGN_OR_RETURN(const std::vector<std::string> names, fs_.List(directory_));
  const auto make = [this](std::int64_t seconds) {
    return fmt::format("{}{:010}.{}.{}.{}.v2", kPrefix, seconds, identity_.hostname,
                       identity_.process_id, files_started_);
  };
  auto seconds = static_cast<std::int64_t>(std::floor(clock_.WallSeconds()));
  for (const std::string& name : names) {
    const std::optional<std::int64_t> other = SecondsInName(name);
    if (other && name >= make(seconds)) seconds = std::max(seconds, *other + 1);
  }
  return make(seconds);
}

}  // namespace sidecar::report
