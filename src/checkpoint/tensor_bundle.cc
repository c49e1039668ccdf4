#include "checkpoint/tensor_bundle.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <set>

#include "base/byte_reader.h"
#include "base/crc32c.h"
#include "base/status_macros.h"
#include "checkpoint/sha256.h"
#include "checkpoint/shard_stream.h"
#include "checkpoint/string_tensor.h"

namespace sidecar::checkpoint {
namespace {

constexpr std::uint64_t kMaxIndexBytes = std::uint64_t{256} << 20U;
constexpr std::uint64_t kMaxStringBytes = std::uint64_t{256} << 20U;
// Small enough to be in the cache when it is summed up, large enough for few calls.
constexpr std::size_t kChunkBytes = std::size_t{1} << 20U;

std::string ShardPath(const std::string& prefix, std::int32_t shard, std::int32_t count) {
  return fmt::format("{}.data-{:05}-of-{:05}", prefix, shard, count);
}

Status CheckCrc(const BundleEntry& entry, std::uint32_t found) {
  const std::uint32_t expected = base::UnmaskCrc(entry.masked_crc);
  if (found == expected) return {};
  return {StatusCode::kDataLoss,
          fmt::format("bytes {} to {} have checksum {:08x}, the index states {:08x}", entry.offset,
                      entry.offset + entry.size, found, expected)};
}

/// The numbers S and N of a name "PREFIX.data-S-of-N", five digits each.
std::optional<std::pair<std::int32_t, std::int32_t>> ParseShardName(std::string_view name,
                                                                    std::string_view base) {
  constexpr std::string_view kMark = ".data-";
  constexpr std::string_view kOf = "-of-";
  if (!name.starts_with(base)) return std::nullopt;
  name.remove_prefix(base.size());
  if (name.size() != kMark.size() + 5 + kOf.size() + 5 || !name.starts_with(kMark) ||
      name.substr(11, 4) != kOf) {
    return std::nullopt;
  }
  const auto number = [](std::string_view digits) {
    std::int32_t value = -1;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc() && end == digits.data() + digits.size() ? value : -1;
  };
  const std::pair result{number(name.substr(6, 5)), number(name.substr(15, 5))};
  if (result.first < 0 || result.second < 0) return std::nullopt;
  return result;
}

/// The count in the names of the shards. It is the header's, but after a merge that involved a part
/// without tensors: then names count the shards in use. Taken from the directory if exactly one
/// count has all the shards.
Result<std::int32_t> ShardCountFromDirectory(base::FileSystem& fs, const std::string& prefix,
                                             const std::map<std::int32_t, std::uint64_t>& needed) {
  SIDECAR_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                           fs.List(std::string(base::DirectoryName(prefix))));
  std::map<std::int32_t, std::set<std::int32_t>> shards_by_count;
  for (const std::string& name : names) {
    if (const auto numbers = ParseShardName(name, base::BaseName(prefix)))
      shards_by_count[numbers->second].insert(numbers->first);
  }
  std::vector<std::int32_t> complete;
  for (const auto& [count, present] : shards_by_count) {
    const bool all = std::all_of(needed.begin(), needed.end(), [&present = present](const auto& s) {
      return present.contains(s.first);
    });
    if (all) complete.push_back(count);
  }
  if (complete.size() == 1) return complete.front();
  return Status(StatusCode::kUnavailable, "");
}

/// Elements to the machine's byte order; complex numbers hold two.
void SwapBytes(DType dtype, std::span<std::byte> bytes) {
  std::size_t size = DTypeSize(dtype);
  if (dtype == DType::kComplex64 || dtype == DType::kComplex128) size /= 2;
  for (std::size_t i = 0; size > 1 && i + size <= bytes.size(); i += size)
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i),
                 bytes.begin() + static_cast<std::ptrdiff_t>(i + size));
}

/// Whether a tensor of bool has no other bytes than 0 and 1: reading others as bool is undefined.
bool HoldsTruthValues(const Tensor& tensor) {
  if (tensor.dtype() != DType::kBool) return true;
  const std::span<const std::byte> bytes = tensor.bytes();
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b <= std::byte{1}; });
}

std::string NameOf(std::string_view key) { return fmt::format("tensor '{}'", PrintableKey(key)); }

}  // namespace

Result<IndexFile> ReadIndexFile(base::FileSystem& fs, const std::string& prefix) {
  IndexFile index;
  index.path = prefix + ".index";
  auto file = fs.OpenForRead(index.path);
  if (!file.ok()) {
    if (file.status().code() == StatusCode::kNotFound) {
      const auto first_format = fs.Stat(prefix);
      if (first_format.ok() && first_format->kind == base::FileInfo::Kind::kRegular) {
        return Status(StatusCode::kFailedPrecondition,
                      prefix +
                          ": no .index file beside it; if it is a TensorFlow checkpoint, it has "
                          "the obsolete first format: save it again with tf.train.Checkpoint");
      }
    }
    return file.status();
  }
  SIDECAR_ASSIGN_OR_RETURN(index.info, (*file)->Stat());
  SIDECAR_ASSIGN_OR_RETURN(index.content, base::ReadWholeFile(**file, kMaxIndexBytes));
  return index;
}

