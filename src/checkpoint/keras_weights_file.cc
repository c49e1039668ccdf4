#include "checkpoint/keras_weights_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "base/buffer_file.h"
#include "base/byte_reader.h"
#include "base/status_macros.h"
#include "base/zip_reader.h"
#include "checkpoint/hdf5/hdf5_file.h"
#include "checkpoint/legacy_weights.h"
#include "checkpoint/sha256.h"

namespace sidecar::checkpoint {
namespace {

constexpr std::string_view kMember = "model.weights.h5";
// Keras's own limit for what it decompresses into memory. Stored members are read in place.
constexpr std::uint64_t kMaxInflatedBytes = std::uint64_t{4} << 30U;
constexpr std::size_t kHashBlock = std::size_t{1} << 20U;
constexpr std::size_t kMaxInMessage = 3;
constexpr std::size_t kMaxListed = 200;

std::string TypeText(std::string_view type, const Shape& shape) {
  return std::string(type) + shape.ToString();
}

/// A run of bytes of another file: a stored member of an archive.
class FilePart final : public base::ReadableFile {
 public:
  FilePart(std::shared_ptr<const base::ReadableFile> file, std::string name,
           base::ZipReader::Extent extent)
      : file_(std::move(file)), name_(std::move(name)), extent_(extent) {}

  Result<base::FileInfo> Stat() const override {
    SIDECAR_ASSIGN_OR_RETURN(base::FileInfo info, file_->Stat());
    info.size = extent_.size;
    return info;
  }
  Result<std::size_t> ReadAt(std::uint64_t offset, std::span<std::byte> out) const override {
    if (offset >= extent_.size) return std::size_t{0};
    return file_->ReadAt(extent_.offset + offset,
                         out.first(std::min<std::uint64_t>(out.size(), extent_.size - offset)));
  }
  [[nodiscard]] const std::string& path() const override { return name_; }

 private:
  std::shared_ptr<const base::ReadableFile> file_;
  std::string name_;
  base::ZipReader::Extent extent_;
};

/// The member of a `.keras` archive as a file, its CRC-32 checked.
Result<std::shared_ptr<const base::ReadableFile>> OpenMember(
    std::shared_ptr<const base::ReadableFile> file) {
  SIDECAR_ASSIGN_OR_RETURN(std::unique_ptr<base::ZipReader> zip, base::ZipReader::Open(file));
  const base::ZipMember* member = zip->Find(kMember);
  if (member == nullptr) {
    return Status(StatusCode::kUnimplemented,
                  fmt::format("{}: an archive without the member '{}' is not supported as a "
                              "checkpoint{}",
                              file->path(), kMember,
                              zip->Find("model.weights.npz") == nullptr
                                  ? ""
                                  : "; it has model.weights.npz, save with h5py installed"));
  }
  std::string name = fmt::format("{}:{}", file->path(), kMember);
  const auto extent = zip->StoredExtent(*member);
  if (extent) {
    SIDECAR_RETURN_IF_ERROR(zip->VerifyMember(*member));
    return std::shared_ptr<const base::ReadableFile>(
        std::make_shared<FilePart>(std::move(file), std::move(name), *extent));
  }
  SIDECAR_ASSIGN_OR_RETURN(std::string content, zip->ReadMember(kMember, kMaxInflatedBytes));
  auto owner = std::make_shared<const std::string>(std::move(content));
  return std::shared_ptr<const base::ReadableFile>(
      std::make_shared<base::BufferFile>(std::move(name), base::AsBytes(*owner), owner));
}

Result<std::string> HashFile(const base::ReadableFile& file, std::uint64_t size) {
  Sha256 hash;
  std::vector<std::byte> buffer(std::min<std::uint64_t>(kHashBlock, size));
  for (std::uint64_t offset = 0; offset < size;) {
    const std::size_t part = std::min<std::uint64_t>(buffer.size(), size - offset);
    SIDECAR_ASSIGN_OR_RETURN(std::size_t count, file.ReadAt(offset, std::span(buffer).first(part)));
    if (count == 0) {
      return Status(StatusCode::kUnavailable,
                    file.path() + ": the file became shorter while it was read");
    }
    hash.Update(std::span(buffer).first(count));
    offset += count;
  }
  return hash.Finish();
}

/// Where one request's values are, or why they cannot be used.
struct Found {
  std::string path;
  std::string problem;
};

class KerasWeightsFile final : public VariableSource {
 public:
  KerasWeightsFile(std::shared_ptr<const base::ReadableFile> file, base::FileInfo info,
                   std::unique_ptr<Hdf5File> hdf5, std::optional<LegacyWeights> legacy,
                   std::string digest)
      : file_(std::move(file)),
        info_(info),
        hdf5_(std::move(hdf5)),
        legacy_(std::move(legacy)),
        digest_(std::move(digest)) {}

