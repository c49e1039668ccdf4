#include "watch/notifier.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <optional>
#include <system_error>
#include <utility>

#include "base/file_system.h"
#include "base/log.h"
#include "watch/directory_listing.h"

namespace sidecar::watch {
namespace {

// A file is complete when it is closed or renamed into place; IN_CREATE is for hard links and
// directories. Writes alone wake nobody.
constexpr std::uint32_t kDirectoryEvents =
    IN_MOVED_TO | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
// Waits without a stop descriptor look at the stop request this often.
constexpr auto kStopPoll = std::chrono::milliseconds(100);

using Identity = std::pair<dev_t, ino_t>;

std::optional<Identity> IdentityOf(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return Identity(status.st_dev, status.st_ino);
}

class Notifier final : public Waiter {
 public:
  Notifier(std::string directory, const base::Clock& clock, const base::StopSignal& stop)
      : directory_(std::move(directory)),
        clock_(clock),
        stop_(stop),
        descriptor_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    if (descriptor_ < 0) {
      base::Log(LogLevel::kWarning,
                "No change notifications ({}): {} is looked at once per poll interval instead.",
                std::generic_category().message(errno), directory_);
    }
    Rearm();
  }
  ~Notifier() override {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  Wake Wait(base::Clock::TimePoint until) override;

 private:
  void Rearm();
  bool DrainEvents();
  bool TakeEvent(const inotify_event& event, std::string_view name);

  std::string directory_;
  const base::Clock& clock_;
  const base::StopSignal& stop_;
  int descriptor_;
  int watch_ = -1;
  std::string watched_path_;  // the directory, or its nearest existing parent
  std::optional<Identity> watched_;
  bool reported_ = false;
};

// Watches the directory as it is now: it may have come into being, gone, or been replaced.
void Notifier::Rearm() {
  if (descriptor_ < 0) return;
  std::string path = directory_;
  std::optional<Identity> identity = IdentityOf(path);
  while (!identity && path != "/" && path != ".") {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    path = base::DirectoryName(path);
    identity = IdentityOf(path);
  }
  if (watch_ >= 0 && path == watched_path_ && identity == watched_) return;
  if (watch_ >= 0) ::inotify_rm_watch(descriptor_, watch_);
  watch_ = ::inotify_add_watch(descriptor_, path.c_str(), kDirectoryEvents);
  watched_path_ = path;
  watched_ = identity;
  // A directory that vanished meanwhile is no reason for a message.
  if (watch_ >= 0 || errno == ENOENT || errno == ENOTDIR || reported_) return;
  reported_ = true;
  base::Log(LogLevel::kWarning,
            "No change notifications for {} ({}): it is looked at once per poll interval instead.",
            path, std::generic_category().message(errno));
}

// Whether the event is worth a look.
bool Notifier::TakeEvent(const inotify_event& event, std::string_view name) {
  if ((event.mask & IN_Q_OVERFLOW) != 0) return true;
  if (event.wd != watch_) return false;
  if ((event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0) {
    watched_.reset();  // whatever is at the path now is watched anew
    return true;
  }
  return !IsTemporaryName(name);
}

bool Notifier::DrainEvents() {
  bool changed = false;
  alignas(inotify_event) std::array<char, 16 << 10> buffer{};
  while (true) {
    const ssize_t count = ::read(descriptor_, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return changed;
    const auto size = static_cast<std::size_t>(count);
    for (std::size_t at = 0; size - at >= sizeof(inotify_event);) {
      inotify_event event;
      std::memcpy(&event, buffer.data() + at, sizeof(event));
      at += sizeof(event);
      const std::size_t length = std::min<std::size_t>(event.len, size - at);
      // The name is padded with NULs.
      const std::string_view padded(buffer.data() + at, length);
      changed |= TakeEvent(event, padded.substr(0, std::min(padded.find('\0'), padded.size())));
      at += length;
    }
  }
}

Wake Notifier::Wait(base::Clock::TimePoint until) {
  const int before = watch_;
  Rearm();
  // What happened before the new watch was set is not in its events.
  if (watch_ != before) return Wake::kChange;
  while (true) {
    if (stop_.requested()) return Wake::kStop;
    auto left = until - clock_.Now();
    if (left <= base::Clock::Duration::zero()) return Wake::kDeadline;
    if (stop_.descriptor() < 0) left = std::min<base::Clock::Duration>(left, kStopPoll);
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec timeout{whole.count(), (left - whole).count()};
    // poll() passes over negative descriptors.
    std::array<pollfd, 2> wait_for{{{descriptor_, POLLIN, 0}, {stop_.descriptor(), POLLIN, 0}}};
    const int ready = ::ppoll(wait_for.data(), wait_for.size(), &timeout, nullptr);
    if (ready <= 0 || (wait_for[0].revents & POLLIN) == 0) continue;
    if (!DrainEvents()) continue;
    Rearm();
    return Wake::kChange;
  }
}

}  // namespace

std::unique_ptr<Waiter> WatchDirectory(const std::string& directory, const base::Clock& clock,
                                       const base::StopSignal& stop) {
  return std::make_unique<Notifier>(directory, clock, stop);
}

}  // namespace sidecar::watch
