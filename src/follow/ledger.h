// Which checkpoints were not evaluated, and why: nothing is lost without a word.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sidecar::follow {

/// Checkpoints by base name. Keeps at most 10,000 of them and counts the others. Not thread-safe.
class Ledger {
 public:
  void Evaluated(std::string_view prefix);
  /// It could not be used; replaces what was noted before.
  void Unusable(std::string_view prefix, const std::string& reason);
  /// A newer one was chosen; keeps what was noted before.
  void Skipped(std::string_view prefix);

  /// Whether some checkpoint could not be used and was not evaluated later.
  [[nodiscard]] bool has_unusable() const;
  /// "3 checkpoints were not evaluated:" and an indented line for each, in the order of their
  /// numbers, at most 20; empty if there are none.
  [[nodiscard]] std::vector<std::string> Summary() const;

 private:
  struct Entry {
    bool evaluated = false;
    std::optional<std::string> reason;  // why it is unusable; nothing: skipped
  };
  Entry* Find(std::string_view prefix);

  std::map<std::string, Entry, std::less<>> entries_;
  std::size_t left_out_ = 0;
};

}  // namespace sidecar::follow
