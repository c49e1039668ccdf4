#include "report/events/event_reader.h"

#include <fmt/format.h>

#include <bit>
#include <utility>

#include "base/byte_reader.h"
#include "base/crc32c.h"
#include "base/protobuf.h"
#include "base/status_macros.h"

namespace sidecar::report {
namespace {

using base::ProtoField;
using base::ProtoReader;
using base::WireType;

constexpr std::uint64_t kHeaderBytes = 12;  // length, and its checksum
constexpr std::uint64_t kFooterBytes = 4;   // the data's checksum
constexpr std::uint64_t kMaxRecordBytes = std::uint64_t{1} << 30U;
constexpr std::size_t kMaxValues = 100'000;

double AsDouble(const ProtoField& field) { return std::bit_cast<double>(field.number); }

double AsFloat(const ProtoField& field) {
  return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(field.number)));
}

/// One number in a TensorProto's tensor_content or packed list.
std::optional<double> OneNumber(std::span<const std::byte> bytes, DType dtype) {
  if (bytes.size() != DTypeSize(dtype)) return std::nullopt;
  base::ByteReader reader(bytes);
  if (dtype == DType::kFloat32) {
    const auto bits = reader.ReadFixed<std::uint32_t>();
    if (bits) return static_cast<double>(std::bit_cast<float>(*bits));
  }
  if (dtype == DType::kFloat64) {
    const auto bits = reader.ReadFixed<std::uint64_t>();
    if (bits) return std::bit_cast<double>(*bits);
  }
  return std::nullopt;
}

/// Sets the value's dtype, and its scalar where the tensor is one float or double.
Status ParseTensor(std::span<const std::byte> bytes, EventValue& value) {
  ProtoReader reader(bytes, "TensorProto");
  bool scalar = true;
  std::span<const std::byte> content;
  while (const auto field = reader.Next()) {
    // Unknown types keep the number: DTypeName() calls them invalid.
    if (field->tag == 1 && field->type == WireType::kVarint && field->number < 256)
      value.dtype = static_cast<DType>(field->number);
    if (field->tag == 2 && field->type == WireType::kBytes) scalar = field->bytes.empty();
    if (field->type == WireType::kBytes && field->tag >= 4 && field->tag <= 6)
      content = field->bytes;
    if (field->tag == 5 && field->type == WireType::kFixed32) value.scalar = AsFloat(*field);
    if (field->tag == 6 && field->type == WireType::kFixed64) value.scalar = AsDouble(*field);
  }
  SIDECAR_RETURN_IF_ERROR(reader.status());
  if (!content.empty()) value.scalar = OneNumber(content, value.dtype);
  if (!scalar) value.scalar.reset();
  return {};
}

/// SummaryMetadata -> plugin_data -> plugin_name.
Status ParseMetadata(std::span<const std::byte> bytes, EventValue& value) {
  ProtoReader reader(bytes, "SummaryMetadata");
  while (const auto field = reader.Next()) {
    if (field->tag != 1 || field->type != WireType::kBytes) continue;
    ProtoReader plugin(field->bytes, "PluginData");
    while (const auto name = plugin.Next()) {
      if (name->tag == 1 && name->type == WireType::kBytes) value.plugin = name->AsText();
    }
    SIDECAR_RETURN_IF_ERROR(plugin.status());
  }
  return reader.status();
}

Result<EventValue> ParseValue(std::span<const std::byte> bytes) {
  EventValue value;
  ProtoReader reader(bytes, "Summary.Value");
  while (const auto field = reader.Next()) {
    if (field->tag == 2 && field->type == WireType::kFixed32) value.scalar = AsFloat(*field);
    if (field->type != WireType::kBytes) continue;
    if (field->tag == 1) value.tag = field->AsText();
    if (field->tag == 8) SIDECAR_RETURN_IF_ERROR(ParseTensor(field->bytes, value));
    if (field->tag == 9) SIDECAR_RETURN_IF_ERROR(ParseMetadata(field->bytes, value));
  }
  SIDECAR_RETURN_IF_ERROR(reader.status());
  return value;
}

