#include "checkpoint/hdf5/object_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/status_macros.h"
#include "checkpoint/hdf5/checksum.h"
#include "checkpoint/hdf5/field_reader.h"

namespace sidecar::checkpoint::hdf5 {
namespace {

constexpr std::uint64_t kPrefix1Size = 16;  // with the padding to 8 bytes
constexpr std::uint64_t kChecksumSize = 4;
constexpr std::uint8_t kSharedFlag = 1U << 1U;
// A header is small; the limit is far above what 64 KiB messages make.
constexpr std::size_t kMaxBlocks = 1000;

// Flags of a version 2 header.
constexpr unsigned kChunkSizeBits = 3;
constexpr unsigned kCreationOrder = 1U << 2U;
constexpr unsigned kPhaseChange = 1U << 4U;
constexpr unsigned kTimes = 1U << 5U;

}  // namespace

bool ObjectHeader::Has(MessageType type) const {
  return std::ranges::find(messages_, type, &Message::type) != messages_.end();
}

Result<std::optional<std::span<const std::byte>>> ObjectHeader::Unique(MessageType type) const {
  std::optional<std::span<const std::byte>> found;
  for (const Message& message : messages_) {
    if (message.type != type) continue;
    if (found) {
      return where_.Damaged(fmt::format("two messages of type {:#x}", static_cast<unsigned>(type)));
    }
    if (message.shared) return where_.Unsupported("a message shared between objects is");
    found = message.data;
  }
  return found;
}

// One block of messages. What is left at its end and too small for a message is a gap.
Status ObjectHeader::ParseBlock(std::span<const std::byte> block, bool version2) {
  const std::size_t header_size = version2 ? (creation_order_ ? 6 : 4) : 8;
  FieldReader reader(block);
  while (reader.remaining() >= header_size) {
    Message message;
    const std::uint16_t type = version2 ? reader.U8() : reader.U16();
    const std::uint16_t size = reader.U16();
    const std::uint8_t flags = reader.U8();
    reader.Skip(version2 ? (creation_order_ ? 2 : 0) : 3);
    message.type = static_cast<MessageType>(type);
    message.shared = (flags & kSharedFlag) != 0;
    message.data = reader.Bytes(size);
    if (!reader.ok())
      return where_.Damaged(fmt::format("a message of {} bytes passes the end of its block", size));
    if (message.type != MessageType::kNil) messages_.push_back(message);
  }
  return {};
}

Status ObjectHeader::AddContinuation(FileView& view, std::span<const std::byte> data,
                                     bool version2) {
  FieldReader reader(data);
  const std::uint64_t address = reader.U64();
  const std::uint64_t size = reader.U64();
  if (!reader.ok()) return where_.Damaged("a continuation message is too short");
  SIDECAR_ASSIGN_OR_RETURN(std::vector<std::byte> block,
                           view.Read(address, size, "object header continuation"));
  blocks_.push_back(std::move(block));
  std::span<const std::byte> content = blocks_.back();
  if (!version2) return ParseBlock(content, version2);
  if (content.size() < 8 || base::AsText(content.first(4)) != "OCHK")
    return view.Damaged("object header continuation", address, "no signature OCHK");
  FieldReader checksum(content.last(kChecksumSize));
  content = content.first(content.size() - kChecksumSize);
  if (checksum.U32() != Lookup3(content))
    return view.Damaged("object header continuation", address, "its checksum is wrong");
  return ParseBlock(content.subspan(4), version2);
}

// Messages grow while the list is walked: a continuation may hold another one.
Status ObjectHeader::AddContinuations(FileView& view, bool version2) {
  for (std::size_t i = 0; i < messages_.size(); ++i) {
    if (messages_[i].type != MessageType::kContinuation) continue;
    if (blocks_.size() >= kMaxBlocks) return where_.Damaged("its continuations do not end");
    SIDECAR_RETURN_IF_ERROR(AddContinuation(view, messages_[i].data, version2));
  }
  return {};
}

Status ObjectHeader::ReadVersion1(FileView& view) {
  SIDECAR_ASSIGN_OR_RETURN(std::vector<std::byte> prefix,
                           view.Read(where_.address, kPrefix1Size, where_.what));
  FieldReader reader(prefix);
  reader.Skip(8);  // version, number of messages, reference count
  const std::uint32_t size = reader.U32();
  SIDECAR_ASSIGN_OR_RETURN(std::vector<std::byte> block,
                           view.Read(where_.address + kPrefix1Size, size, where_.what));
  blocks_.push_back(std::move(block));
  SIDECAR_RETURN_IF_ERROR(ParseBlock(blocks_.back(), false));
  return AddContinuations(view, false);
}

Status ObjectHeader::ReadVersion2(FileView& view) {
  // Signature, version, flags, then up to 20 optional bytes and up to 8 for the size.
  const std::uint64_t available = std::min<std::uint64_t>(34, view.size() - where_.address);
  SIDECAR_ASSIGN_OR_RETURN(std::vector<std::byte> prefix,
                           view.Read(where_.address, available, where_.what));
  FieldReader reader(prefix);
  reader.Skip(4);
  const std::uint8_t version = reader.U8();
  if (version != 2) return where_.Damaged(fmt::format("version {}, expected 2", version));
  const unsigned flags = reader.U8();
  if ((flags & kTimes) != 0) reader.Skip(16);
  if ((flags & kPhaseChange) != 0) reader.Skip(4);
  creation_order_ = (flags & kCreationOrder) != 0;
  const std::uint64_t size = reader.Unsigned(std::size_t{1} << (flags & kChunkSizeBits));
  if (!reader.ok()) return where_.Damaged("it passes the end of the file");
  const std::uint64_t prefix_size = reader.position();
  if (size > view.size()) return where_.Damaged(fmt::format("declares {} bytes of messages", size));
  SIDECAR_ASSIGN_OR_RETURN(
      std::vector<std::byte> block,
      view.Read(where_.address, prefix_size + size + kChecksumSize, where_.what));
  blocks_.push_back(std::move(block));
  const std::span<const std::byte> content = std::span(blocks_.back()).first(prefix_size + size);
  FieldReader checksum{std::span(blocks_.back()).last(kChecksumSize)};
  if (checksum.U32() != Lookup3(content)) return where_.Damaged("its checksum is wrong");
  SIDECAR_RETURN_IF_ERROR(ParseBlock(content.subspan(prefix_size), true));
  return AddContinuations(view, true);
}

Result<ObjectHeader> ObjectHeader::Read(FileView& view, std::uint64_t address) {
  ObjectHeader header(Where{&view, "object header", address});
  SIDECAR_ASSIGN_OR_RETURN(std::vector<std::byte> start, view.Read(address, 4, header.where_.what));
  if (base::AsText(start) == "OHDR") {
    SIDECAR_RETURN_IF_ERROR(header.ReadVersion2(view));
  } else if (start[0] == std::byte{1}) {
    SIDECAR_RETURN_IF_ERROR(header.ReadVersion1(view));
  } else {
    return header.where_.Damaged("neither version 1 nor version 2");
  }
  return header;
}

}  // namespace sidecar::checkpoint::hdf5
