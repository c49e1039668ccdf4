#include "checkpoint/bundle_entry.h"

#include <fmt/format.h>

#include <limits>
#include <string>
#include <string_view>

#include "base/protobuf.h"
#include "base/status_macros.h"

namespace sidecar::checkpoint {
namespace {

using base::ProtoField;
using base::ProtoReader;
using base::WireType;
using Bytes = std::span<const std::byte>;

constexpr std::int32_t kReaderVersion = 1;   // kTensorBundleVersion in tensor_bundle.h
constexpr std::int32_t kMaxShards = 99'999;  // five digits in a shard's file name
constexpr std::size_t kMaxSlices = 100'000;  // bounds what a crafted entry can ask for
constexpr std::size_t kMaxRank = 254;        // TensorShape::MaxDimensions()

Status Damage(std::string_view message, const std::string& problem) {
  return {StatusCode::kDataLoss, fmt::format("{}: {}", message, problem)};
}

Status Expect(const ProtoField& field, WireType type, std::string_view message) {
  if (field.type == type) return {};
  return Damage(message, fmt::format("field {} has wire type {}, expected {}", field.tag,
                                     static_cast<int>(field.type), static_cast<int>(type)));
}

/// An int64 field that must not be negative.
Result<std::uint64_t> NotNegative(const ProtoField& field, std::string_view message,
                                  std::string_view name) {
  SIDECAR_RETURN_IF_ERROR(Expect(field, WireType::kVarint, message));
  if (field.AsInt64() < 0)
    return Damage(message, fmt::format("{} {} is negative", name, field.AsInt64()));
  return field.number;
}

Result<std::int32_t> Int32(const ProtoField& field, std::string_view message,
                           std::string_view name) {
  SIDECAR_ASSIGN_OR_RETURN(const std::uint64_t value, NotNegative(field, message, name));
  if (value > std::numeric_limits<std::int32_t>::max())
    return Damage(message, fmt::format("{} {} is too large", name, value));
  return static_cast<std::int32_t>(value);
}

Status CheckVersion(Bytes bytes) {
  constexpr std::string_view kMessage = "VersionDef";
  const auto unreadable = [&](const std::string& why) {
    return Damage(kMessage, "the checkpoint's format is newer than this reader: " + why);
  };
  ProtoReader reader(bytes, kMessage);
  while (const auto field = reader.Next()) {
    if (field->tag == 2) {
      SIDECAR_RETURN_IF_ERROR(Expect(*field, WireType::kVarint, kMessage));
      if (field->AsInt64() > kReaderVersion)
        return unreadable(fmt::format("it asks for version {}", field->AsInt64()));
    }
    if (field->tag == 3 && field->type == WireType::kVarint && field->AsInt64() == kReaderVersion)
      return unreadable("it excludes version 1");
    if (field->tag == 3 && field->type == WireType::kBytes) {
      base::ByteReader packed(field->bytes);
      while (const auto bad = packed.ReadVarint64()) {
        if (*bad == kReaderVersion) return unreadable("it excludes version 1");
      }
      if (!packed.at_end()) return Damage(kMessage, "damaged list of versions");
    }
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
    if (field->tag == 3 && field->number != 0) return Damage(kMessage, "the rank is not stated");
    if (field->tag != 2) continue;
    SIDECAR_RETURN_IF_ERROR(Expect(*field, WireType::kBytes, kMessage));
    if (sizes.size() == kMaxRank)
      return Damage(kMessage, fmt::format("more than {} dimensions", kMaxRank));
    SIDECAR_ASSIGN_OR_RETURN(const std::int64_t size, ParseDimension(field->bytes));
    sizes.push_back(size);
  }
  SIDECAR_RETURN_IF_ERROR(reader.status());
  Shape shape(std::move(sizes));
  if (!shape.NumElements().ok())
    return Damage(kMessage, "shape " + shape.ToString() + " has too many elements");
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
      return Damage(kMessage, fmt::format("more than {} dimensions", kMaxRank));
    SIDECAR_ASSIGN_OR_RETURN(const SliceExtent extent, ParseExtent(field->bytes));
    slice.push_back(extent);
  }
  SIDECAR_RETURN_IF_ERROR(reader.status());
  return slice;
}

Status ParseEntryField(const ProtoField& field, BundleEntry& entry) {
  constexpr std::string_view kMessage = "BundleEntryProto";
  switch (field.tag) {
    case 1: {
      SIDECAR_ASSIGN_OR_RETURN(const std::int32_t number, Int32(field, kMessage, "dtype"));
      entry.dtype = number < 256 ? static_cast<DType>(number) : DType::kInvalid;
      if (DTypeName(entry.dtype) == DTypeName(DType::kInvalid))
        return Damage(kMessage, fmt::format("dtype {} is not known", number));
      return {};
    }
    case 2: {
      SIDECAR_RETURN_IF_ERROR(Expect(field, WireType::kBytes, kMessage));
      SIDECAR_ASSIGN_OR_RETURN(entry.shape, ParseShape(field.bytes));
      return {};
    }
    case 3: {
      SIDECAR_ASSIGN_OR_RETURN(entry.shard, Int32(field, kMessage, "shard_id"));
      return {};
    }
    case 4: {
      SIDECAR_ASSIGN_OR_RETURN(entry.offset, NotNegative(field, kMessage, "offset"));
      return {};
    }
    case 5: {
      SIDECAR_ASSIGN_OR_RETURN(entry.size, NotNegative(field, kMessage, "size"));
      return {};
    }
    case 6: {
      SIDECAR_RETURN_IF_ERROR(Expect(field, WireType::kFixed32, kMessage));
      entry.masked_crc = static_cast<std::uint32_t>(field.number);
      return {};
    }
    case 7: {
      SIDECAR_RETURN_IF_ERROR(Expect(field, WireType::kBytes, kMessage));
      if (entry.slices.size() == kMaxSlices)
        return Damage(kMessage, fmt::format("more than {} slices", kMaxSlices));
      SIDECAR_ASSIGN_OR_RETURN(TensorSlice slice, ParseSlice(field.bytes));
      entry.slices.push_back(std::move(slice));
      return {};
    }
    default:
      return {};  // of a later version
  }
}

}  // namespace

