#include "checkpoint/hdf5/chunk_index.h"

#include <fmt/format.h>

#include <string>

#include "base/status_macros.h"
#include "checkpoint/hdf5/btree1.h"
#include "checkpoint/hdf5/checksum.h"
#include "checkpoint/hdf5/field_reader.h"

namespace sidecar::checkpoint::hdf5 {
namespace {

constexpr std::uint64_t kChecksumSize = 4;

// Collects chunks and checks that none is missing, doubled, or outside the file.
class ChunkCollector {
 public:
  ChunkCollector(const FileView& view, const ChunkGrid& grid, const Where& where)
      : view_(view), grid_(grid), where_(where), seen_(grid.total, false) {}

  Status Add(const StoredChunk& chunk) {
    if (chunk.number >= grid_.total || seen_[chunk.number])
      return where_.Damaged(fmt::format("chunk {} is outside or stored twice", chunk.number));
    if (chunk.address == kUndefinedAddress)
      return where_.Damaged(fmt::format("chunk {} was never written", chunk.number));
    if (!view_.Holds(chunk.address, chunk.size) || chunk.size > view_.size() - stored_bytes_) {
      return where_.Damaged(
          fmt::format("chunk {}: {} bytes at byte {} are outside the file's {}, "
                      "or all chunks together are",
                      chunk.number, chunk.size, chunk.address, view_.size()));
    }
    seen_[chunk.number] = true;
    stored_bytes_ += chunk.size;
    chunks_.push_back(chunk);
    return {};
  }

  Result<std::vector<StoredChunk>> Finish() {
    if (chunks_.size() == grid_.total) return std::move(chunks_);
    return where_.Damaged(fmt::format("{} of its {} chunks are missing: not everything was written",
                                      grid_.total - chunks_.size(), grid_.total));
  }

