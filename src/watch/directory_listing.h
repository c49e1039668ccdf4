// What a checkpoint directory holds, by the names of its files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "sidecar/status.h"

namespace sidecar::watch {

/// A checkpoint that is there, as far as its index file tells.
struct Candidate {
  std::string prefix;                  ///< directory and name, without `.index`
  std::optional<std::int64_t> number;  ///< CheckpointNumber(prefix)
  /// The index file when the candidate was seen. With the two below it hints at whether the content
  /// changed; only the digest of what was read decides.
  base::FileInfo index;
  base::FileInfo state;                ///< the state file then; all zero where there was none
  std::vector<base::FileInfo> shards;  ///< the data files; filled by StampShards() only

  friend bool operator==(const Candidate&, const Candidate&) = default;
};

/// Whether a file of this name is a writer's temporary one (`checkpoint.tmp…`, `…_temp`,
/// `….tempstate…`, `workertemp_…`), never a checkpoint.
[[nodiscard]] bool IsTemporaryName(std::string_view name);

/// The prefix of the checkpoint that `path` is a file of, by its name: "DIR/ckpt-1" for
/// "DIR/ckpt-1.index" and "DIR/ckpt-1.data-00000-of-00001". Nothing for other names.
[[nodiscard]] std::optional<std::string> PrefixOfFile(std::string_view path);

/// What the names in a directory say.
struct DirectoryCounts {
  std::size_t index_files = 0;
  std::size_t data_files = 0;
  std::size_t weights_files = 0;  ///< .weights.h5
  std::size_t h5_files = 0;       ///< .h5 and .hdf5 but for .weights.h5
  std::size_t keras_files = 0;    ///< .keras
  std::size_t temporary = 0;
  std::size_t others = 0;
  bool has_state_file = false;
};
[[nodiscard]] DirectoryCounts CountNames(const std::vector<std::string>& names);

/// Every checkpoint with an index file in `directory`, oldest first: by number; those without a
/// number stand before all others, by modification time. Reads names, then the status of the index
/// files. Files that vanish meanwhile are left out. Fails as FileSystem::List().
Result<std::vector<Candidate>> ListCheckpoints(base::FileSystem& fs, const std::string& directory);

/// Fills candidate.shards with the status of the data files that are there now. A file system that
/// fails leaves them out.
void StampShards(base::FileSystem& fs, Candidate& candidate);

}  // namespace sidecar::watch
