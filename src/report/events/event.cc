#include "report/events/event.h"

#include <bit>

#include "base/byte_reader.h"
#include "base/crc32c.h"
#include "base/protobuf.h"

namespace sidecar::report {
namespace {

using base::ProtoWriter;

// Field numbers of tensorflow/core/util/event.proto, framework/summary.proto and tensor.proto.
constexpr std::uint32_t kEventWallTime = 1;
constexpr std::uint32_t kEventStep = 2;
constexpr std::uint32_t kEventFileVersion = 3;
constexpr std::uint32_t kEventSummary = 5;
constexpr std::uint32_t kEventSourceMetadata = 10;
constexpr std::uint32_t kSourceMetadataWriter = 1;
constexpr std::uint32_t kSummaryValue = 1;
constexpr std::uint32_t kValueTag = 1;
constexpr std::uint32_t kValueTensor = 8;
constexpr std::uint32_t kValueMetadata = 9;
constexpr std::uint32_t kMetadataPluginData = 1;
constexpr std::uint32_t kPluginDataName = 1;
constexpr std::uint32_t kTensorDtype = 1;
constexpr std::uint32_t kTensorShape = 2;
constexpr std::uint32_t kTensorContent = 4;

constexpr std::uint64_t kDtFloat = 1;

std::string ScalarTensor(float value) {
  std::string content;
  base::AppendFixed32(content, std::bit_cast<std::uint32_t>(value));
  ProtoWriter tensor;
  tensor.AddVarint(kTensorDtype, kDtFloat);
  tensor.AddBytesAlways(kTensorShape, "");  // a scalar's shape: present, without dimensions
  tensor.AddBytes(kTensorContent, content);
  return tensor.bytes();
}

/// Names the plugin; its own content, an empty ScalarPluginData, takes no bytes.
std::string ScalarMetadata() {
  ProtoWriter plugin;
  plugin.AddBytes(kPluginDataName, "scalars");
  ProtoWriter metadata;
  metadata.AddBytes(kMetadataPluginData, plugin.bytes());
  return metadata.bytes();
}

}  // namespace

std::string EncodeVersionEvent(double wall_time) {
  ProtoWriter source;
  source.AddBytes(kSourceMetadataWriter, "tensorflow.core.util.events_writer");
  ProtoWriter event;
  event.AddDouble(kEventWallTime, wall_time);
  event.AddBytes(kEventFileVersion, "brain.Event:2");
  event.AddBytes(kEventSourceMetadata, source.bytes());
  return event.bytes();
}

std::string EncodeScalarEvent(const ScalarEvent& event) {
  ProtoWriter value;
  value.AddBytes(kValueTag, event.tag);
  value.AddBytes(kValueTensor, ScalarTensor(event.value));
  value.AddBytes(kValueMetadata, ScalarMetadata());
  ProtoWriter summary;
  summary.AddBytes(kSummaryValue, value.bytes());
  ProtoWriter proto;
  proto.AddDouble(kEventWallTime, event.wall_time);
  proto.AddVarint(kEventStep, static_cast<std::uint64_t>(event.step));
  proto.AddBytes(kEventSummary, summary.bytes());
  return proto.bytes();
}

void AppendRecord(std::string& out, std::string_view data) {
  std::string length;
  base::AppendFixed64(length, data.size());
  out += length;
  base::AppendFixed32(out, base::MaskCrc(base::Crc32c(base::AsBytes(length))));
  out += data;
  base::AppendFixed32(out, base::MaskCrc(base::Crc32c(base::AsBytes(data))));
}

}  // namespace sidecar::report
