// What a checkpoint holds, for people: `sidecar inspect`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::checkpoint {

/// A tensor of a checkpoint.
struct DescribedTensor {
  std::string key;  ///< as in the file
  DType dtype = DType::kInvalid;
  Shape shape;
  std::string full_name;         ///< TensorFlow's name of the variable; empty where not known
  std::int64_t shard = 0;        ///< the data file; of a partitioned tensor the first slice's
  std::uint64_t size_bytes = 0;  ///< in the file; of a partitioned tensor all slices'
  std::size_t num_slices = 0;    ///< 0: not partitioned
  /// OK, or why its bytes cannot be used. Filled in by VerifyTfCheckpoint().
  Status state;
};

struct CheckpointDescription {
  std::string prefix;
  std::string digest;           ///< SHA-256 of the index file
  std::int64_t num_shards = 0;  ///< as the index states it
  bool big_endian = false;
  bool has_object_graph = false;           ///< false: variables are found by name (TensorFlow 1)
  std::vector<std::string> root_children;  ///< names, in the writer's order
  std::optional<std::int64_t> step;        ///< the optimizer's `iterations`
  std::vector<DescribedTensor> tensors;    ///< in the order of their keys
  /// OK, or why the checkpoint cannot be read as a whole: shards that are missing or too short, a
  /// damaged object graph. The fields above then hold what the index alone says.
  Status state;
};

/// Reads index and object graph of the checkpoint with that prefix. Fails only when the index
/// itself cannot be read or is damaged; see `state` for the rest.
Result<CheckpointDescription> DescribeTfCheckpoint(base::FileSystem& fs, const std::string& prefix);

/// As above, and reads every tensor to check its checksum, whatever is damaged; memory does not
/// depend on their sizes. Returns the description with all states filled in.
Result<CheckpointDescription> VerifyTfCheckpoint(base::FileSystem& fs, const std::string& prefix);

/// The first failure in a description: the checkpoint's own state, else that of its first damaged
/// tensor, with the number of damaged tensors; OK when there is none.
[[nodiscard]] Status OverallState(const CheckpointDescription& description);

}  // namespace sidecar::checkpoint
