#include "checkpoint/hdf5/messages.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "base/status_macros.h"
#include "checkpoint/hdf5/field_reader.h"

namespace sidecar::checkpoint::hdf5 {
namespace {

constexpr std::size_t kMaxRank = 32;  // HDF5's own limit
constexpr std::size_t kMaxFilters = 32;

std::uint64_t PaddedTo8(std::uint64_t size) { return (size + 7) / 8 * 8; }

Status CutOff(const Where& where, std::string_view message) {
  return where.Damaged(fmt::format("its {} message is cut off", message));
}

// The sizes of a chunk in version 3 and 4 messages: the last one is the element's size in bytes.
Status SetChunkSizes(FieldReader& reader, std::size_t dimensions, std::size_t size_bytes,
                     Layout& layout, const Where& where) {
  if (dimensions < 2 || dimensions > kMaxRank + 1 || size_bytes < 1 || size_bytes > 8) {
    return where.Damaged(
        fmt::format("chunks of {} dimensions in {} bytes each", dimensions, size_bytes));
  }
  for (std::size_t i = 0; i < dimensions; ++i) {
    const std::uint64_t size = reader.Unsigned(size_bytes);
    if (reader.ok() && size == 0) return where.Damaged("chunks with a size of 0");
    layout.chunk.push_back(size);
  }
  layout.element_size = layout.chunk.back();
  layout.chunk.pop_back();
  return {};
}

Status ParseChunked3(FieldReader& reader, Layout& layout, const Where& where) {
  const std::uint8_t dimensions = reader.U8();
  layout.address = reader.U64();
  return SetChunkSizes(reader, dimensions, 4, layout, where);
}

Status ParseChunked4(FieldReader& reader, Layout& layout, const Where& where) {
  constexpr unsigned kPartialChunksUnfiltered = 1U << 0U;
  constexpr unsigned kSingleChunkFiltered = 1U << 1U;
  const unsigned flags = reader.U8();
  const std::uint8_t dimensions = reader.U8();
  const std::uint8_t size_bytes = reader.U8();
  SIDECAR_RETURN_IF_ERROR(SetChunkSizes(reader, dimensions, size_bytes, layout, where));
  if ((flags & kPartialChunksUnfiltered) != 0)
    return where.Unsupported("unfiltered chunks at the edges are");
  const std::uint8_t index = reader.U8();
  layout.index = static_cast<Layout::ChunkIndex>(index);
  switch (layout.index) {
    case Layout::ChunkIndex::kSingle:
      if ((flags & kSingleChunkFiltered) != 0) {
        layout.single_size = reader.U64();
        layout.single_filter_mask = reader.U32();
      }
      break;
    case Layout::ChunkIndex::kImplicit:
      break;
    case Layout::ChunkIndex::kFixedArray:
      reader.Skip(1);  // page bits: repeated in the array's header
      break;
    case Layout::ChunkIndex::kExtensibleArray:
      return where.Unsupported(
          "a chunk index of kind extensible array (a resizable dataset of "
          "libver='latest') is");
    case Layout::ChunkIndex::kBtree2:
      return where.Unsupported(
          "a chunk index of kind B-tree version 2 (a resizable dataset of "
          "libver='latest') is");
    default:
      return where.Damaged(fmt::format("a chunk index of kind {}", index));
  }
  layout.address = reader.U64();
  return {};
}

}  // namespace

Result<Dataspace> ParseDataspace(std::span<const std::byte> message, const Where& where) {
  FieldReader reader(message);
  const std::uint8_t version = reader.U8();
  const std::uint8_t rank = reader.U8();
  reader.Skip(1);  // whether largest sizes follow: not of interest
  const std::uint8_t type = reader.U8();
  if (version == 1) reader.Skip(4);
  if (!reader.ok()) return CutOff(where, "dataspace");
  if ((version != 1 && version != 2) || rank > kMaxRank || (version == 2 && type > 2)) {
    return where.Damaged(
        fmt::format("a dataspace of version {}, rank {} and type {}", version, rank, type));
  }
  constexpr std::uint8_t kNull = 2;
  if (version == 2 && type == kNull) return Dataspace{Shape{0}, 0};
  std::vector<std::int64_t> sizes;
  for (std::size_t i = 0; i < rank; ++i) {
    const std::uint64_t size = reader.U64();
    if (size > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
      return where.Damaged(fmt::format("a dimension of {} elements", size));
    sizes.push_back(static_cast<std::int64_t>(size));
  }
  if (!reader.ok()) return CutOff(where, "dataspace");
  Dataspace space{Shape(std::move(sizes)), 0};
  const auto elements = space.shape.NumElements();
  if (!elements.ok()) return where.Damaged(elements.status().message());
  space.elements = static_cast<std::uint64_t>(*elements);
  return space;
}

Result<Layout> ParseLayout(std::span<const std::byte> message, const Where& where) {
  enum Class : std::uint8_t { kCompact = 0, kContiguous = 1, kChunked = 2, kVirtual = 3 };
  FieldReader reader(message);
  const std::uint8_t version = reader.U8();
  const std::uint8_t layout_class = reader.U8();
  if (!reader.ok()) return CutOff(where, "layout");
  if (version == 1 || version == 2)
    return where.Unsupported("a data layout of HDF5 before version 1.6.3 is");
  if (version != 3 && version != 4)
    return where.Damaged(fmt::format("a data layout of version {}", version));
  Layout layout;
  if (layout_class == kCompact) {
    layout.kind = Layout::Kind::kCompact;
    layout.compact = reader.Bytes(reader.U16());
  } else if (layout_class == kContiguous) {
    layout.kind = Layout::Kind::kContiguous;
    layout.address = reader.U64();
    layout.size = reader.U64();
  } else if (layout_class == kChunked) {
    layout.kind = Layout::Kind::kChunked;
    SIDECAR_RETURN_IF_ERROR(version == 3 ? ParseChunked3(reader, layout, where)
                                         : ParseChunked4(reader, layout, where));
  } else if (layout_class == kVirtual) {
    return where.Unsupported("a virtual dataset (elements in other files) is");
  } else {
    return where.Damaged(fmt::format("a data layout of class {}", layout_class));
  }
  if (!reader.ok()) return CutOff(where, "layout");
  return layout;
}

Result<std::vector<FilterId>> ParseFilters(std::span<const std::byte> message, const Where& where) {
  FieldReader reader(message);
  const std::uint8_t version = reader.U8();
  const std::uint8_t count = reader.U8();
  if (version == 1) reader.Skip(6);
  if (!reader.ok()) return CutOff(where, "filter");
  if ((version != 1 && version != 2) || count > kMaxFilters)
    return where.Damaged(fmt::format("{} filters in a message of version {}", count, version));
  std::vector<FilterId> filters;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint16_t id = reader.U16();
    const bool named = version == 1 || id >= 256;
    const std::uint16_t name_size = named ? reader.U16() : std::uint16_t{0};
    reader.Skip(2);  // flags: whether the filter may be left out while writing
    const std::uint16_t values = reader.U16();
    reader.Skip(version == 1 ? PaddedTo8(name_size) : name_size);
    const std::uint64_t padding = version == 1 && values % 2 == 1 ? 4 : 0;
    reader.Skip(std::uint64_t{values} * 4 + padding);
    if (!reader.ok()) return CutOff(where, "filter");
    if (id < 1 || id > 3)
      return where.Unsupported(
          fmt::format("filter {} (read: 1 gzip, 2 shuffle, 3 fletcher32) is", id));
    filters.push_back(static_cast<FilterId>(id));
  }
  return filters;
}

namespace {

// The part of an attribute message before its name. Sizes are those of the parts that follow.
struct AttributeHead {
  bool shared = false;
  bool padded = false;  // version 1: each part is padded to 8 bytes
  std::uint64_t name_size = 0;
  std::uint64_t type_size = 0;
  std::uint64_t space_size = 0;
};

Result<AttributeHead> ReadAttributeHead(FieldReader& reader, const Where& where) {
  AttributeHead head;
  const std::uint8_t version = reader.U8();
  const std::uint8_t flags = reader.U8();
  head.name_size = reader.U16();
  head.type_size = reader.U16();
  head.space_size = reader.U16();
  if (version == 3) reader.Skip(1);  // the name's character set
  if (!reader.ok()) return CutOff(where, "attribute");
  if (version < 1 || version > 3)
    return where.Damaged(fmt::format("an attribute message of version {}", version));
  head.padded = version == 1;
  head.shared = version > 1 && (flags & 3U) != 0;
  return head;
}

std::span<const std::byte> ReadPart(FieldReader& reader, std::uint64_t size, bool padded) {
  const auto part = reader.Bytes(padded ? PaddedTo8(size) : size);
  return reader.ok() ? part.first(size) : part;
}

Result<std::string_view> ReadName(FieldReader& reader, const AttributeHead& head,
                                  const Where& where) {
  const std::string_view name = base::AsText(ReadPart(reader, head.name_size, head.padded));
  if (!reader.ok()) return CutOff(where, "attribute");
  return name.substr(0, name.find('\0'));
}

}  // namespace

Result<std::string_view> ParseAttributeName(std::span<const std::byte> message,
                                            const Where& where) {
  FieldReader reader(message);
  SIDECAR_ASSIGN_OR_RETURN(AttributeHead head, ReadAttributeHead(reader, where));
  return ReadName(reader, head, where);
}

Result<Attribute> ParseAttribute(std::span<const std::byte> message, const Where& where) {
  FieldReader reader(message);
  SIDECAR_ASSIGN_OR_RETURN(AttributeHead head, ReadAttributeHead(reader, where));
  Attribute attribute;
  SIDECAR_ASSIGN_OR_RETURN(attribute.name, ReadName(reader, head, where));
  if (head.shared) return where.Unsupported("an attribute with a shared type is");
  const auto type = ReadPart(reader, head.type_size, head.padded);
  const auto space = ReadPart(reader, head.space_size, head.padded);
  if (!reader.ok()) return CutOff(where, "attribute");
  SIDECAR_ASSIGN_OR_RETURN(attribute.type, ParseDatatype(type, where));
  SIDECAR_ASSIGN_OR_RETURN(attribute.space, ParseDataspace(space, where));
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(attribute.space.elements, attribute.type.size, &bytes) ||
      bytes > reader.remaining()) {
    return where.Damaged(fmt::format("an attribute of {} elements in {} bytes",
                                     attribute.space.elements, reader.remaining()));
  }
  attribute.value = reader.Bytes(bytes);
  return attribute;
}

Result<bool> SaysDenseAttributes(std::span<const std::byte> message, const Where& where) {
  constexpr unsigned kTracksOrder = 1U << 0U;
  FieldReader reader(message);
  reader.Skip(1);
  if ((reader.U8() & kTracksOrder) != 0) reader.Skip(2);
  const std::uint64_t heap = reader.U64();
  if (!reader.ok()) return CutOff(where, "attribute info");
  return heap != kUndefinedAddress;
}

}  // namespace sidecar::checkpoint::hdf5