 private:
  const FileView& view_;
  const ChunkGrid& grid_;
  const Where& where_;
  std::vector<bool> seen_;
  std::uint64_t stored_bytes_ = 0;
  std::vector<StoredChunk> chunks_;
};

// A chunk's key in a B-tree: size, filters that were left out, position in elements and, as the
// last dimension, in bytes of the element, which is 0.
Status AddFromKey(std::span<const std::byte> key, std::uint64_t address, const Layout& layout,
                  const ChunkGrid& grid, const Where& where, ChunkCollector& chunks) {
  FieldReader reader(key);
  StoredChunk chunk;
  chunk.address = address;
  chunk.size = reader.U32();
  chunk.filter_mask = reader.U32();
  for (std::size_t i = 0; i < layout.chunk.size(); ++i) {
    const std::uint64_t position = reader.U64();
    const std::uint64_t column = position / layout.chunk[i];
    if (position % layout.chunk[i] != 0 || column >= grid.counts[i])
      return where.Damaged(fmt::format("a chunk at element {} of dimension {}", position, i));
    chunk.number = chunk.number * grid.counts[i] + column;
  }
  return chunks.Add(chunk);
}

Status ReadBtreeIndex(FileView& view, const Layout& layout, const ChunkGrid& grid,
                      const Where& where, ChunkCollector& chunks) {
  const std::size_t key_size = 8 + 8 * (layout.chunk.size() + 1);
  return VisitBtree(view, layout.address, BtreeType::kChunks, key_size,
                    [&](std::span<const std::byte> key, std::uint64_t child) {
                      return AddFromKey(key, child, layout, grid, where, chunks);
                    });
}

// A structure whose last four bytes are the checksum of those before.
Result<std::vector<std::byte>> ReadChecked(FileView& view, std::uint64_t address,
                                           std::uint64_t size, std::string_view signature,
                                           std::string_view what) {
  SIDECAR_ASSIGN_OR_RETURN(std::vector<std::byte> bytes, view.Read(address, size, what));
  FieldReader reader(bytes);
  if (reader.Text(4) != signature)
    return view.Damaged(what, address, fmt::format("no signature {}", signature));
  FieldReader checksum{std::span(bytes).last(kChecksumSize)};
  bytes.resize(bytes.size() - kChecksumSize);
  if (checksum.U32() != Lookup3(bytes)) return view.Damaged(what, address, "its checksum is wrong");
  return bytes;
}

// Specification, section VII.C: a header, and one block with an element for each chunk.
Status ReadFixedArray(FileView& view, const Layout& layout, const ChunkGrid& grid, bool filtered,
                      const Where& where, ChunkCollector& chunks) {
  constexpr std::string_view kHeader = "fixed array header";
  constexpr std::uint64_t kHeaderSize = 4 + 4 + 8 + 8 + kChecksumSize;
  constexpr std::uint64_t kBlockHeadSize = 4 + 2 + 8;
  SIDECAR_ASSIGN_OR_RETURN(std::vector<std::byte> header,
                           ReadChecked(view, layout.address, kHeaderSize, "FAHD", kHeader));
  FieldReader reader(header);
  reader.Skip(6);  // signature, version, client
  const std::uint64_t element_size = reader.U8();
  const std::uint8_t page_bits = reader.U8();
  const std::uint64_t count = reader.U64();
  const std::uint64_t block_address = reader.U64();
  // Address, and for filtered chunks a size of 1 to 8 bytes and the mask.
  const std::uint64_t least = filtered ? 8 + 1 + 4 : 8;
  const std::uint64_t most = filtered ? 8 + 8 + 4 : 8;
  if (count != grid.total || element_size < least || element_size > most || page_bits > 63) {
    return view.Damaged(
        kHeader, layout.address,
        fmt::format("{} elements of {} bytes for {} chunks", count, element_size, grid.total));
  }
  if (count > std::uint64_t{1} << page_bits)
    return where.Unsupported(fmt::format("a paged chunk index of {} chunks is", count));
  SIDECAR_ASSIGN_OR_RETURN(
      std::vector<std::byte> block,
      ReadChecked(view, block_address, kBlockHeadSize + count * element_size + kChecksumSize,
                  "FADB", "fixed array block"));
  FieldReader elements(block);
  elements.Skip(kBlockHeadSize);
  for (std::uint64_t i = 0; i < count; ++i) {
    StoredChunk chunk{i, elements.U64(), grid.chunk_bytes, 0};
    if (filtered) {
      chunk.size = elements.Unsigned(element_size - 12);
      chunk.filter_mask = elements.U32();
    }
    SIDECAR_RETURN_IF_ERROR(chunks.Add(chunk));
  }
  return {};
}

Status ReadImplicit(const Layout& layout, const ChunkGrid& grid, ChunkCollector& chunks) {
  for (std::uint64_t i = 0; i < grid.total; ++i) {
    // Inside the file, or Add() has refused the chunk before.
    const std::uint64_t address = layout.address + i * grid.chunk_bytes;
    SIDECAR_RETURN_IF_ERROR(chunks.Add({i, address, grid.chunk_bytes, 0}));
  }
  return {};
}

}  // namespace

Result<ChunkGrid> MakeChunkGrid(const Layout& layout, const Dataspace& space, const Where& where) {
  if (layout.chunk.size() != space.shape.rank()) {
    return where.Damaged(fmt::format("chunks of {} dimensions in a dataset of {}",
                                     layout.chunk.size(), space.shape.rank()));
  }
  ChunkGrid grid;
  grid.total = 1;
  grid.chunk_bytes = layout.element_size;
  bool overflow = false;
  for (std::size_t i = 0; i < layout.chunk.size(); ++i) {
    const auto size = static_cast<std::uint64_t>(space.shape[i]);
    const std::uint64_t chunk = layout.chunk[i];
    const std::uint64_t count = size / chunk + (size % chunk == 0 ? 0 : 1);
    grid.counts.push_back(count);
    overflow |= __builtin_mul_overflow(grid.total, count, &grid.total);
    overflow |= __builtin_mul_overflow(grid.chunk_bytes, chunk, &grid.chunk_bytes);
  }
  if (overflow || grid.chunk_bytes > SIZE_MAX / 2)
    return where.Damaged("the sizes of its chunks overflow");
  return grid;
}

Result<std::vector<StoredChunk>> ReadChunkIndex(FileView& view, const Layout& layout,
                                                const ChunkGrid& grid, bool filtered,
                                                const Where& where) {
  // Each chunk takes at least a byte of the file.
  if (grid.total > view.size()) {
    return where.Damaged(
        fmt::format("declares {} chunks in a file of {} bytes", grid.total, view.size()));
  }
  if (layout.address == kUndefinedAddress) return where.Damaged("none of its chunks was written");
  ChunkCollector chunks(view, grid, where);
  switch (layout.index) {
    case Layout::ChunkIndex::kSingle:
      SIDECAR_RETURN_IF_ERROR(
          chunks.Add({0, layout.address, layout.single_size.value_or(grid.chunk_bytes),
                      layout.single_filter_mask}));
      break;
    case Layout::ChunkIndex::kImplicit:
      SIDECAR_RETURN_IF_ERROR(ReadImplicit(layout, grid, chunks));
      break;
    case Layout::ChunkIndex::kFixedArray:
      SIDECAR_RETURN_IF_ERROR(ReadFixedArray(view, layout, grid, filtered, where, chunks));
      break;
    default:
      SIDECAR_RETURN_IF_ERROR(ReadBtreeIndex(view, layout, grid, where, chunks));
      break;
  }
  return chunks.Finish();
}

}  // namespace sidecar::checkpoint::hdf5
