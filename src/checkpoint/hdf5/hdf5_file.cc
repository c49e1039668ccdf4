#include "checkpoint/hdf5/hdf5_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/buffer_file.h"
#include "base/status_macros.h"
#include "checkpoint/hdf5/dataset.h"
#include "checkpoint/hdf5/file_view.h"
#include "checkpoint/hdf5/group.h"
#include "checkpoint/hdf5/object_header.h"
#include "checkpoint/hdf5/superblock.h"

namespace sidecar::checkpoint {
namespace {

using hdf5::Attribute;
using hdf5::Dataset;
using hdf5::Datatype;
using hdf5::FileView;
using hdf5::Group;
using hdf5::Link;
using hdf5::Message;
using hdf5::MessageType;
using hdf5::ObjectHeader;

// Groups that are kept; more than that many links and all are forgotten.
constexpr std::size_t kMaxCachedLinks = 200'000;
// Keras makes a few levels; paths of this depth would be a hostile file's.
constexpr std::size_t kMaxDepth = 100;

std::string JoinNames(std::string_view group, std::string_view name) {
  return group.empty() ? std::string(name) : fmt::format("{}/{}", group, name);
}

Status NothingThere(const FileView& view, std::string_view path) {
  return {StatusCode::kNotFound, fmt::format("{}: nothing is at '{}'", view.name(), path)};
}

}  // namespace

struct Hdf5File::Impl {
  Impl(std::shared_ptr<const base::ReadableFile> file, std::uint64_t size,
       const hdf5::Superblock& superblock)
      : view(std::move(file), superblock.base, size - superblock.base),
        root_address(superblock.root_address) {}

  FileView view;
  std::uint64_t root_address;
  std::map<std::uint64_t, std::shared_ptr<const Group>> groups;  // by address
  std::size_t cached_links = 0;

  /// The links of the object at `address`, or null where it is not a group.
  Result<std::shared_ptr<const Group>> LoadGroup(std::uint64_t address);
  /// The address of the object at `path`.
  Result<std::optional<std::uint64_t>> Lookup(std::string_view path);
  Result<ObjectHeader> RequireHeader(std::string_view path);
  Status RefuseLink(const Link& link, std::string_view path) const;
  Status Walk(std::string_view path, std::uint64_t address, std::size_t max_count,
              std::set<std::uint64_t>& visited, std::size_t depth,
              std::vector<std::string>& datasets);

  Result<std::optional<Attribute>> FindAttribute(const ObjectHeader& header,
                                                 std::string_view name) const;
  Result<std::optional<std::vector<std::string>>> AttributeStrings(const ObjectHeader& header,
                                                                   std::string_view name);
  /// h5py stores bfloat16 as opaque bytes, and Keras adds an attribute that says so.
  Status ResolveOpaque(const ObjectHeader& header, Datatype& type);
  Result<Tensor> MakeTensor(const Dataset& dataset);
};

Result<std::shared_ptr<const Group>> Hdf5File::Impl::LoadGroup(std::uint64_t address) {
  const auto known = groups.find(address);
  if (known != groups.end()) return known->second;
  SIDECAR_ASSIGN_OR_RETURN(ObjectHeader header, ObjectHeader::Read(view, address));
  if (!IsGroup(header)) return std::shared_ptr<const Group>();
  SIDECAR_ASSIGN_OR_RETURN(Group group, ReadGroup(view, header));
  auto loaded = std::make_shared<const Group>(std::move(group));
  if (cached_links > kMaxCachedLinks) {
    groups.clear();
    cached_links = 0;
  }
  cached_links += loaded->links().size() + 1;
  groups.emplace(address, loaded);
  return loaded;
}

Status Hdf5File::Impl::RefuseLink(const Link& link, std::string_view path) const {
  std::string_view kind = "a user-defined link";
  if (link.kind == Link::Kind::kSoft) kind = "a soft link";
  if (link.kind == Link::Kind::kExternal) kind = "an external link";
  return {StatusCode::kUnimplemented,
          fmt::format("{}: '{}' in the path '{}' is {}, which is not followed; expected an object",
                      view.name(), link.name, path, kind)};
}

Result<std::optional<std::uint64_t>> Hdf5File::Impl::Lookup(std::string_view path) {
  std::uint64_t address = root_address;
  std::string_view rest = path;
  while (!rest.empty()) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view name = rest.substr(0, slash);
    rest.remove_prefix(std::min(slash + 1, rest.size()));
    SIDECAR_ASSIGN_OR_RETURN_CONTEXT(std::shared_ptr<const Group> group, LoadGroup(address),
                                     fmt::format("looking for '{}'", path));
    const Link* link = group == nullptr ? nullptr : group->Find(name);
    if (link == nullptr) return std::optional<std::uint64_t>();
    if (link->kind != Link::Kind::kHard) return RefuseLink(*link, path);
    address = link->address;
  }
  return std::optional(address);
}