Result<TensorBundle> TensorBundle::Open(base::FileSystem& fs, const std::string& prefix) {
  TensorBundle bundle;
  bundle.prefix_ = prefix;
  SIDECAR_ASSIGN_OR_RETURN(const IndexFile file, ReadIndexFile(fs, prefix));
  const auto bytes = base::AsBytes(file.content);
  SIDECAR_ASSIGN_OR_RETURN_CONTEXT(bundle.index_, BundleIndex::Parse(bytes), file.path);
  bundle.digest_ = Sha256Hex(bytes);
  SIDECAR_RETURN_IF_ERROR(bundle.OpenShards(fs));
  SIDECAR_RETURN_IF_ERROR(bundle.CheckUnchanged(fs, file));
  return bundle;
}

Status TensorBundle::OpenShards(base::FileSystem& fs) {
  std::int32_t count = index_.header().num_shards;
  bool count_is_final = false;
  // All are opened before anything is read: what is deleted from now on stays readable.
  for (auto it = index_.shard_sizes().begin(); it != index_.shard_sizes().end();) {
    const std::string path = ShardPath(prefix_, it->first, count);
    auto file = fs.OpenForRead(path);
    if (!file.ok()) {
      if (file.status().code() != StatusCode::kNotFound) return file.status();
      const auto other = count_is_final
                             ? Result<std::int32_t>(Status(StatusCode::kUnavailable, ""))
                             : ShardCountFromDirectory(fs, prefix_, index_.shard_sizes());
      if (!other.ok()) {
        return {StatusCode::kUnavailable,
                path + ": is missing: the checkpoint may still be being written or deleted"};
      }
      count = *other;
      count_is_final = true;
      shards_.clear();
      it = index_.shard_sizes().begin();
      continue;
    }
    shards_[it->first] = std::move(*file);
    ++it;
  }
  for (const auto& [shard, needed] : index_.shard_sizes()) {
    const base::ReadableFile& file = *shards_.at(shard);
    SIDECAR_ASSIGN_OR_RETURN(const base::FileInfo info, file.Stat());
    if (info.size >= needed) continue;
    return {StatusCode::kUnavailable,
            fmt::format("{}: {} bytes, the index needs {}: it may still be being written",
                        file.path(), info.size, needed)};
  }
  return {};
}

Status TensorBundle::CheckUnchanged(base::FileSystem& fs, const IndexFile& file) const {
  const auto now = fs.Stat(file.path);
  if (!now.ok()) {
    // Deleted since: everything is open, so that it can still be read.
    if (now.status().code() == StatusCode::kNotFound) return {};
    return now.status();
  }
  if (*now == file.info) return {};
  return {StatusCode::kUnavailable, file.path + ": was replaced while it was being read"};
}

Result<const base::ReadableFile*> TensorBundle::Shard(const BundleEntry& entry) const {
  const auto found = shards_.find(entry.shard);
  if (found != shards_.end()) return found->second.get();
  return Status(StatusCode::kInternal, fmt::format("shard {} was not opened", entry.shard));
}

Status TensorBundle::ReadDense(const BundleEntry& entry, std::span<std::byte> out) const {
  std::uint32_t crc = 0;
  if (!out.empty()) {
    SIDECAR_ASSIGN_OR_RETURN(const base::ReadableFile* file, Shard(entry));
    for (std::size_t done = 0; done < out.size();) {
      const std::span<std::byte> chunk =
          out.subspan(done, std::min(kChunkBytes, out.size() - done));
      SIDECAR_RETURN_IF_ERROR(ReadExactly(*file, entry.offset + done, chunk));
      crc = base::ExtendCrc32c(crc, chunk);
      done += chunk.size();
    }
    SIDECAR_RETURN_IF_ERROR_CONTEXT(CheckCrc(entry, crc), file->path());
  } else {
    SIDECAR_RETURN_IF_ERROR(CheckCrc(entry, crc));
  }
  if (index_.header().big_endian != (std::endian::native == std::endian::big))
    SwapBytes(entry.dtype, out);
  return {};
}

