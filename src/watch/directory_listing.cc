#include "watch/directory_listing.h"

#include <algorithm>
#include <tuple>

#include "base/status_macros.h"
#include "watch/checkpoint_number.h"
#include "watch/state_file.h"

namespace sidecar::watch {
namespace {

constexpr std::string_view kIndexExtension = ".index";

bool IsOlder(const Candidate& a, const Candidate& b) {
  if (a.number.has_value() != b.number.has_value()) return !a.number.has_value();
  if (a.number != b.number) return *a.number < *b.number;
  return std::tie(a.index.mtime_ns, a.prefix) < std::tie(b.index.mtime_ns, b.prefix);
}

}  // namespace

bool IsTemporaryName(std::string_view name) {
  return name.starts_with("checkpoint.tmp") || name.starts_with("workertemp_") ||
         name.ends_with("_temp") || name.find(".tempstate") != std::string_view::npos;
}

std::optional<std::string> PrefixOfFile(std::string_view path) {
  if (path.ends_with(kIndexExtension)) {
    return std::string(path.substr(0, path.size() - kIndexExtension.size()));
  }
  const std::size_t at = path.rfind(".data-");
  if (at == std::string_view::npos) return std::nullopt;
  std::string shape;  // "00000-of-00001" with every digit a 0
  for (const char c : path.substr(at + 6)) shape += c >= '0' && c <= '9' ? '0' : c;
  if (shape != "00000-of-00000") return std::nullopt;
  return std::string(path.substr(0, at));
}

DirectoryCounts CountNames(const std::vector<std::string>& names) {
  DirectoryCounts counts;
  for (const std::string& name : names) {
    if (name == kStateFileName) {
      counts.has_state_file = true;
    } else if (IsTemporaryName(name)) {
      ++counts.temporary;
    } else if (name.ends_with(kIndexExtension)) {
      ++counts.index_files;
    } else if (name.find(".data-") != std::string::npos) {
      ++counts.data_files;
    } else if (name.ends_with(".weights.h5")) {
      ++counts.weights_files;
    } else if (name.ends_with(".h5") || name.ends_with(".hdf5")) {
      ++counts.h5_files;
    } else if (name.ends_with(".keras")) {
      ++counts.keras_files;
    } else {
      ++counts.others;
    }
  }
  return counts;
}

Result<std::vector<Candidate>> ListCheckpoints(base::FileSystem& fs, const std::string& directory) {
  SIDECAR_ASSIGN_OR_RETURN(const std::vector<std::string> names, fs.List(directory));
  std::vector<Candidate> found;
  for (const std::string& name : names) {
    if (!name.ends_with(kIndexExtension) || name.size() == kIndexExtension.size() ||
        IsTemporaryName(name)) {
      continue;
    }
    const std::string path = base::JoinPath(directory, name);
    const Result<base::FileInfo> info = fs.Stat(path);
    if (!info.ok() || info->kind != base::FileInfo::Kind::kRegular) continue;
    Candidate candidate;
    candidate.prefix = path.substr(0, path.size() - kIndexExtension.size());
    candidate.number = CheckpointNumber(candidate.prefix);
    candidate.index = *info;
    found.push_back(std::move(candidate));
  }
  std::sort(found.begin(), found.end(), IsOlder);
  return found;
}

void StampShards(base::FileSystem& fs, Candidate& candidate) {
  candidate.shards.clear();
  const auto stamp = [&](const std::string& path) {
    const Result<base::FileInfo> info = fs.Stat(path);
    if (info.ok()) candidate.shards.push_back(*info);
    return info.ok();
  };
  // Nearly every checkpoint has this one data file; finding others means listing the directory.
  if (stamp(candidate.prefix + ".data-00000-of-00001")) return;
  const std::string directory(base::DirectoryName(candidate.prefix));
  Result<std::vector<std::string>> names = fs.List(directory);
  if (!names.ok()) return;
  std::sort(names->begin(), names->end());
  const std::string beginning = std::string(base::BaseName(candidate.prefix)) + ".data-";
  for (const std::string& name : *names) {
    if (name.starts_with(beginning) && !IsTemporaryName(name)) {
      stamp(base::JoinPath(directory, name));
    }
  }
}

}  // namespace sidecar::watch
