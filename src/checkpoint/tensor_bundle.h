// An opened TensorFlow checkpoint: its index in memory, its shards as open files.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "checkpoint/bundle_index.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::checkpoint {

/// The content of `PREFIX.index` and what identifies it.
struct IndexFile {
  std::string path;
  base::FileInfo info;  ///< as it was before the content was read
  std::string content;
};

/// Reads `PREFIX.index`. kNotFound when there is none (for a checkpoint of the obsolete first
/// format, which is a file named PREFIX: kFailedPrecondition); kUnavailable when it has gone stale
/// or is empty; kDataLoss when it is larger than any index.
Result<IndexFile> ReadIndexFile(base::FileSystem& fs, const std::string& prefix);

/// Every byte that is handed out has been checked against the checksum in the index; files are read
/// (never mapped), so that a file cut short while it is read is a failure and not a signal.
/// Thread-safe for reading.
class TensorBundle {
 public:
  /// Opens the checkpoint with that prefix ("dir/ckpt-7"): reads the index, opens all shards that
  /// it names, and looks whether they are as long as it says.
  ///
  /// kNotFound when there is no index; kUnavailable when index or shards are missing in part, too
  /// short or were replaced meanwhile, as happens while a checkpoint is being written or deleted;
  /// kDataLoss when the index is damaged.
  static Result<TensorBundle> Open(base::FileSystem& fs, const std::string& prefix);

  [[nodiscard]] const std::string& prefix() const { return prefix_; }
  [[nodiscard]] const BundleIndex& index() const { return index_; }
  /// SHA-256 of the `.index` file. It holds the checksum and place of every tensor, so that other
  /// content has another digest.
  [[nodiscard]] const std::string& digest() const { return digest_; }

  /// The tensor with that key; partitioned ones are put together. kNotFound when there is none,
  /// kUnimplemented for strings and variants, kDataLoss when its bytes do not have their checksum,
  /// kUnavailable when its shard has become too short or memory does not suffice.
  [[nodiscard]] Result<Tensor> ReadTensor(std::string_view key) const;
  /// The one string of a tensor of strings without dimensions. kFailedPrecondition when the tensor
  /// is of another kind; otherwise as ReadTensor().
  [[nodiscard]] Result<std::string> ReadString(std::string_view key) const;
  /// Reads the bytes of an entry of the index and checks them without keeping them; memory does not
  /// depend on their size. The bytes of a partitioned tensor belong to its slices: nothing is read
  /// for the entry that lists them.
  [[nodiscard]] Status Verify(const BundleEntry& entry) const;

 private:
  TensorBundle() = default;
  Status OpenShards(base::FileSystem& fs);
  Status CheckUnchanged(base::FileSystem& fs, const IndexFile& file) const;
  [[nodiscard]] Result<const base::ReadableFile*> Shard(const BundleEntry& entry) const;
  Status ReadDense(const BundleEntry& entry, std::span<std::byte> out) const;
  Status ReadParts(std::string_view key, const BundleEntry& entry, Tensor& tensor) const;

  std::string prefix_;
  std::string digest_;
  BundleIndex index_;
  std::map<std::int32_t, std::unique_ptr<base::ReadableFile>> shards_;
};

}  // namespace sidecar::checkpoint
