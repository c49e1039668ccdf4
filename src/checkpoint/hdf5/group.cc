#include "checkpoint/hdf5/group.h"

#include <fmt/format.h>

#include <utility>

#include "base/status_macros.h"
#include "checkpoint/hdf5/btree1.h"
#include "checkpoint/hdf5/field_reader.h"

namespace sidecar::checkpoint::hdf5 {
namespace {

constexpr std::uint64_t kHeapHeadSize = 32;
constexpr std::uint64_t kSymbolNodeHeadSize = 8;
constexpr std::uint64_t kSymbolEntrySize = 40;
constexpr std::uint32_t kSymbolIsSoftLink = 2;

// The local heap of a group: its names, each ending in NUL.
Result<std::vector<std::byte>> ReadLocalHeap(FileView& view, std::uint64_t address) {
  constexpr std::string_view kWhat = "local heap";
  SIDECAR_ASSIGN_OR_RETURN(std::vector<std::byte> head, view.Read(address, kHeapHeadSize, kWhat));
  FieldReader reader(head);
  if (reader.Text(4) != "HEAP") return view.Damaged(kWhat, address, "no signature HEAP");
  const std::uint8_t version = reader.U8();
  if (version != 0) return view.Damaged(kWhat, address, fmt::format("version {}", version));
  reader.Skip(3);
  const std::uint64_t size = reader.U64();
  reader.Skip(8);  // the free list
  return view.Read(reader.U64(), size, "local heap data");
}

Result<std::string_view> NameAt(std::span<const std::byte> heap, std::uint64_t offset,
                                const Where& where) {
  if (offset >= heap.size())
    return where.Damaged(fmt::format("a name at byte {} of a heap of {}", offset, heap.size()));
  const std::string_view rest = base::AsText(heap.subspan(offset));
  const std::size_t end = rest.find('\0');
  if (end == std::string_view::npos) return where.Damaged("a name that does not end in its heap");
  return rest.substr(0, end);
}

Status AddLink(Group& group, Link link, const Where& where) {
  if (link.name.empty() || link.name.find('/') != std::string::npos)
    return where.Damaged("a link whose name is empty or holds a slash");
  const std::string name = link.name;
  if (group.Add(std::move(link))) return {};
  return where.Damaged(fmt::format("two links called '{}'", name));
}

Status ReadSymbolNode(FileView& view, std::uint64_t address, std::span<const std::byte> heap,
                      Group& group) {
  const Where where{&view, "symbol table node", address};
  SIDECAR_ASSIGN_OR_RETURN(std::vector<std::byte> head,
                           view.Read(address, kSymbolNodeHeadSize, where.what));
  FieldReader head_reader(head);
  if (head_reader.Text(4) != "SNOD") return where.Damaged("no signature SNOD");
  head_reader.Skip(2);
  const std::uint64_t count = head_reader.U16();
  SIDECAR_ASSIGN_OR_RETURN(
      std::vector<std::byte> entries,
      view.Read(address + kSymbolNodeHeadSize, count * kSymbolEntrySize, where.what));
  FieldReader reader(entries);
  for (std::uint64_t i = 0; i < count; ++i) {
    SIDECAR_ASSIGN_OR_RETURN(std::string_view name, NameAt(heap, reader.U64(), where));
    Link link;
    link.address = reader.U64();
    if (reader.U32() == kSymbolIsSoftLink) link.kind = Link::Kind::kSoft;
    reader.Skip(20);
    // Overlapping names of a damaged heap must not take more memory than the file justifies.
    SIDECAR_RETURN_IF_ERROR(view.Charge(name.size()));
    link.name = name;
    SIDECAR_RETURN_IF_ERROR(AddLink(group, std::move(link), where));
  }
  return {};
}

Status ReadSymbolTable(FileView& view, std::span<const std::byte> message, const Where& where,
                       Group& group) {
  FieldReader reader(message);
  const std::uint64_t btree = reader.U64();
  const std::uint64_t heap_address = reader.U64();
  if (!reader.ok()) return where.Damaged("its symbol table message is cut off");
  SIDECAR_ASSIGN_OR_RETURN(std::vector<std::byte> heap, ReadLocalHeap(view, heap_address));
  return VisitBtree(view, btree, BtreeType::kGroup, 8,
                    [&](std::span<const std::byte>, std::uint64_t child) {
                      return ReadSymbolNode(view, child, heap, group);
                    });
}

Result<Link> ParseLink(std::span<const std::byte> message, const Where& where) {
  constexpr unsigned kHasCreationOrder = 1U << 2U;
  constexpr unsigned kHasType = 1U << 3U;
  constexpr unsigned kHasCharacterSet = 1U << 4U;
  constexpr std::uint8_t kExternalType = 64;
  FieldReader reader(message);
  const std::uint8_t version = reader.U8();
  const unsigned flags = reader.U8();
  const std::uint8_t type = (flags & kHasType) != 0 ? reader.U8() : std::uint8_t{0};
  if ((flags & kHasCreationOrder) != 0) reader.Skip(8);
  if ((flags & kHasCharacterSet) != 0) reader.Skip(1);
  const std::uint64_t name_size = reader.Unsigned(std::size_t{1} << (flags & 3U));
  Link link;
  link.name = reader.Text(name_size);
  if (type == 0) link.address = reader.U64();
  if (!reader.ok()) return where.Damaged("a link message is cut off");
  if (version != 1) return where.Damaged(fmt::format("a link message of version {}", version));
  if (type == 1) {
    link.kind = Link::Kind::kSoft;
  } else if (type == kExternalType) {
    link.kind = Link::Kind::kExternal;
  } else if (type != 0) {
    link.kind = Link::Kind::kUserDefined;
  }
  return link;
}

// Dense storage keeps the links of large groups in a fractal heap.
Status RefuseDenseLinks(std::span<const std::byte> link_info, const Where& where) {
  constexpr unsigned kTracksOrder = 1U << 0U;
  FieldReader reader(link_info);
  reader.Skip(1);
  if ((reader.U8() & kTracksOrder) != 0) reader.Skip(8);
  const std::uint64_t heap = reader.U64();
  if (!reader.ok()) return where.Damaged("its link info message is cut off");
  if (heap == kUndefinedAddress) return {};
  return where.Unsupported(
      "a group with dense link storage (libver='latest', track_order=True) is");
}

}  // namespace

const Link* Group::Find(std::string_view name) const {
  const auto found = by_name_.find(std::string(name));
  return found == by_name_.end() ? nullptr : &links_[found->second];
}

bool Group::Add(Link link) {
  if (!by_name_.emplace(link.name, links_.size()).second) return false;
  links_.push_back(std::move(link));
  return true;
}

bool IsGroup(const ObjectHeader& header) {
  return header.Has(MessageType::kSymbolTable) || header.Has(MessageType::kLinkInfo) ||
         header.Has(MessageType::kLink);
}

Result<Group> ReadGroup(FileView& view, const ObjectHeader& header) {
  Group group;
  SIDECAR_ASSIGN_OR_RETURN(auto symbol_table, header.Unique(MessageType::kSymbolTable));
  if (symbol_table) {
    SIDECAR_RETURN_IF_ERROR(ReadSymbolTable(view, *symbol_table, header.where(), group));
  }
  SIDECAR_ASSIGN_OR_RETURN(auto link_info, header.Unique(MessageType::kLinkInfo));
  if (link_info) SIDECAR_RETURN_IF_ERROR(RefuseDenseLinks(*link_info, header.where()));
  for (const Message& message : header.messages()) {
    if (message.type != MessageType::kLink) continue;
    if (message.shared) return header.where().Unsupported("a shared link message is");
    SIDECAR_ASSIGN_OR_RETURN(Link link, ParseLink(message.data, header.where()));
    SIDECAR_RETURN_IF_ERROR(AddLink(group, std::move(link), header.where()));
  }
  return group;
}

}  // namespace sidecar::checkpoint::hdf5
