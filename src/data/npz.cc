#include "data/npz.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "base/zip_reader.h"
#include "data/mapped_file.h"
#include "data/npy.h"

namespace sidecar::data {
namespace {

constexpr std::string_view kSuffix = ".npy";

struct Kind {
  std::string_view name;
  std::vector<NamedTensor> Arrays::*arrays;
};
constexpr Kind kKinds[] = {
    {"x", &Arrays::x}, {"y", &Arrays::y}, {"sample_weight", &Arrays::sample_weight}};

/// What a member is for: `x.npy` or `x/NAME.npy`.
struct Role {
  const Kind* kind;
  std::string name;
};

std::optional<Role> RoleOf(std::string_view member) {
  if (!member.ends_with(kSuffix)) return std::nullopt;
  member.remove_suffix(kSuffix.size());
  for (const Kind& kind : kKinds) {
    if (member == kind.name) return Role{&kind, ""};
    if (member.size() > kind.name.size() + 1 && member.starts_with(kind.name) &&
        member[kind.name.size()] == '/') {
      return Role{&kind, std::string(member.substr(kind.name.size() + 1))};
    }
  }
  return std::nullopt;
}

/// At most ten names, and how many more there are.
std::string NameList(const std::vector<std::string>& names) {
  if (names.empty()) return "nothing";
  const std::size_t shown = std::min<std::size_t>(names.size(), 10);
  std::string text =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + std::ptrdiff_t(shown), ", "));
  if (shown < names.size()) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

/// An archive, and the same bytes in memory for what can be used in place.
struct Archive {
  base::ZipReader& zip;
  std::span<const std::byte> content;
  const std::shared_ptr<const void>& owner;
  const std::string& where;
};

/// The bytes of a member that is stored and can be used as it stands; nothing otherwise.
Result<std::optional<std::span<const std::byte>>> InPlace(const Archive& archive,
                                                          const base::ZipMember& member,
                                                          const std::string& where) {
  using Bytes = std::optional<std::span<const std::byte>>;
  const auto extent = archive.zip.StoredExtent(member);
  if (!extent || extent->offset > archive.content.size() ||
      extent->size > archive.content.size() - extent->offset) {
    return Bytes();
  }
  const std::span<const std::byte> bytes = archive.content.subspan(extent->offset, extent->size);
  SIDECAR_ASSIGN_OR_RETURN(const NpyHeader header, ParseNpyHeader(bytes, where));
  return CanBorrow(header, bytes.subspan(header.data_offset)) ? Bytes(bytes) : Bytes();
}

Result<Tensor> ReadArray(const Archive& archive, const base::ZipMember& member) {
  const std::string where = fmt::format("{}: {}", archive.where, member.name);
  SIDECAR_ASSIGN_OR_RETURN(const auto in_place, InPlace(archive, member, where));
  if (in_place) {
    SIDECAR_RETURN_IF_ERROR(archive.zip.VerifyMember(member));
    return ReadNpy(*in_place, archive.owner, where);
  }
  // The array then stands in this buffer, behind its header, and is not copied again.
  SIDECAR_ASSIGN_OR_RETURN_CONTEXT(
      Tensor buffer,
      Tensor::Uninitialized(DType::kUint8, Shape{static_cast<std::int64_t>(member.size)}), where);
  SIDECAR_RETURN_IF_ERROR(archive.zip.ReadMember(member, buffer.mutable_bytes()));
  const auto owner = std::make_shared<const Tensor>(std::move(buffer));
  return ReadNpy(owner->bytes(), owner, where);
}

/// Refuses `x` beside `x/NAME`.
Status CheckNames(const std::vector<NamedTensor>& arrays, const Kind& kind,
                  const std::string& where) {
  const bool unnamed =
      std::ranges::any_of(arrays, [](const NamedTensor& array) { return array.name.empty(); });
  if (!unnamed || arrays.size() <= 1) return {};
  return {StatusCode::kFailedPrecondition,
          fmt::format("{}: holds both {} and {}/NAME: use one form for all", where, kind.name,
                      kind.name)};
}

Result<Arrays> ReadArchive(const Archive& archive) {
  Arrays arrays;
  std::vector<std::string> names;
  std::vector<std::string> unused;
  for (const base::ZipMember& member : archive.zip.members()) {
    if (member.name.ends_with('/')) continue;
    names.push_back(member.name);
    std::optional<Role> role = RoleOf(member.name);
    if (!role) {
      unused.push_back(member.name);
      continue;
    }
    SIDECAR_ASSIGN_OR_RETURN(Tensor tensor, ReadArray(archive, member));
    (arrays.*role->kind->arrays).push_back({std::move(role->name), std::move(tensor)});
  }
  for (const Kind& kind : kKinds)
    SIDECAR_RETURN_IF_ERROR(CheckNames(arrays.*kind.arrays, kind, archive.where));
  if (arrays.x.empty()) {
    return Status(StatusCode::kFailedPrecondition,
                  fmt::format("{}: has no array x or x/NAME (inputs of the model); it holds {}",
                              archive.where, NameList(names)));
  }
  if (!unused.empty()) {
    base::Log(LogLevel::kWarning,
              "{}: not used: {}; used are x, y and sample_weight, or x/NAME, y/NAME and "
              "sample_weight/NAME",
              archive.where, NameList(unused));
  }
  return arrays;
}

}  // namespace

Result<Arrays> ReadNpz(std::span<const std::byte> content, const std::shared_ptr<const void>& owner,
                       const std::string& where) {
  SIDECAR_ASSIGN_OR_RETURN(std::unique_ptr<base::ZipReader> zip,
                           base::ZipReader::Open(content, where));
  return ReadArchive({*zip, content, owner, where});
}

Result<Arrays> LoadNpz(const std::string& path) {
  SIDECAR_ASSIGN_OR_RETURN(std::shared_ptr<const MappedFile> file, MappedFile::Open(path));
  // The archive is read from the file, not from the mapping: pages that are only copied from would
  // stay resident beside the copy.
  SIDECAR_ASSIGN_OR_RETURN(std::unique_ptr<base::ZipReader> zip,
                           base::ZipReader::Open(base::PosixFileSystem(), path));
  const std::shared_ptr<const void> owner = file;
  return ReadArchive({*zip, file->bytes(), owner, path});
}

}  // namespace sidecar::data