  Result<std::vector<Tensor>> Read(std::span<const VariableRequest> requests) override;
  Result<std::optional<std::int64_t>> ReadStep() override;
  [[nodiscard]] std::string digest() const override { return digest_; }

 private:
  Result<Found> Find(const VariableRequest& request);
  // Whether the value is zero, as the layout does not hold it.
  [[nodiscard]] bool IsZero(const VariableRequest& request) const {
    return !legacy_ && request.zero_in_archives;
  }
  Result<std::vector<Found>> FindAll(std::span<const VariableRequest> requests);
  Status Mismatch(std::span<const VariableRequest> requests, const std::vector<Found>& found);
  Result<std::vector<std::string>> Unused(const std::vector<Found>& found);
  Result<std::optional<std::int64_t>> ReadCounter(const std::string& path);
  [[nodiscard]] Status CheckUnchanged() const;

  std::shared_ptr<const base::ReadableFile> file_;
  base::FileInfo info_;  // of the file when it was opened
  std::unique_ptr<Hdf5File> hdf5_;
  std::optional<LegacyWeights> legacy_;
  std::string digest_;
};

Status KerasWeightsFile::CheckUnchanged() const {
  SIDECAR_ASSIGN_OR_RETURN(base::FileInfo info, file_->Stat());
  if (info == info_) return {};
  return {StatusCode::kUnavailable, file_->path() + ": the file was written to while it was read"};
}

Result<Found> KerasWeightsFile::Find(const VariableRequest& request) {
  Found found;
  if (legacy_) {
    found.path = legacy_->Find(request, found.problem);
  } else {
    for (const std::string& path : request.archive_paths) {
      SIDECAR_ASSIGN_OR_RETURN(bool there, hdf5_->Contains(path));
      if (!there) continue;
      found.path = path;
      break;
    }
    if (found.path.empty()) {
      found.problem = request.archive_paths.empty()
                          ? "missing"
                          : fmt::format("missing: there is no '{}'", request.archive_paths.front());
    }
  }
  if (!found.problem.empty()) return found;
  SIDECAR_ASSIGN_OR_RETURN(auto info, hdf5_->FindDataset(found.path));
  if (!info) {
    found.problem = fmt::format("missing: '{}' is a group or not there", found.path);
  } else if (info->dtype != request.dtype || info->shape != request.shape) {
    found.problem =
        fmt::format("checkpoint has {}, model needs {}", TypeText(info->type_name, info->shape),
                    TypeText(DTypeName(request.dtype), request.shape));
  }
  return found;
}

Result<std::vector<Found>> KerasWeightsFile::FindAll(std::span<const VariableRequest> requests) {
  std::vector<Found> all;
  std::map<std::string, std::string> owners;  // dataset path to request
  for (const VariableRequest& request : requests) {
    if (!request.needed || request.optional || IsZero(request)) {
      all.emplace_back();
      continue;
    }
    SIDECAR_ASSIGN_OR_RETURN(Found found, Find(request));
    if (found.problem.empty()) {
      const auto [owner, is_new] = owners.emplace(found.path, request.name);
      if (!is_new)
        found.problem = fmt::format("leads to '{}', as {} does", found.path, owner->second);
    }
    all.push_back(std::move(found));
  }
  return all;
}

// What the file holds and the model does not use, optimizer and metrics left out.
Result<std::vector<std::string>> KerasWeightsFile::Unused(const std::vector<Found>& found) {
  constexpr std::array<std::string_view, 4> kNotWeights = {"optimizer/", "metrics/",
                                                           "optimizer_weights/", "_loss_tracker/"};
  SIDECAR_ASSIGN_OR_RETURN(std::vector<std::string> paths,
                           hdf5_->DatasetPaths("", 10 * kMaxListed));
  std::vector<std::string> unused;
  for (const std::string& path : paths) {
    const bool used = std::ranges::any_of(
        found, [&](const Found& f) { return f.problem.empty() && f.path == path; });
    const bool skipped = std::ranges::any_of(
        kNotWeights, [&](std::string_view prefix) { return path.starts_with(prefix); });
    if (used || skipped || unused.size() >= kMaxListed) continue;
    const auto info = hdf5_->FindDataset(path);
    unused.push_back(info.ok() && info->has_value()
                         ? fmt::format("{}: {}", path, TypeText((*info)->type_name, (*info)->shape))
                         : path);
  }
  return unused;
}

Status KerasWeightsFile::Mismatch(std::span<const VariableRequest> requests,
                                  const std::vector<Found>& found) {
  std::vector<std::string> problems;
  std::size_t needed = 0;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (!requests[i].needed || requests[i].optional) continue;
    ++needed;
    if (!found[i].problem.empty()) problems.push_back(requests[i].name + ": " + found[i].problem);
  }
  if (problems.empty()) return {};
  std::string message = fmt::format(
      "{}: {} of {} variables of the model do not match this checkpoint ({}): ", file_->path(),
      problems.size(), needed,
      legacy_ ? "in the older layout, where the order of layers and weights counts"
              : "Keras weights, where the classes of layers and their order count");
  std::vector<std::string> details;
  for (std::size_t i = 0; i < problems.size(); ++i) {
    if (i < kMaxInMessage) {
      message += (i > 0 ? "; " : "") + problems[i];
    } else {
      details.push_back(std::move(problems[i]));
    }
  }
  if (!details.empty()) message += fmt::format("; and {} more", details.size());
  if (problems.size() == needed) message += "; it looks like a checkpoint of another model";
  SIDECAR_ASSIGN_OR_RETURN(std::vector<std::string> unused, Unused(found));
  if (!unused.empty()) details.emplace_back("the checkpoint has, not used by the model:");
  for (const std::string& line : unused) details.push_back("  " + line);
  if (unused.size() == kMaxListed) details.emplace_back("  and possibly more");
  return {StatusCode::kFailedPrecondition, std::move(message), std::move(details)};
}

Result<std::vector<Tensor>> KerasWeightsFile::Read(std::span<const VariableRequest> requests) {
  const Status layers =
      legacy_ ? legacy_->CheckLayers(file_->path(), requests) : Status();  // may be half-written
  SIDECAR_ASSIGN_OR_RETURN(std::vector<Found> found, FindAll(requests));
  const Status mismatch = layers.ok() ? Mismatch(requests, found) : layers;
  // A file that is being written looks like another model's.
  SIDECAR_RETURN_IF_ERROR(CheckUnchanged());
  SIDECAR_RETURN_IF_ERROR(mismatch);
  std::vector<Tensor> values(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (!requests[i].needed || requests[i].optional) continue;
    if (IsZero(requests[i])) {
      SIDECAR_ASSIGN_OR_RETURN(values[i], Tensor::Zeros(requests[i].dtype, requests[i].shape));
      continue;
    }
    SIDECAR_ASSIGN_OR_RETURN_CONTEXT(values[i], hdf5_->ReadTensor(found[i].path),
                                     "variable " + requests[i].name);
  }
  SIDECAR_RETURN_IF_ERROR(CheckUnchanged());
  return values;
}

// Optimizers count in int64; those of the JAX backend in int32.
Result<std::optional<std::int64_t>> KerasWeightsFile::ReadCounter(const std::string& path) {
  SIDECAR_ASSIGN_OR_RETURN(auto info, hdf5_->FindDataset(path));
  if (!info || info->shape.rank() != 0) return std::optional<std::int64_t>();
  if (info->dtype != DType::kInt64 && info->dtype != DType::kInt32)
    return std::optional<std::int64_t>();
  SIDECAR_ASSIGN_OR_RETURN(Tensor value, hdf5_->ReadTensor(path));
  const std::span<const std::int64_t> wide = value.values<std::int64_t>();
  const std::span<const std::int32_t> narrow = value.values<std::int32_t>();
  std::optional<std::int64_t> counter;
  if (!wide.empty()) counter = wide.front();
  if (!narrow.empty()) counter = narrow.front();
  return counter;
}

Result<std::optional<std::int64_t>> KerasWeightsFile::ReadStep() {
  std::vector<std::string> places = {"optimizer/inner_optimizer/vars/0", "optimizer/vars/0"};
  if (legacy_) places = legacy_->step_paths();
  std::optional<std::int64_t> step;
  for (const std::string& path : places) {
    SIDECAR_ASSIGN_OR_RETURN(step, ReadCounter(path));
    if (step) break;
  }
  SIDECAR_RETURN_IF_ERROR(CheckUnchanged());
  return step;
}

bool HasMagic(std::string_view start) {
  return start.starts_with("PK") || start.starts_with("\x89HDF\r\n\x1a\n");
}

}  // namespace