Result<ObjectHeader> Hdf5File::Impl::RequireHeader(std::string_view path) {
  SIDECAR_ASSIGN_OR_RETURN(std::optional<std::uint64_t> address, Lookup(path));
  if (!address) return NothingThere(view, path);
  return ObjectHeader::Read(view, *address);
}

Status Hdf5File::Impl::Walk(std::string_view path, std::uint64_t address, std::size_t max_count,
                            std::set<std::uint64_t>& visited, std::size_t depth,
                            std::vector<std::string>& datasets) {
  if (datasets.size() >= max_count || !visited.insert(address).second) return {};
  if (depth > kMaxDepth) {
    return {StatusCode::kDataLoss,
            fmt::format("{}: groups nested more than {} deep", view.name(), kMaxDepth)};
  }
  SIDECAR_ASSIGN_OR_RETURN(std::shared_ptr<const Group> group, LoadGroup(address));
  if (group == nullptr) {
    datasets.emplace_back(path);
    return {};
  }
  for (const Link& link : group->links()) {
    if (link.kind != Link::Kind::kHard) continue;
    SIDECAR_RETURN_IF_ERROR(
        Walk(JoinNames(path, link.name), link.address, max_count, visited, depth + 1, datasets));
  }
  return {};
}

Result<std::optional<Attribute>> Hdf5File::Impl::FindAttribute(const ObjectHeader& header,
                                                               std::string_view name) const {
  for (const Message& message : header.messages()) {
    if (message.type != MessageType::kAttribute) continue;
    if (message.shared) return header.where().Unsupported("a shared attribute is");
    SIDECAR_ASSIGN_OR_RETURN(std::string_view found,
                             hdf5::ParseAttributeName(message.data, header.where()));
    if (found != name) continue;
    SIDECAR_ASSIGN_OR_RETURN(Attribute attribute,
                             hdf5::ParseAttribute(message.data, header.where()));
    return std::optional(std::move(attribute));
  }
  SIDECAR_ASSIGN_OR_RETURN(auto info, header.Unique(MessageType::kAttributeInfo));
  if (!info) return std::optional<Attribute>();
  SIDECAR_ASSIGN_OR_RETURN(bool dense, hdf5::SaysDenseAttributes(*info, header.where()));
  if (!dense) return std::optional<Attribute>();
  return header.where().Unsupported(
      "dense attribute storage (more than 8 attributes with libver='latest') is");
}

Result<std::optional<std::vector<std::string>>> Hdf5File::Impl::AttributeStrings(
    const ObjectHeader& header, std::string_view name) {
  SIDECAR_ASSIGN_OR_RETURN(std::optional<Attribute> attribute, FindAttribute(header, name));
  if (!attribute) return std::optional<std::vector<std::string>>();
  // h5py stores an empty list of names as an empty list of numbers.
  if (attribute->space.elements == 0) return std::optional(std::vector<std::string>());
  if (attribute->type.dtype != DType::kString) {
    return header.where().Damaged(
        fmt::format("attribute '{}' is of type {}, expected strings", name, attribute->type.name));
  }
  SIDECAR_ASSIGN_OR_RETURN(std::vector<std::string> strings,
                           hdf5::DecodeStrings(view, attribute->type, attribute->value));
  return std::optional(std::move(strings));
}

Status Hdf5File::Impl::ResolveOpaque(const ObjectHeader& header, Datatype& type) {
  if (type.kind != Datatype::Kind::kOpaque || type.size != 2) return {};
  SIDECAR_ASSIGN_OR_RETURN(auto dtype, AttributeStrings(header, "dtype"));
  if (!dtype || dtype->size() != 1 || dtype->front() != "bfloat16") return {};
  type.kind = Datatype::Kind::kNumber;
  type.dtype = DType::kBfloat16;
  type.name = "bfloat16";
  return {};
}

