#include "engine/usable_threads.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <thread>

#include "engine/engine.h"

namespace sidecar::engine {
namespace {

// These files report a size of 0 or a page, whatever they hold.
std::optional<std::string> ReadKernelFile(base::FileSystem& fs, const std::string& path) {
  auto file = fs.OpenForRead(path);
  if (!file.ok()) return std::nullopt;
  std::string content(4096, '\0');
  const auto count = (*file)->ReadAt(0, std::as_writable_bytes(std::span(content)));
  if (!count.ok()) return std::nullopt;
  content.resize(*count);
  return content;
}

std::optional<double> ParseNumber(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// cpu.max holds "max 100000" or "<quota> <period>", both in microseconds.
std::optional<double> QuotaOfMax(std::string_view content) {
  const std::size_t space = content.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto quota = ParseNumber(content.substr(0, space));
  const auto period = ParseNumber(content.substr(space + 1));
  if (!quota || !period || *period <= 0) return std::nullopt;
  return *quota / *period;
}

std::optional<double> LeastOf(std::optional<double> a, std::optional<double> b) {
  if (!a) return b;
  if (!b) return a;
  return std::min(*a, *b);
}

// The path of the group in the line "<id>:<controllers>:<path>" whose controllers contain
// `controller` ("" for v2).
std::optional<std::string> GroupPath(std::string_view lines, std::string_view controller) {
  while (!lines.empty()) {
    const std::size_t newline = std::min(lines.find('\n'), lines.size());
    const std::string_view line = lines.substr(0, newline);
    lines.remove_prefix(std::min(newline + 1, lines.size()));
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string controllers =
        "," + std::string(line.substr(first + 1, second - first - 1)) + ",";
    const bool matches =
        controller.empty()
            ? controllers == ",,"
            : controllers.find("," + std::string(controller) + ",") != std::string::npos;
    if (matches) return std::string(line.substr(second + 1));
  }
  return std::nullopt;
}

std::optional<double> QuotaOfVersion1(base::FileSystem& fs, const std::string& directory) {
  const auto quota_text = ReadKernelFile(fs, directory + "/cpu.cfs_quota_us");
  const auto period_text = ReadKernelFile(fs, directory + "/cpu.cfs_period_us");
  if (!quota_text || !period_text) return std::nullopt;
  const auto quota = ParseNumber(*quota_text);
  const auto period = ParseNumber(*period_text);
  if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
  return *quota / *period;
}

template <class ReadQuota>
std::optional<double> LeastUpwards(std::string directory, const std::string& root, ReadQuota read) {
  std::optional<double> least;
  while (directory.size() >= root.size()) {
    least = LeastOf(least, read(directory));
    const std::size_t slash = directory.rfind('/');
    if (slash == std::string::npos || slash < root.size()) break;
    directory.resize(slash);
  }
  return LeastOf(least, read(root));
}

int AffinityCpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof(set), &set) == 0) return CPU_COUNT(&set);
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

}  // namespace

std::optional<double> CgroupCpus(base::FileSystem& fs, std::string_view cgroup_of_process,
                                 const std::string& cgroup_root) {
  std::optional<double> least;
  if (const auto path = GroupPath(cgroup_of_process, "")) {
    least = LeastUpwards(cgroup_root + *path, cgroup_root,
                         [&](const std::string& directory) -> std::optional<double> {
                           const auto content = ReadKernelFile(fs, directory + "/cpu.max");
                           return content ? QuotaOfMax(*content) : std::nullopt;
                         });
  }
  if (const auto path = GroupPath(cgroup_of_process, "cpu")) {
    const std::string root = cgroup_root + "/cpu";
    least = LeastOf(least, LeastUpwards(root + *path, root, [&](const std::string& directory) {
                      return QuotaOfVersion1(fs, directory);
                    }));
  }
  return least;
}

int UsableThreads() {
  int threads = AffinityCpus();
  base::FileSystem& fs = base::PosixFileSystem();
  if (const auto groups = ReadKernelFile(fs, "/proc/self/cgroup")) {
    if (const auto cpus = CgroupCpus(fs, *groups))
      threads = std::min(threads, static_cast<int>(std::ceil(*cpus)));
  }
  return std::max(1, threads);
}

}  // namespace sidecar::engine
