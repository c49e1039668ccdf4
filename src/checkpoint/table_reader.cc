#include "checkpoint/table_reader.h"

#include <fmt/format.h>
#include <snappy.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/byte_reader.h"
#include "base/crc32c.h"
#include "base/status_macros.h"

namespace sidecar::checkpoint {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kFooterBytes = 48;
constexpr std::size_t kHandlesBytes = 40;  // two handles, padded with zeros
constexpr std::uint64_t kMagic = 0xDB4775248B80FB57U;
constexpr std::size_t kTrailerBytes = 5;  // compression type and masked CRC-32C
constexpr std::byte kPlain{0};
constexpr std::byte kSnappy{1};
// Snappy's best element makes 64 bytes of 3.
constexpr std::uint64_t kMaxSnappyExpansion = 22;
// A hundred thousand variables take about 15 MB.
constexpr std::uint64_t kMaxDecompressedBytes = std::uint64_t{64} << 20U;
// TensorFlow repeats the whole key every 16 entries, so prefix compression saves at most that much.
constexpr std::uint64_t kMaxKeyExpansion = 32;
constexpr std::uint64_t kFreeKeyBytes = std::uint64_t{1} << 20U;
constexpr std::uint64_t kMaxKeyBytes = std::uint64_t{256} << 20U;

struct BlockHandle {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;  // without the trailer
};

std::optional<BlockHandle> ReadHandle(base::ByteReader& reader) {
  const auto offset = reader.ReadVarint64();
  if (!offset) return std::nullopt;
  const auto size = reader.ReadVarint64();
  if (!size) return std::nullopt;
  return BlockHandle{*offset, *size};
}

Status BlockDamage(const BlockHandle& handle, const std::string& problem) {
  return {StatusCode::kDataLoss,
          fmt::format("block at byte {} ({} bytes): {}", handle.offset, handle.size, problem)};
}

/// The entry area of one block and where its keys are stored whole.
struct Block {
  BlockHandle handle;  // for messages
  Bytes entries;
  std::shared_ptr<const std::string>
      decompressed;                     // keeps `entries` alive; none: they are in the file
  std::vector<std::uint32_t> restarts;  // ascending offsets into `entries`
};

class TableParser {
 public:
  TableParser(Bytes file, const TableVisitor& visit) : file_(file), visit_(visit) {}
  Status Parse();

 private:
  using EntryVisitor = std::function<Status(const std::string& key, Bytes value)>;

  Status ParseFooter();
  Result<Block> ReadBlock(const BlockHandle& handle);
  Result<std::shared_ptr<const std::string>> Decompress(const BlockHandle& handle, Bytes stored);
  static Result<Block> SplitBlock(const BlockHandle& handle, Bytes contents);
  /// Reads one entry: turns the previous key into its key and returns its value.
  static Result<Bytes> ReadEntry(base::ByteReader& reader, bool restarts, std::string& key);
  Status VisitEntries(const Block& block, const EntryVisitor& visit);
  Status VisitDataBlock(const std::string& index_key, Bytes handle_bytes);
  Status CountKeyBytes(std::size_t key_bytes);