Result<Tensor> Hdf5File::Impl::MakeTensor(const Dataset& dataset) {
  if (dataset.type.kind != Datatype::Kind::kNumber) {
    return Status(
        StatusCode::kFailedPrecondition,
        fmt::format("{}: elements of type {}, expected numbers", view.name(), dataset.type.name));
  }
  SIDECAR_RETURN_IF_ERROR(CheckStored(view, dataset));
  SIDECAR_ASSIGN_OR_RETURN(Tensor tensor,
                           Tensor::Uninitialized(dataset.type.dtype, dataset.space.shape));
  SIDECAR_RETURN_IF_ERROR(ReadElements(view, dataset, tensor.mutable_bytes()));
  if (dataset.type.big_endian) hdf5::SwapBytes(tensor.mutable_bytes(), dataset.type.size);
  if (dataset.type.dtype == DType::kBool &&
      std::ranges::any_of(tensor.bytes(), [](std::byte b) { return b > std::byte{1}; })) {
    return dataset.where.Damaged("a bool that is neither 0 nor 1");
  }
  return tensor;
}

Hdf5File::Hdf5File(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Hdf5File::~Hdf5File() = default;

Result<std::unique_ptr<Hdf5File>> Hdf5File::Open(std::shared_ptr<const base::ReadableFile> file) {
  SIDECAR_ASSIGN_OR_RETURN(base::FileInfo info, file->Stat());
  SIDECAR_ASSIGN_OR_RETURN(hdf5::Superblock superblock, hdf5::ReadSuperblock(*file, info.size));
  return std::unique_ptr<Hdf5File>(
      new Hdf5File(std::make_unique<Impl>(std::move(file), info.size, superblock)));
}

Result<std::unique_ptr<Hdf5File>> Hdf5File::Open(std::span<const std::byte> bytes,
                                                 std::string name) {
  return Open(std::make_shared<base::BufferFile>(std::move(name), bytes, nullptr));
}

const std::string& Hdf5File::name() const { return impl_->view.name(); }

Result<bool> Hdf5File::Contains(std::string_view path) {
  impl_->view.StartCall();
  SIDECAR_ASSIGN_OR_RETURN(std::optional<std::uint64_t> address, impl_->Lookup(path));
  return address.has_value();
}

Result<std::vector<std::string>> Hdf5File::Children(std::string_view path) {
  impl_->view.StartCall();
  SIDECAR_ASSIGN_OR_RETURN(std::optional<std::uint64_t> address, impl_->Lookup(path));
  if (!address) return NothingThere(impl_->view, path);
  SIDECAR_ASSIGN_OR_RETURN(std::shared_ptr<const Group> group, impl_->LoadGroup(*address));
  if (group == nullptr) {
    return Status(StatusCode::kFailedPrecondition,
                  fmt::format("{}: '{}' is not a group", name(), path));
  }
  std::vector<std::string> names;
  for (const Link& link : group->links()) names.push_back(link.name);
  return names;
}

Result<std::vector<std::string>> Hdf5File::DatasetPaths(std::string_view path,
                                                        std::size_t max_count) {
  impl_->view.StartCall();
  SIDECAR_ASSIGN_OR_RETURN(std::optional<std::uint64_t> address, impl_->Lookup(path));
  if (!address) return NothingThere(impl_->view, path);
  std::set<std::uint64_t> visited;
  std::vector<std::string> datasets;
  SIDECAR_RETURN_IF_ERROR(impl_->Walk(path, *address, max_count, visited, 0, datasets));
  return datasets;
}

Result<std::optional<Hdf5DatasetInfo>> Hdf5File::FindDataset(std::string_view path) {
  impl_->view.StartCall();
  SIDECAR_ASSIGN_OR_RETURN(std::optional<std::uint64_t> address, impl_->Lookup(path));
  if (!address) return std::optional<Hdf5DatasetInfo>();
  SIDECAR_ASSIGN_OR_RETURN(ObjectHeader header, ObjectHeader::Read(impl_->view, *address));
  if (IsGroup(header)) return std::optional<Hdf5DatasetInfo>();
  const std::string context = fmt::format("dataset '{}'", path);
  SIDECAR_ASSIGN_OR_RETURN_CONTEXT(Dataset dataset, ParseDataset(header), context);
  SIDECAR_RETURN_IF_ERROR_CONTEXT(impl_->ResolveOpaque(header, dataset.type), context);
  Hdf5DatasetInfo info;
  info.dtype = dataset.type.dtype;
  info.type_name = dataset.type.name;
  info.shape = dataset.space.shape;
  if (dataset.layout.kind != hdf5::Layout::Kind::kChunked) info.stored_bytes = dataset.total_bytes;
  return std::optional(std::move(info));
}

Result<Tensor> Hdf5File::ReadTensor(std::string_view path) {
  impl_->view.StartCall();
  SIDECAR_ASSIGN_OR_RETURN(ObjectHeader header, impl_->RequireHeader(path));
  const std::string context = fmt::format("dataset '{}'", path);
  SIDECAR_ASSIGN_OR_RETURN_CONTEXT(Dataset dataset, ParseDataset(header), context);
  SIDECAR_RETURN_IF_ERROR_CONTEXT(impl_->ResolveOpaque(header, dataset.type), context);
  SIDECAR_ASSIGN_OR_RETURN_CONTEXT(Tensor tensor, impl_->MakeTensor(dataset), context);
  return tensor;
}

Result<std::vector<std::string>> Hdf5File::ReadStrings(std::string_view path) {
  impl_->view.StartCall();
  SIDECAR_ASSIGN_OR_RETURN(ObjectHeader header, impl_->RequireHeader(path));
  const std::string context = fmt::format("dataset '{}'", path);
  SIDECAR_ASSIGN_OR_RETURN_CONTEXT(Dataset dataset, ParseDataset(header), context);
  if (dataset.type.dtype != DType::kString) {
    return Status(StatusCode::kFailedPrecondition,
                  fmt::format("{}: dataset '{}': elements of type {}, expected strings", name(),
                              path, dataset.type.name));
  }
  SIDECAR_RETURN_IF_ERROR_CONTEXT(CheckStored(impl_->view, dataset), context);
  std::vector<std::byte> elements(dataset.total_bytes);
  SIDECAR_RETURN_IF_ERROR_CONTEXT(ReadElements(impl_->view, dataset, elements), context);
  SIDECAR_ASSIGN_OR_RETURN_CONTEXT(std::vector<std::string> strings,
                                   DecodeStrings(impl_->view, dataset.type, elements), context);
  return strings;
}

Result<std::vector<std::string>> Hdf5File::AttributeNames(std::string_view path) {
  impl_->view.StartCall();
  SIDECAR_ASSIGN_OR_RETURN(ObjectHeader header, impl_->RequireHeader(path));
  std::vector<std::string> names;
  for (const Message& message : header.messages()) {
    if (message.type != MessageType::kAttribute || message.shared) continue;
    SIDECAR_ASSIGN_OR_RETURN(std::string_view found,
                             hdf5::ParseAttributeName(message.data, header.where()));
    names.emplace_back(found);
  }
  return names;
}

Result<std::optional<std::vector<std::string>>> Hdf5File::StringAttribute(
    std::string_view path, std::string_view attribute) {
  impl_->view.StartCall();
  SIDECAR_ASSIGN_OR_RETURN(ObjectHeader header, impl_->RequireHeader(path));
  SIDECAR_ASSIGN_OR_RETURN(auto strings, impl_->AttributeStrings(header, attribute));
  if (strings) return strings;
  for (std::size_t part = 0;; ++part) {
    SIDECAR_ASSIGN_OR_RETURN(auto more,
                             impl_->AttributeStrings(header, fmt::format("{}{}", attribute, part)));
    if (!more) return strings;
    if (!strings) strings.emplace();
    strings->insert(strings->end(), std::make_move_iterator(more->begin()),
                    std::make_move_iterator(more->end()));
  }
}

Result<std::optional<Tensor>> Hdf5File::TensorAttribute(std::string_view path,
                                                        std::string_view attribute) {
  impl_->view.StartCall();
  SIDECAR_ASSIGN_OR_RETURN(ObjectHeader header, impl_->RequireHeader(path));
  SIDECAR_ASSIGN_OR_RETURN(std::optional<Attribute> found, impl_->FindAttribute(header, attribute));
  if (!found) return std::optional<Tensor>();
  if (found->type.kind != Datatype::Kind::kNumber) {
    return Status(StatusCode::kFailedPrecondition,
                  fmt::format("{}: attribute '{}' of '{}' is of type {}, expected numbers", name(),
                              attribute, path, found->type.name));
  }
  SIDECAR_ASSIGN_OR_RETURN(Tensor tensor,
                           Tensor::FromBytes(found->type.dtype, found->space.shape, found->value));
  if (found->type.big_endian) hdf5::SwapBytes(tensor.mutable_bytes(), found->type.size);
  return std::optional(std::move(tensor));
}

}  // namespace sidecar::checkpoint
