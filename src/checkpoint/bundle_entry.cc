#include "checkpoint/bundle_entry.h"

#include <fmt/format.h>

#include <limits>
#include <string>
#include <string_view>

#include "base/protobuf.h"
#include "base/status_macros.h"

namespace sidecar::checkpoint {
namespace {

using base::DamagedMessage;
using base::ProtoField;
using base::ProtoReader;
using base::WireType;
using Bytes = std::span<const std::byte>;

constexpr std::string_view kHeaderMessage = "BundleHeaderProto";
constexpr std::string_view kEntryMessage = "BundleEntryProto";
constexpr std::int32_t kReaderVersion = 1;   // kTensorBundleVersion in tensor_bundle.h
constexpr std::int32_t kMaxShards = 99'999;  // five digits in a shard's file name
constexpr std::size_t kMaxSlices = 100'000;  // bounds what a crafted entry can ask for
constexpr std::size_t kMaxRank = 254;        // TensorShape::MaxDimensions()

Status Expect(const ProtoField& field, WireType type, std::string_view message) {
  if (field.type == type) return {};
  return DamagedMessage(message, fmt::format("field {} has wire type {}, expected {}", field.tag,
                                             static_cast<int>(field.type), static_cast<int>(type)));
}

/// An int64 field that must not be negative.
Result<std::uint64_t> NotNegative(const ProtoField& field, std::string_view message,
                                  std::string_view name) {
  SIDECAR_RETURN_IF_ERROR(Expect(field, WireType::kVarint, message));
  if (field.AsInt64() < 0)
    return DamagedMessage(message, fmt::format("{} {} is negative", name, field.AsInt64()));
  return field.number;
}

Result<std::int32_t> Int32(const ProtoField& field, std::string_view message,
                           std::string_view name) {
  SIDECAR_ASSIGN_OR_RETURN(const std::uint64_t value, NotNegative(field, message, name));
  if (value > std::numeric_limits<std::int32_t>::max())
    return DamagedMessage(message, fmt::format("{} {} is too large", name, value));
  return static_cast<std::int32_t>(value);
}

Status NewerFormat(const std::string& why) {
  return DamagedMessage("VersionDef", "the checkpoint's format is newer than this reader: " + why);
}

/// `bad_consumers`, packed or not.
Status CheckBadConsumers(const ProtoField& field) {
  if (field.type != WireType::kBytes)
    return field.AsInt64() == kReaderVersion ? NewerFormat("it excludes version 1") : Status();
  base::ByteReader packed(field.bytes);
  while (const auto bad = packed.ReadVarint64()) {
    if (*bad == kReaderVersion) return NewerFormat("it excludes version 1");
  }
  return packed.at_end() ? Status() : DamagedMessage("VersionDef", "damaged list of versions");
}

Status CheckVersion(Bytes bytes) {
  ProtoReader reader(bytes, "VersionDef");
  while (const auto field = reader.Next()) {
    if (field->tag == 2 && field->AsInt64() > kReaderVersion)
      return NewerFormat(fmt::format("it asks for version {}", field->AsInt64()));
    if (field->tag == 3) SIDECAR_RETURN_IF_ERROR(CheckBadConsumers(*field));
  }
  return reader.status();
}

Result<std::int64_t> ParseDimension(Bytes bytes) {
  constexpr std::string_view kMessage = "TensorShapeProto.Dim";
  ProtoReader reader(bytes, kMessage);
  std::uint64_t size = 0;
  while (const auto field = reader.Next()) {
    if (field->tag != 1) continue;
    SIDECAR_ASSIGN_OR_RETURN(size, NotNegative(*field, kMessage, "size"));
  }
  SIDECAR_RETURN_IF_ERROR(reader.status());
  return static_cast<std::int64_t>(size);
}

Result<Shape> ParseShape(Bytes bytes) {
  constexpr std::string_view kMessage = "TensorShapeProto";
  ProtoReader reader(bytes, kMessage);
  std::vector<std::int64_t> sizes;
  while (const auto field = reader.Next()) {
    if (field->tag == 3 && field->number != 0)
      return DamagedMessage(kMessage, "the rank is not stated");
    if (field->tag != 2) continue;
    SIDECAR_RETURN_IF_ERROR(Expect(*field, WireType::kBytes, kMessage));
    if (sizes.size() == kMaxRank)
      return DamagedMessage(kMessage, fmt::format("more than {} dimensions", kMaxRank));
    SIDECAR_ASSIGN_OR_RETURN(const std::int64_t size, ParseDimension(field->bytes));
    sizes.push_back(size);
  }
  SIDECAR_RETURN_IF_ERROR(reader.status());
  Shape shape(std::move(sizes));
  if (!shape.NumElements().ok())
    return DamagedMessage(kMessage, "shape " + shape.ToString() + " has too many elements");
  return shape;
}

Result<SliceExtent> ParseExtent(Bytes bytes) {
  constexpr std::string_view kMessage = "TensorSliceProto.Extent";
  ProtoReader reader(bytes, kMessage);
  SliceExtent extent;
  while (const auto field = reader.Next()) {
    if (field->tag == 1) {
      SIDECAR_ASSIGN_OR_RETURN(const std::uint64_t start, NotNegative(*field, kMessage, "start"));
      extent.start = static_cast<std::int64_t>(start);
    } else if (field->tag == 2) {
      SIDECAR_ASSIGN_OR_RETURN(const std::uint64_t length, NotNegative(*field, kMessage, "length"));
      extent.length = static_cast<std::int64_t>(length);
    }
  }
  SIDECAR_RETURN_IF_ERROR(reader.status());
  return extent;
}

Result<TensorSlice> ParseSlice(Bytes bytes) {
  constexpr std::string_view kMessage = "TensorSliceProto";
  ProtoReader reader(bytes, kMessage);
  TensorSlice slice;
  while (const auto field = reader.Next()) {
    if (field->tag != 1) continue;
    SIDECAR_RETURN_IF_ERROR(Expect(*field, WireType::kBytes, kMessage));
    if (slice.size() == kMaxRank)
      return DamagedMessage(kMessage, fmt::format("more than {} dimensions", kMaxRank));
    SIDECAR_ASSIGN_OR_RETURN(const SliceExtent extent, ParseExtent(field->bytes));
    slice.push_back(extent);
  }
  SIDECAR_RETURN_IF_ERROR(reader.status());
  return slice;
}

Result<DType> ParseDType(const ProtoField& field) {
  SIDECAR_ASSIGN_OR_RETURN(const std::int32_t number, Int32(field, kEntryMessage, "dtype"));
  const DType dtype = number < 256 ? static_cast<DType>(number) : DType::kInvalid;
  if (DTypeName(dtype) == DTypeName(DType::kInvalid))
    return DamagedMessage(kEntryMessage, fmt::format("dtype {} is not known", number));
  return dtype;
}

Status ParseEntryMessage(const ProtoField& field, BundleEntry& entry) {
  SIDECAR_RETURN_IF_ERROR(Expect(field, WireType::kBytes, kEntryMessage));
  if (field.tag == 2) {
    SIDECAR_ASSIGN_OR_RETURN(entry.shape, ParseShape(field.bytes));
    return {};
  }
  if (entry.slices.size() == kMaxSlices)
    return DamagedMessage(kEntryMessage, fmt::format("more than {} slices", kMaxSlices));
  SIDECAR_ASSIGN_OR_RETURN(TensorSlice slice, ParseSlice(field.bytes));
  entry.slices.push_back(std::move(slice));
  return {};
}

/// Moves a parsed value to its place.
template <class T>
Status Store(Result<T> value, T& place) {
  if (value.ok()) place = *value;
  return value.status();
}

Status ParseEntryField(const ProtoField& field, BundleEntry& entry) {
  switch (field.tag) {
    case 1:
      return Store(ParseDType(field), entry.dtype);
    case 2:
    case 7:
      return ParseEntryMessage(field, entry);
    case 3:
      return Store(Int32(field, kEntryMessage, "shard_id"), entry.shard);
    case 4:
      return Store(NotNegative(field, kEntryMessage, "offset"), entry.offset);
    case 5:
      return Store(NotNegative(field, kEntryMessage, "size"), entry.size);
    case 6:
      entry.masked_crc = static_cast<std::uint32_t>(field.number);
      return Expect(field, WireType::kFixed32, kEntryMessage);
    default:
      return {};  // of a later version
  }
}

Status ParseHeaderField(const ProtoField& field, BundleHeader& header) {
  switch (field.tag) {
    case 1:
      return Store(Int32(field, kHeaderMessage, "num_shards"), header.num_shards);
    case 2: {
      SIDECAR_ASSIGN_OR_RETURN(const std::int32_t order,
                               Int32(field, kHeaderMessage, "endianness"));
      header.big_endian = order == 1;
      return order > 1
                 ? DamagedMessage(kHeaderMessage, fmt::format("endianness {} is not known", order))
                 : Status();
    }
    case 3:
      SIDECAR_RETURN_IF_ERROR(Expect(field, WireType::kBytes, kHeaderMessage));
      return CheckVersion(field.bytes);
    default:
      return {};
  }
}

}  // namespace

Result<BundleHeader> ParseBundleHeader(std::span<const std::byte> bytes) {
  ProtoReader reader(bytes, kHeaderMessage);
  BundleHeader header;
  while (const auto field = reader.Next())
    SIDECAR_RETURN_IF_ERROR(ParseHeaderField(*field, header));
  SIDECAR_RETURN_IF_ERROR(reader.status());
  if (header.num_shards < 1 || header.num_shards > kMaxShards) {
    return DamagedMessage(kHeaderMessage, fmt::format("{} shards, allowed are 1 to {}",
                                                      header.num_shards, kMaxShards));
  }
  return header;
}

Result<BundleEntry> ParseBundleEntry(std::span<const std::byte> bytes) {
  ProtoReader reader(bytes, kEntryMessage);
  BundleEntry entry;
  while (const auto field = reader.Next()) SIDECAR_RETURN_IF_ERROR(ParseEntryField(*field, entry));
  SIDECAR_RETURN_IF_ERROR(reader.status());
  if (entry.dtype == DType::kInvalid) return DamagedMessage(kEntryMessage, "no dtype");
  return entry;
}

}  // namespace sidecar::checkpoint
