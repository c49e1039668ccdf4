// Which checkpoint is evaluated next: pure functions of what is there and what was done.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "watch/directory_listing.h"

namespace sidecar::watch {

/// What became of a checkpoint.
enum class Outcome : std::uint8_t {
  kEvaluated,
  kFailed,      ///< cannot be used, with this content
  kPassedOver,  ///< could not be read before a newer one came
};

/// The last that happened to one prefix.
struct Record {
  Outcome outcome = Outcome::kEvaluated;
  Candidate seen;      ///< as it was just before it was read
  std::string digest;  ///< of what was read; empty if nothing could be
};

/// What was done so far. Not thread-safe.
class History {
 public:
  void Add(Record record);
  /// Sets what was seen of the prefix anew, without an evaluation: its content is still the same.
  void Refresh(const Candidate& seen);
  /// The last record of that prefix, or null.
  [[nodiscard]] const Record* Find(const std::string& prefix) const;
  /// The prefix of the last record; empty at first.
  [[nodiscard]] const std::string& last_prefix() const { return last_prefix_; }

 private:
  std::map<std::string, Record> records_;
  std::string last_prefix_;
};

/// What to do with the checkpoint that was found.
enum class Choice : std::uint8_t {
  kNothing,       ///< used already
  kEvaluate,      ///< not used yet
  kCheckContent,  ///< used, but its files were touched since: evaluate if the digest differs
};

/// The reference's choice, the newest checkpoint not yet used. A `newest` named by the state file
/// whose prefix is not the last one used is new, also when it was evaluated earlier (training went
/// back to it); one found `without_state_file` is new only if it was never used. The prefix used
/// last is looked at again when its index file was touched; if it was evaluated, also when the
/// state file was written anew; if it failed, also when its data files changed.
[[nodiscard]] Choice ChooseNewest(const Candidate& newest, bool without_state_file,
                                  const History& history);

/// Whether the files of a checkpoint that could not be read have changed since.
[[nodiscard]] bool FilesDiffer(const Candidate& before, const Candidate& now);

}  // namespace sidecar::watch
