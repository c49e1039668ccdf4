#include "follow/ledger.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file_system.h"
#include "watch/checkpoint_number.h"

namespace sidecar::follow {
namespace {

constexpr std::size_t kMaxEntries = 10'000;
constexpr std::size_t kMaxLines = 20;

}  // namespace

Ledger::Entry* Ledger::Find(std::string_view prefix) {
  const std::string_view name = base::BaseName(prefix);
  const auto found = entries_.find(name);
  if (found != entries_.end()) return &found->second;
  if (entries_.size() >= kMaxEntries) return nullptr;
  return &entries_[std::string(name)];
}

void Ledger::Evaluated(std::string_view prefix) {
  if (Entry* entry = Find(prefix)) *entry = Entry{true, std::nullopt};
}

void Ledger::Unusable(std::string_view prefix, const std::string& reason) {
  if (Entry* entry = Find(prefix)) {
    *entry = Entry{false, reason};
  } else {
    ++left_out_;
  }
}

void Ledger::Skipped(std::string_view prefix) {
  if (Find(prefix) == nullptr) ++left_out_;
}

bool Ledger::has_unusable() const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const auto& entry) { return entry.second.reason.has_value(); });
}

std::vector<std::string> Ledger::Summary() const {
  struct Line {
    std::string name;
    const Entry* entry;
  };
  std::vector<Line> missed;
  for (const auto& [name, entry] : entries_) {
    if (!entry.evaluated) missed.push_back({name, &entry});
  }
  if (missed.empty()) return {};
  std::stable_sort(missed.begin(), missed.end(), [](const Line& a, const Line& b) {
    return watch::CheckpointNumber(a.name) < watch::CheckpointNumber(b.name);
  });
  const std::size_t count = missed.size() + left_out_;
  std::vector<std::string> lines;
  lines.push_back(
      fmt::format("{} checkpoint{} not evaluated:", count, count == 1 ? " was" : "s were"));
  for (const Line& line : missed) {
    if (lines.size() == kMaxLines) break;
    lines.push_back(fmt::format("  {}: {}", line.name,
                                line.entry->reason.value_or("a newer one was there first")));
  }
  const std::size_t shown = lines.size() - 1;
  if (shown < count) lines.push_back(fmt::format("  and {} more", count - shown));
  return lines;
}

}  // namespace sidecar::follow
