// Object headers: the messages that describe a group or a dataset (specification, section IV.A).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "checkpoint/hdf5/file_view.h"
#include "sidecar/status.h"

namespace sidecar::checkpoint::hdf5 {

enum class MessageType : std::uint16_t {
  kNil = 0x00,
  kDataspace = 0x01,
  kLinkInfo = 0x02,
  kDatatype = 0x03,
  kLink = 0x06,
  kExternalFiles = 0x07,
  kLayout = 0x08,
  kFilters = 0x0B,
  kAttribute = 0x0C,
  kContinuation = 0x10,
  kSymbolTable = 0x11,
  kAttributeInfo = 0x15,
};

struct Message {
  MessageType type = MessageType::kNil;
  bool shared = false;  ///< the data stand in another header, and here is where
  std::span<const std::byte> data;
};

/// All messages of one object, continuation blocks included. Movable; not copyable, because the
/// messages point into it.
class ObjectHeader {
 public:
  /// Reads version 1 and 2. Checksums of version 2 are verified.
  static Result<ObjectHeader> Read(FileView& view, std::uint64_t address);
  ObjectHeader(ObjectHeader&&) = default;
  ObjectHeader& operator=(ObjectHeader&&) = default;
  ObjectHeader(const ObjectHeader&) = delete;
  ObjectHeader& operator=(const ObjectHeader&) = delete;
  ~ObjectHeader() = default;

  [[nodiscard]] const std::vector<Message>& messages() const { return messages_; }
  [[nodiscard]] bool Has(MessageType type) const;
  /// The data of the one message of that type, or nothing. kDataLoss where there are two,
  /// kUnimplemented where it is shared with other objects.
  [[nodiscard]] Result<std::optional<std::span<const std::byte>>> Unique(MessageType type) const;
  [[nodiscard]] const Where& where() const { return where_; }

 private:
  explicit ObjectHeader(Where where) : where_(where) {}

  Status ReadVersion1(FileView& view);
  Status ReadVersion2(FileView& view);
  Status ParseBlock(std::span<const std::byte> block, bool version2);
  Status AddContinuations(FileView& view, bool version2);
  Status AddContinuation(FileView& view, std::span<const std::byte> data, bool version2);

  Where where_;
  std::vector<std::vector<std::byte>> blocks_;
  std::vector<Message> messages_;
  bool creation_order_ = false;  // version 2: messages carry their creation order
};

}  // namespace sidecar::checkpoint::hdf5