Result<BundleHeader> ParseBundleHeader(std::span<const std::byte> bytes) {
  constexpr std::string_view kMessage = "BundleHeaderProto";
  ProtoReader reader(bytes, kMessage);
  BundleHeader header;
  while (const auto field = reader.Next()) {
    if (field->tag == 1) {
      SIDECAR_ASSIGN_OR_RETURN(header.num_shards, Int32(*field, kMessage, "num_shards"));
    } else if (field->tag == 2) {
      SIDECAR_ASSIGN_OR_RETURN(const std::int32_t order, Int32(*field, kMessage, "endianness"));
      if (order > 1) return Damage(kMessage, fmt::format("endianness {} is not known", order));
      header.big_endian = order == 1;
    } else if (field->tag == 3) {
      SIDECAR_RETURN_IF_ERROR(Expect(*field, WireType::kBytes, kMessage));
      SIDECAR_RETURN_IF_ERROR(CheckVersion(field->bytes));
    }
  }
  SIDECAR_RETURN_IF_ERROR(reader.status());
  if (header.num_shards < 1 || header.num_shards > kMaxShards) {
    return Damage(kMessage,
                  fmt::format("{} shards, allowed are 1 to {}", header.num_shards, kMaxShards));
  }
  return header;
}

Result<BundleEntry> ParseBundleEntry(std::span<const std::byte> bytes) {
  ProtoReader reader(bytes, "BundleEntryProto");
  BundleEntry entry;
  while (const auto field = reader.Next()) {
    SIDECAR_RETURN_IF_ERROR(ParseEntryField(*field, entry));
  }
  SIDECAR_RETURN_IF_ERROR(reader.status());
  if (entry.dtype == DType::kInvalid) return Damage("BundleEntryProto", "no dtype");
  return entry;
}

}  // namespace sidecar::checkpoint
