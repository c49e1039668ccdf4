// Groups: the names in them and what they lead to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "checkpoint/hdf5/file_view.h"
#include "checkpoint/hdf5/object_header.h"
#include "sidecar/status.h"

namespace sidecar::checkpoint::hdf5 {

struct Link {
  enum class Kind : std::uint8_t { kHard, kSoft, kExternal, kUserDefined };
  std::string name;
  Kind kind = Kind::kHard;
  std::uint64_t address = 0;  ///< of the object header; hard links only
};

/// The links of one group.
class Group {
 public:
  [[nodiscard]] const std::vector<Link>& links() const { return links_; }
  /// The link with that name, or null.
  [[nodiscard]] const Link* Find(std::string_view name) const;
  /// Adds a link; false where the name is taken.
  bool Add(Link link);

 private:
  std::vector<Link> links_;
  std::unordered_map<std::string, std::size_t> by_name_;
};

/// Whether the object is a group (as opposed to a dataset or a named type).
[[nodiscard]] bool IsGroup(const ObjectHeader& header);

/// Reads the links of a group: symbol tables (specification, III.B to III.D) and link messages
/// (IV.A.2.g). kUnimplemented for dense link storage; kDataLoss for damage and duplicate names.
Result<Group> ReadGroup(FileView& view, const ObjectHeader& header);

}  // namespace sidecar::checkpoint::hdf5