Status TensorBundle::ReadParts(std::string_view key, const BundleEntry& entry,
                               Tensor& tensor) const {
  SIDECAR_ASSIGN_OR_RETURN(const std::vector<BundleIndex::Part> parts, index_.Parts(key));
  const std::size_t element_bytes = DTypeSize(entry.dtype);
  for (const BundleIndex::Part& part : parts) {
    if (IsContiguous(entry.shape, part.box)) {
      const auto first = static_cast<std::size_t>(FirstElement(entry.shape, part.box));
      SIDECAR_RETURN_IF_ERROR(ReadDense(
          *part.entry, tensor.mutable_bytes().subspan(first * element_bytes, part.entry->size)));
      continue;
    }
    SIDECAR_ASSIGN_OR_RETURN(Tensor piece, Tensor::Uninitialized(entry.dtype, part.box.shape));
    SIDECAR_RETURN_IF_ERROR(ReadDense(*part.entry, piece.mutable_bytes()));
    CopyBox(entry.shape, part.box, element_bytes, piece.bytes(), tensor.mutable_bytes());
  }
  return {};
}

Result<Tensor> TensorBundle::ReadTensor(std::string_view key) const {
  const BundleEntry* entry = index_.Find(key);
  if (entry == nullptr) return Status(StatusCode::kNotFound, prefix_ + ": no " + NameOf(key));
  if (DTypeSize(entry->dtype) == 0) {
    return Status(StatusCode::kUnimplemented,
                  fmt::format("{}: {} holds {} elements, not numbers", prefix_, NameOf(key),
                              DTypeName(entry->dtype)));
  }
  // What is allocated here is there as file content: sizes and slices were checked on opening.
  SIDECAR_ASSIGN_OR_RETURN_CONTEXT(Tensor tensor, Tensor::Uninitialized(entry->dtype, entry->shape),
                                   NameOf(key));
  const Status status = entry->slices.empty() ? ReadDense(*entry, tensor.mutable_bytes())
                                              : ReadParts(key, *entry, tensor);
  if (!status.ok()) return status.WithContext(NameOf(key));
  if (!HoldsTruthValues(tensor)) {
    return Status(
        StatusCode::kDataLoss,
        fmt::format("{}: {} holds bool elements other than 0 and 1", prefix_, NameOf(key)));
  }
  return tensor;
}

Result<std::string> TensorBundle::ReadString(std::string_view key) const {
  const BundleEntry* entry = index_.Find(key);
  if (entry == nullptr) return Status(StatusCode::kNotFound, prefix_ + ": no " + NameOf(key));
  if (entry->dtype != DType::kString || entry->shape.rank() != 0 || !entry->slices.empty()) {
    return Status(StatusCode::kFailedPrecondition,
                  fmt::format("{}: {} is {}{}, expected one string", prefix_, NameOf(key),
                              DTypeName(entry->dtype), entry->shape.ToString()));
  }
  if (entry->size > kMaxStringBytes) {
    return Status(StatusCode::kDataLoss, fmt::format("{}: {} has {} bytes, allowed are {}", prefix_,
                                                     NameOf(key), entry->size, kMaxStringBytes));
  }
  SIDECAR_ASSIGN_OR_RETURN(const base::ReadableFile* file, Shard(*entry));
  ShardStream stream(*file, entry->offset, entry->size);
  std::string text;
  const auto append = [&text](std::uint64_t, std::span<const std::byte> part) {
    text.append(base::AsText(part));
  };
  auto crc = ReadStrings(stream, 1, index_.header().big_endian, append);
  const Status status = crc.ok() ? CheckCrc(*entry, *crc) : crc.status();
  if (!status.ok()) return status.WithContext(file->path() + ": " + NameOf(key));
  return text;
}

Status TensorBundle::Verify(const BundleEntry& entry) const {
  if (!entry.slices.empty()) return {};
  if (entry.size == 0) {
    // A string tensor without elements may lack the checksum of its lengths.
    if (entry.dtype == DType::kString) return {};
    return CheckCrc(entry, 0);
  }
  SIDECAR_ASSIGN_OR_RETURN(const base::ReadableFile* file, Shard(entry));
  ShardStream stream(*file, entry.offset, entry.size);
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t elements, entry.shape.NumElements());
  const auto count = static_cast<std::uint64_t>(elements);
  Result<std::uint32_t> crc = std::uint32_t{0};
  if (entry.dtype == DType::kString) {
    crc = ReadStrings(stream, count, index_.header().big_endian, {});
  } else if (entry.dtype == DType::kVariant) {
    crc = CheckVariants(stream, count, index_.header().big_endian);
  } else {
    while (crc.ok() && stream.remaining() > 0) {
      auto part = stream.Take(stream.remaining());
      crc = part.ok() ? Result<std::uint32_t>(base::ExtendCrc32c(*crc, *part)) : part.status();
    }
  }
  return (crc.ok() ? CheckCrc(entry, *crc) : crc.status()).WithContext(file->path());
}

}  // namespace sidecar::checkpoint
