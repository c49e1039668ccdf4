// A checkpoint format as small as can be, for scenarios: an index and data files in text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "checkpoint/variable_source.h"
#include "sidecar/status.h"

namespace sidecar::scenarios {

/// What a checkpoint holds.
struct FakeContent {
  std::string content = "A";         ///< stands for all values: another text, another digest
  double value = 0;                  ///< the only variable's
  std::optional<std::int64_t> step;  ///< the optimizer's iterations
  std::size_t shards = 1;
  bool fits = true;  ///< whether it is a checkpoint of the scenario's model
};

/// The names and contents of its files after "<prefix>", data files first, the index last.
std::vector<std::pair<std::string, std::string>> FakeFiles(const FakeContent& content);

/// Called with "open" or "read" and the prefix before that is done.
using FakeHook = std::function<void(const std::string& moment, const std::string& prefix)>;

/// Opens index and data files as OpenTfCheckpoint() does: kNotFound without an index, kUnavailable
/// for one that is cut off or a data file that is missing or short, kDataLoss for damage.
Result<std::unique_ptr<checkpoint::VariableSource>> OpenFakeCheckpoint(base::FileSystem& fs,
                                                                       const std::string& prefix,
                                                                       const FakeHook& hook);

}  // namespace sidecar::scenarios
