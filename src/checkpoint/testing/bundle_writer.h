// Writes TensorFlow checkpoints for tests: what real writers make, and what they never would.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/memory_file_system.h"
#include "checkpoint/bundle_entry.h"
#include "checkpoint/testing/table_writer.h"
#include "sidecar/tensor.h"

namespace sidecar::checkpoint::testing {

[[nodiscard]] std::string EncodeHeader(std::int32_t num_shards, bool big_endian);
/// Whatever the fields hold, sound or not.
[[nodiscard]] std::string EncodeEntry(const BundleEntry& entry);

/// Collects tensors, then writes index and shards.
class BundleWriter {
 public:
  explicit BundleWriter(std::int32_t num_shards = 1, bool big_endian = false)
      : big_endian_(big_endian), shards_(static_cast<std::size_t>(num_shards)) {
    entries_[""] = EncodeHeader(num_shards, big_endian);
  }

  void Add(const std::string& key, const Tensor& tensor, std::int32_t shard = 0);
  void AddStrings(const std::string& key, const Shape& shape,
                  const std::vector<std::string>& values, std::int32_t shard = 0);
  /// Slice i of the tensor goes to shard i modulo the number of shards.
  void AddPartitioned(const std::string& key, const Tensor& tensor,
                      const std::vector<TensorSlice>& slices);

  /// The encoded messages by their keys, to be changed at will.
  [[nodiscard]] std::map<std::string, std::string>& entries() { return entries_; }
  /// The content of a data file, to be changed at will.
  [[nodiscard]] std::string& shard(std::int32_t number) {
    return shards_.at(static_cast<std::size_t>(number));
  }
  /// Appends bytes to a shard and returns the fields that say where they are.
  BundleEntry AppendData(const std::string& bytes, std::int32_t shard);

  [[nodiscard]] std::string Index(const TableOptions& options = {}) const;
  /// All files by their paths.
  [[nodiscard]] std::map<std::string, std::string> Files(const std::string& prefix,
                                                         const TableOptions& options = {}) const;
  void Write(base::MemoryFileSystem& fs, const std::string& prefix,
             const TableOptions& options = {}) const;

 private:
  [[nodiscard]] std::string FileBytes(const Tensor& tensor) const;

  bool big_endian_;
  std::map<std::string, std::string> entries_;
  std::vector<std::string> shards_;
};

/// Builds a TrackableObjectGraph. Node 0, the root, is there from the start.
class GraphWriter {
 public:
  GraphWriter() : nodes_(1) {}

  std::uint32_t AddNode();
  void AddChild(std::uint32_t parent, const std::string& name, std::uint32_t child);
  /// A new node below `parent` whose value has that key.
  std::uint32_t AddVariable(std::uint32_t parent, const std::string& name, const std::string& key,
                            const std::string& full_name = "");
  /// The node that the '/'-separated names lead to, made where it is not there.
  std::uint32_t Path(std::uint32_t from, const std::string& path);

  [[nodiscard]] std::string Serialize() const;

 private:
  struct Node {
    std::vector<std::pair<std::string, std::uint32_t>> children;
    std::string attributes;  // encoded
  };
  std::vector<Node> nodes_;
};

/// A checkpoint as tf.train.Checkpoint(model=…, optimizer=…) writes it.
struct CheckpointContent {
  /// Variables by their path from the model: "layer_with_weights-0/kernel".
  std::vector<std::pair<std::string, Tensor>> variables;
  std::optional<std::int64_t> step;  ///< optimizer/_iterations
  /// The model's place; empty: the root, as save_weights() writes it.
  std::string model_name = "model";
};
[[nodiscard]] BundleWriter MakeCheckpoint(const CheckpointContent& content);

}  // namespace sidecar::checkpoint::testing
