// HDF5 files as Keras and h5py write them: an own reader of that subset, because half-written and
// hostile files are routine here. Format: "HDF5 File Format Specification Version 3.0".
//
// Read: superblocks 0, 2 and 3, also behind a user block; object headers 1 and 2; groups as symbol
// tables or as links in their header; compact, contiguous and chunked datasets (B-tree v1; version
// 4 single chunk, implicit, and unpaged fixed array indexes) with gzip, shuffle and Fletcher32;
// integers, floats, bfloat16, bool, strings of fixed and variable length; attributes in the
// object's header.
// Everything else is refused by its name: soft and external links, external storage, virtual
// datasets, references, other filters, dense storage.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::checkpoint {

/// One dataset, as its header describes it.
struct Hdf5DatasetInfo {
  /// Element type; kString for strings, kInvalid for types a Tensor cannot hold.
  DType dtype = DType::kInvalid;
  std::string type_name;  ///< for people: "float32", "big-endian int16", "compound of 12 bytes"
  Shape shape;
  std::uint64_t stored_bytes = 0;  ///< in the file, compressed; of a chunked dataset not known: 0
};

/// An open file. Paths are relative to the root, without a leading slash ("layers/dense/vars/0");
/// "" is the root group. Not thread-safe.
///
/// All failures name the file, and the path and byte offset where there is one: kUnavailable for a
/// file that is not complete (shorter than it says, or marked as being written), kDataLoss for
/// structural damage, kUnimplemented for what the list above leaves out, the file's own error where
/// it cannot be read. Whatever a file declares, the memory taken is bounded by a multiple of what
/// it holds, and the work of each call by a multiple of its size.
class Hdf5File {
 public:
  /// Reads the superblock.
  static Result<std::unique_ptr<Hdf5File>> Open(std::shared_ptr<const base::ReadableFile> file);
  /// Opens a file in memory that the caller keeps alive; errors call it `name`.
  static Result<std::unique_ptr<Hdf5File>> Open(std::span<const std::byte> bytes, std::string name);
  ~Hdf5File();
  Hdf5File(const Hdf5File&) = delete;
  Hdf5File& operator=(const Hdf5File&) = delete;

  [[nodiscard]] const std::string& name() const;

  /// Whether something is at `path`. A soft or external link on the way is refused, not followed.
  Result<bool> Contains(std::string_view path);
  /// Names of the links in a group, in the file's order. kNotFound where nothing is at `path`,
  /// kFailedPrecondition where that is a dataset.
  Result<std::vector<std::string>> Children(std::string_view path);
  /// Paths of all datasets at or below `path`; links that would be refused are left out, and an
  /// object that is reached twice is listed once. At most `max_count` of them.
  Result<std::vector<std::string>> DatasetPaths(std::string_view path, std::size_t max_count);

  /// The dataset at `path`; nothing where nothing is there or a group is.
  Result<std::optional<Hdf5DatasetInfo>> FindDataset(std::string_view path);
  /// The elements of a dataset. kNotFound where there is none, kFailedPrecondition for strings and
  /// types a Tensor cannot hold. Callers who know the shape compare it first (FindDataset): an
  /// honest file may hold a large dataset.
  Result<Tensor> ReadTensor(std::string_view path);
  /// The elements of a dataset of strings, in row-major order.
  Result<std::vector<std::string>> ReadStrings(std::string_view path);

  /// Names of the attributes of the object at `path`.
  Result<std::vector<std::string>> AttributeNames(std::string_view path);
  /// The strings of an attribute, or nothing where the object has none of that name. Lists that
  /// Keras splits over `name0`, `name1`, … because of HDF5's limit of 64 KiB are joined.
  Result<std::optional<std::vector<std::string>>> StringAttribute(std::string_view path,
                                                                  std::string_view attribute);
  /// The numbers of an attribute, or nothing where the object has none of that name.
  Result<std::optional<Tensor>> TensorAttribute(std::string_view path, std::string_view attribute);

 private:
  struct Impl;
  explicit Hdf5File(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sidecar::checkpoint
