#include "watch/selection.h"

#include <utility>

namespace sidecar::watch {

void History::Add(Record record) {
  last_prefix_ = record.seen.prefix;
  records_.insert_or_assign(last_prefix_, std::move(record));
}

void History::Refresh(const Candidate& seen) {
  const auto found = records_.find(seen.prefix);
  if (found != records_.end()) found->second.seen = seen;
}

const Record* History::Find(const std::string& prefix) const {
  const auto found = records_.find(prefix);
  return found == records_.end() ? nullptr : &found->second;
}

bool FilesDiffer(const Candidate& before, const Candidate& now) {
  return before.index != now.index || before.shards != now.shards;
}

Choice ChooseNewest(const Candidate& newest, bool without_state_file, const History& history) {
  const Record* record = history.Find(newest.prefix);
  if (record == nullptr) return Choice::kEvaluate;
  if (!without_state_file && newest.prefix != history.last_prefix()) return Choice::kEvaluate;
  if (record->outcome != Outcome::kEvaluated) {
    return FilesDiffer(record->seen, newest) ? Choice::kEvaluate : Choice::kNothing;
  }
  const bool touched = record->seen.index != newest.index ||
                       (!without_state_file && record->seen.state != newest.state);
  return touched ? Choice::kCheckContent : Choice::kNothing;
}

}  // namespace sidecar::watch