bool IsKerasWeightsFile(base::FileSystem& file_system, const std::string& path) {
  const auto ends_in = [&path](std::string_view ending) { return path.ends_with(ending); };
  if (ends_in(".h5") || ends_in(".hdf5") || ends_in(".keras")) return true;
  const auto file = file_system.OpenForRead(path);
  if (!file.ok()) return false;
  std::array<std::byte, 8> start{};
  const auto count = (*file)->ReadAt(0, start);
  return count.ok() && HasMagic(base::AsText(std::span(start).first(*count)));
}

Result<std::unique_ptr<VariableSource>> OpenKerasWeights(base::FileSystem& file_system,
                                                         const std::string& path) {
  SIDECAR_ASSIGN_OR_RETURN(std::unique_ptr<base::ReadableFile> opened,
                           file_system.OpenForRead(path));
  const std::shared_ptr<const base::ReadableFile> file = std::move(opened);
  SIDECAR_ASSIGN_OR_RETURN(base::FileInfo info, file->Stat());
  std::array<std::byte, 2> start{};
  SIDECAR_ASSIGN_OR_RETURN(std::size_t count, file->ReadAt(0, start));
  std::shared_ptr<const base::ReadableFile> weights = file;
  if (base::AsText(std::span(start).first(count)) == "PK") {
    SIDECAR_ASSIGN_OR_RETURN(weights, OpenMember(file));
  }
  SIDECAR_ASSIGN_OR_RETURN(std::unique_ptr<Hdf5File> hdf5, Hdf5File::Open(std::move(weights)));
  SIDECAR_ASSIGN_OR_RETURN(std::optional<LegacyWeights> legacy, LegacyWeights::Read(*hdf5));
  SIDECAR_ASSIGN_OR_RETURN(std::string digest, HashFile(*file, info.size));
  return std::unique_ptr<VariableSource>(std::make_unique<KerasWeightsFile>(
      file, info, std::move(hdf5), std::move(legacy), std::move(digest)));
}

}  // namespace sidecar::checkpoint