Status ParseSummary(std::span<const std::byte> bytes, Event& event) {
  ProtoReader reader(bytes, "Summary");
  while (const auto field = reader.Next()) {
    if (field->tag != 1 || field->type != WireType::kBytes) continue;
    if (event.values.size() == kMaxValues)
      return {StatusCode::kDataLoss, fmt::format("Summary: more than {} values", kMaxValues)};
    SIDECAR_ASSIGN_OR_RETURN(EventValue value, ParseValue(field->bytes));
    event.values.push_back(std::move(value));
  }
  return reader.status();
}

Result<Event> ParseEvent(std::span<const std::byte> bytes) {
  Event event;
  ProtoReader reader(bytes, "Event");
  while (const auto field = reader.Next()) {
    if (field->tag == 1 && field->type == WireType::kFixed64) event.wall_time = AsDouble(*field);
    if (field->tag == 2 && field->type == WireType::kVarint) event.step = field->AsInt64();
    if (field->type != WireType::kBytes) continue;
    if (field->tag == 3) event.file_version = field->AsText();
    if (field->tag == 5) SIDECAR_RETURN_IF_ERROR(ParseSummary(field->bytes, event));
  }
  SIDECAR_RETURN_IF_ERROR(reader.status());
  return event;
}

}  // namespace

Result<EventReader> EventReader::Open(base::FileSystem& fs, const std::string& path) {
  SIDECAR_ASSIGN_OR_RETURN(std::unique_ptr<base::ReadableFile> file, fs.OpenForRead(path));
  SIDECAR_ASSIGN_OR_RETURN(const base::FileInfo info, file->Stat());
  return EventReader(std::move(file), info.size);
}

Result<std::optional<Event>> EventReader::Next() {
  const std::uint64_t left = size_ - offset_;
  if (left < kHeaderBytes + kFooterBytes) return std::optional<Event>();
  SIDECAR_RETURN_IF_ERROR(Read(offset_, kHeaderBytes));
  base::ByteReader header(base::AsBytes(record_));
  const std::uint64_t length = header.ReadFixed<std::uint64_t>().value_or(0);
  const std::uint32_t length_crc = header.ReadFixed<std::uint32_t>().value_or(0);
  if (base::MaskCrc(base::Crc32c(base::AsBytes(record_).first(8))) != length_crc)
    return Damaged("the checksum of its length is wrong");
  if (length > kMaxRecordBytes) return Damaged(fmt::format("it is {} bytes long", length));
  if (length > left - kHeaderBytes - kFooterBytes) return std::optional<Event>();

  SIDECAR_RETURN_IF_ERROR(Read(offset_ + kHeaderBytes, length + kFooterBytes));
  const auto data = base::AsBytes(record_).first(length);
  base::ByteReader footer(base::AsBytes(record_).subspan(length));
  if (base::MaskCrc(base::Crc32c(data)) != footer.ReadFixed<std::uint32_t>().value_or(0))
    return Damaged("the checksum of its data is wrong");
  Result<Event> event = ParseEvent(data);
  if (!event.ok()) return Damaged(event.status().message());
  event->offset = offset_;
  offset_ += kHeaderBytes + length + kFooterBytes;
  return std::optional<Event>(*std::move(event));
}

Status EventReader::Read(std::uint64_t offset, std::uint64_t count) {
  record_.resize(count);
  SIDECAR_ASSIGN_OR_RETURN(
      const std::size_t read,
      file_->ReadAt(offset, std::as_writable_bytes(std::span(record_.data(), record_.size()))));
  if (read != count) return Damaged("the file became shorter while it was read");
  return {};
}

Status EventReader::Damaged(std::string_view problem) const {
  return {StatusCode::kDataLoss,
          fmt::format("{}: damaged record at byte {}: {}", file_->path(), offset_, problem)};
}

}  // namespace sidecar::report