  Bytes file_;
  const TableVisitor& visit_;
  BlockHandle metaindex_;
  BlockHandle index_;
  std::uint64_t blocks_end_ = 0;   // where the data blocks seen so far end
  std::uint64_t key_bytes_ = 0;    // of all keys seen so far
  std::uint64_t block_bytes_ = 0;  // of all blocks seen so far, decompressed
  std::uint64_t decompressed_bytes_ = 0;
  std::string last_key_;  // of all data blocks so far
  bool any_key_ = false;
};

Status TableParser::ParseFooter() {
  if (file_.size() < kFooterBytes) {
    return {StatusCode::kUnavailable,
            fmt::format("{} bytes, a table has at least {}: it may still be being written",
                        file_.size(), kFooterBytes)};
  }
  base::ByteReader reader(file_.last(kFooterBytes));
  base::ByteReader handles(*reader.ReadBytes(kHandlesBytes));
  if (reader.ReadFixed<std::uint64_t>() != kMagic) {
    return {StatusCode::kUnavailable,
            fmt::format("the footer at byte {} has no table mark: it may still be being written, "
                        "or is not the index of a TensorFlow checkpoint",
                        file_.size() - kFooterBytes)};
  }
  const auto metaindex = ReadHandle(handles);
  const auto index = metaindex ? ReadHandle(handles) : std::nullopt;
  if (!index) {
    return {StatusCode::kDataLoss, fmt::format("the footer at byte {} holds damaged block handles",
                                               file_.size() - kFooterBytes)};
  }
  metaindex_ = *metaindex;
  index_ = *index;
  return {};
}

Result<Block> TableParser::ReadBlock(const BlockHandle& handle) {
  const std::uint64_t limit = file_.size() - kFooterBytes;
  if (handle.offset > limit || limit - handle.offset < kTrailerBytes ||
      handle.size > limit - handle.offset - kTrailerBytes) {
    return BlockDamage(handle, fmt::format("passes the end of the {} bytes of blocks", limit));
  }
  const Bytes stored = file_.subspan(handle.offset, handle.size + 1);
  base::ByteReader trailer(file_.subspan(handle.offset + handle.size + 1, 4));
  const std::uint32_t expected = base::UnmaskCrc(*trailer.ReadFixed<std::uint32_t>());
  const std::uint32_t found = base::Crc32c(stored);
  if (found != expected) {
    return BlockDamage(handle,
                       fmt::format("checksum {:08x}, the file states {:08x}", found, expected));
  }
  const std::byte type = stored.back();
  const Bytes contents = stored.first(handle.size);
  if (type == kPlain) return SplitBlock(handle, contents);
  if (type == kSnappy) {
    SIDECAR_ASSIGN_OR_RETURN(const auto plain, Decompress(handle, contents));
    SIDECAR_ASSIGN_OR_RETURN(Block block, SplitBlock(handle, base::AsBytes(*plain)));
    block.decompressed = plain;
    return block;
  }
  return BlockDamage(handle, fmt::format("compression type {}, known are 0 (none) and 1 (Snappy)",
                                         std::to_integer<int>(type)));
}

Result<std::shared_ptr<const std::string>> TableParser::Decompress(const BlockHandle& handle,
                                                                   Bytes stored) {
  const auto* data = reinterpret_cast<const char*>(stored.data());
  std::size_t length = 0;
  if (!snappy::GetUncompressedLength(data, stored.size(), &length))
    return BlockDamage(handle, "damaged Snappy length");
  if (length / kMaxSnappyExpansion > stored.size() ||
      length > kMaxDecompressedBytes - decompressed_bytes_) {
    return BlockDamage(handle, fmt::format("declares {} bytes after decompression; allowed are {} "
                                           "times its size and {} in the whole file",
                                           length, kMaxSnappyExpansion, kMaxDecompressedBytes));
  }
  decompressed_bytes_ += length;
  auto plain = std::make_shared<std::string>(length, '\0');
  if (!snappy::RawUncompress(data, stored.size(), plain->data()))
    return BlockDamage(handle, "damaged Snappy data");
  return std::shared_ptr<const std::string>(std::move(plain));
}

Result<Block> TableParser::SplitBlock(const BlockHandle& handle, Bytes contents) {
  if (contents.size() < 4) return BlockDamage(handle, "too short for a count of restart points");
  base::ByteReader tail(contents.last(4));
  const std::uint32_t count = *tail.ReadFixed<std::uint32_t>();
  const std::size_t before_count = contents.size() - 4;
  if (count > before_count / 4)
    return BlockDamage(handle, fmt::format("{} restart points do not fit into it", count));
  Block block;
  block.handle = handle;
  block.entries = contents.first(before_count - std::size_t{count} * 4);
  if (count == 0 && !block.entries.empty())
    return BlockDamage(handle, "entries without a restart point");
  base::ByteReader array(contents.subspan(block.entries.size(), std::size_t{count} * 4));
  block.restarts.reserve(count);
  while (const auto restart = array.ReadFixed<std::uint32_t>()) {
    const bool first = block.restarts.empty();
    // The only restart point of a block without entries is 0, its end.
    if (first ? *restart != 0
              : *restart <= block.restarts.back() || *restart >= block.entries.size()) {
      return BlockDamage(handle, fmt::format("restart point {} out of order or range", *restart));
    }
    block.restarts.push_back(*restart);
  }
  return block;
}

Status TableParser::CountKeyBytes(std::size_t key_bytes) {
  key_bytes_ += key_bytes;
  if (key_bytes_ > kMaxKeyBytes ||
      (key_bytes_ > kFreeKeyBytes &&
       (key_bytes_ - kFreeKeyBytes) / kMaxKeyExpansion > block_bytes_)) {
    return {StatusCode::kDataLoss, "shared prefixes make its keys larger than any writer's"};
  }
  return {};
}

Result<Bytes> TableParser::ReadEntry(base::ByteReader& reader, bool restarts, std::string& key) {
  const auto damage = [](const char* problem) { return Status(StatusCode::kDataLoss, problem); };
  const auto shared = reader.ReadVarint32();
  const auto non_shared = shared ? reader.ReadVarint32() : std::nullopt;
  const auto value_size = non_shared ? reader.ReadVarint32() : std::nullopt;
  if (!value_size) return damage("damaged sizes");
  if (restarts && *shared != 0) return damage("shares a prefix at a restart point");
  if (*shared > key.size()) return damage("shares more than the previous key has");
  const auto suffix = reader.ReadText(*non_shared);
  const auto value = suffix ? reader.ReadBytes(*value_size) : std::nullopt;
  if (!value) return damage("passes the end of its block");
  key.resize(*shared);
  key.append(*suffix);
  return *value;
}

Status TableParser::VisitEntries(const Block& block, const EntryVisitor& visit) {
  base::ByteReader reader(block.entries);
  std::string key;
  std::size_t next_restart = 0;
  while (!reader.at_end()) {
    const std::size_t position = reader.position();
    const bool restarts =
        next_restart < block.restarts.size() && block.restarts[next_restart] == position;
    if (restarts) ++next_restart;
    const auto value = ReadEntry(reader, restarts, key);
    if (!value.ok()) {
      return BlockDamage(block.handle,
                         fmt::format("entry at {}: {}", position, value.status().message()));
    }
    SIDECAR_RETURN_IF_ERROR(CountKeyBytes(key.size()));
    SIDECAR_RETURN_IF_ERROR(visit(key, *value));
  }
  if (!block.entries.empty() && next_restart != block.restarts.size()) {
    return BlockDamage(block.handle, fmt::format("restart point {} is not at an entry",
                                                 block.restarts[next_restart]));
  }
  return {};
}

Status TableParser::VisitDataBlock(const std::string& index_key, Bytes handle_bytes) {
  base::ByteReader reader(handle_bytes);
  const auto handle = ReadHandle(reader);
  if (!handle)
    return {StatusCode::kDataLoss,
            fmt::format("index block at byte {}: damaged block handle", index_.offset)};
  // A writer puts one block after the other. Blocks named twice would also make the work more than
  // linear in the size of the file.
  if (handle->offset < blocks_end_)
    return BlockDamage(
        *handle, fmt::format("begins before byte {}, where the block before it ends", blocks_end_));
  SIDECAR_ASSIGN_OR_RETURN(const Block block, ReadBlock(*handle));
  blocks_end_ = handle->offset + handle->size + kTrailerBytes;
  block_bytes_ += block.entries.size();
  SIDECAR_RETURN_IF_ERROR(VisitEntries(block, [&](const std::string& key, Bytes value) -> Status {
    if (any_key_ && key <= last_key_) return BlockDamage(*handle, "keys are not ascending");
    last_key_ = key;
    any_key_ = true;
    return visit_(key, value);
  }));
  if (any_key_ && index_key < last_key_)
    return BlockDamage(*handle, "holds a key that the index block states for later blocks");
  return {};
}

Status TableParser::Parse() {
  SIDECAR_RETURN_IF_ERROR(ParseFooter());
  SIDECAR_RETURN_IF_ERROR_CONTEXT(ReadBlock(metaindex_).status(), "metaindex");
  SIDECAR_ASSIGN_OR_RETURN_CONTEXT(const Block index, ReadBlock(index_), "index");
  block_bytes_ += index.entries.size();
  std::string last_index_key;
  bool first = true;
  return VisitEntries(index, [&](const std::string& key, Bytes value) -> Status {
    if (!first && key <= last_index_key)
      return BlockDamage(index.handle, "keys of the index block are not ascending");
    // Keys at or below the one stated for the block before would not be found by a lookup.
    if (!first && (!any_key_ || last_key_ < last_index_key)) {
      last_key_ = last_index_key;
      any_key_ = true;
    }
    first = false;
    last_index_key = key;
    return VisitDataBlock(key, value);
  });
}

}  // namespace

Status ReadTable(std::span<const std::byte> file, const TableVisitor& visit) {
  return TableParser(file, visit).Parse();
}

}  // namespace sidecar::checkpoint
