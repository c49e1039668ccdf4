#include "checkpoint/hdf5/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/byte_reader.h"
#include "base/status_macros.h"
#include "checkpoint/hdf5/chunk_index.h"
#include "checkpoint/hdf5/filters.h"
#include "checkpoint/hdf5/global_heap.h"

namespace sidecar::checkpoint::hdf5 {
namespace {

Status CheckSize(const Dataset& dataset, std::uint64_t stored) {
  if (stored == dataset.total_bytes) return {};
  return dataset.where.Damaged(fmt::format("{} bytes are stored for {} of {}, which take {}",
                                           stored, dataset.space.shape.ToString(),
                                           dataset.type.name, dataset.total_bytes));
}

// Copies the part of a chunk that is inside the dataset to its place, one run of the innermost
// dimension at a time.
class ChunkCopier {
 public:
  ChunkCopier(const Dataset& dataset, const ChunkGrid& grid, std::span<std::byte> out)
      : chunk_(dataset.layout.chunk),
        grid_(grid),
        element_(dataset.type.size),
        out_(out),
        rank_(chunk_.size()) {
    for (const std::int64_t size : dataset.space.shape.sizes())
      sizes_.push_back(static_cast<std::uint64_t>(size));
  }

  void Copy(std::uint64_t number, std::span<const std::byte> content) {
    std::vector<std::uint64_t> begin(rank_);   // the chunk's first element
    std::vector<std::uint64_t> extent(rank_);  // of its part inside the dataset
    for (std::size_t i = rank_; i-- > 0;) {
      begin[i] = number % grid_.counts[i] * chunk_[i];
      number /= grid_.counts[i];
      extent[i] = std::min(chunk_[i], sizes_[i] - begin[i]);
    }
    const std::size_t run = extent[rank_ - 1] * element_;
    std::vector<std::uint64_t> at(rank_);
    do {
      std::uint64_t from = 0;
      std::uint64_t to = 0;
      for (std::size_t i = 0; i < rank_; ++i) {
        from = from * chunk_[i] + at[i];
        to = to * sizes_[i] + begin[i] + at[i];
      }
      std::memcpy(out_.data() + to * element_, content.data() + from * element_, run);
    } while (Advance(at, extent));
  }

 private:
  // The next run; false after the last.
  bool Advance(std::vector<std::uint64_t>& at, const std::vector<std::uint64_t>& extent) const {
    for (std::size_t i = rank_ - 1; i-- > 0;) {
      if (++at[i] < extent[i]) return true;
      at[i] = 0;
    }
    return false;
  }

  const std::vector<std::uint64_t>& chunk_;
  const ChunkGrid& grid_;
  std::size_t element_;
  std::span<std::byte> out_;
  std::size_t rank_;
  std::vector<std::uint64_t> sizes_;
};

Result<std::vector<StoredChunk>> FindChunks(FileView& view, const Dataset& dataset,
                                            const ChunkGrid& grid) {
  if (dataset.layout.element_size != dataset.type.size) {
    return dataset.where.Damaged(fmt::format("chunks of elements of {} bytes for {}",
                                             dataset.layout.element_size, dataset.type.name));
  }
  return ReadChunkIndex(view, dataset.layout, grid, !dataset.filters.empty(), dataset.where);
}

// What the stored bytes can make must reach what is declared.
Status CheckChunks(const Dataset& dataset, const ChunkGrid& grid,
                   const std::vector<StoredChunk>& chunks) {
  const bool compressed = std::ranges::count(dataset.filters, FilterId::kDeflate) > 0;
  for (const StoredChunk& chunk : chunks) {
    const bool fits = compressed ? grid.chunk_bytes / kMaxExpansion <= chunk.size
                                 : grid.chunk_bytes <= chunk.size;
    if (fits) continue;
    return dataset.where.Damaged(fmt::format(
        "chunk {} declares {} bytes, but {} are stored: refused as a decompression bomb",
        chunk.number, grid.chunk_bytes, chunk.size));
  }
  return {};
}

Status ReadChunks(FileView& view, const Dataset& dataset, std::span<std::byte> out) {
  SIDECAR_ASSIGN_OR_RETURN(ChunkGrid grid,
                           MakeChunkGrid(dataset.layout, dataset.space, dataset.where));
  SIDECAR_ASSIGN_OR_RETURN(std::vector<StoredChunk> chunks, FindChunks(view, dataset, grid));
  ChunkCopier copier(dataset, grid, out);
  for (const StoredChunk& chunk : chunks) {
    std::vector<std::byte> content(chunk.size);
    SIDECAR_RETURN_IF_ERROR(view.ReadContents(chunk.address, content, "chunk"));
    SIDECAR_ASSIGN_OR_RETURN(
        content,
        UndoFilters(std::move(content), dataset.filters, chunk.filter_mask, grid.chunk_bytes,
                    dataset.type.size, Where{&view, "chunk", chunk.address}));
    copier.Copy(chunk.number, content);
  }
  return {};
}

std::string_view TrimPadding(std::string_view text, Datatype::Padding padding) {
  switch (padding) {
    case Datatype::Padding::kNulTerminated:
      return text.substr(0, text.find('\0'));
    case Datatype::Padding::kNulPadded:
      return text.substr(0, text.find_last_not_of('\0') + 1);
    case Datatype::Padding::kSpacePadded:
      return text.substr(0, text.find_last_not_of(' ') + 1);
  }
  return text;
}

}  // namespace

Result<Dataset> ParseDataset(const ObjectHeader& header) {
  Dataset dataset;
  dataset.where = header.where();
  SIDECAR_ASSIGN_OR_RETURN(auto type, header.Unique(MessageType::kDatatype));
  SIDECAR_ASSIGN_OR_RETURN(auto space, header.Unique(MessageType::kDataspace));
  SIDECAR_ASSIGN_OR_RETURN(auto layout, header.Unique(MessageType::kLayout));
  SIDECAR_ASSIGN_OR_RETURN(auto filters, header.Unique(MessageType::kFilters));
  if (!type || !space || !layout)
    return dataset.where.Damaged("a dataset without a type, a shape or a layout");
  if (header.Has(MessageType::kExternalFiles))
    return dataset.where.Unsupported("external storage (elements in other files) is");
  SIDECAR_ASSIGN_OR_RETURN(dataset.type, ParseDatatype(*type, dataset.where));
  SIDECAR_ASSIGN_OR_RETURN(dataset.space, ParseDataspace(*space, dataset.where));
  SIDECAR_ASSIGN_OR_RETURN(dataset.layout, ParseLayout(*layout, dataset.where));
  if (filters) {
    SIDECAR_ASSIGN_OR_RETURN(dataset.filters, ParseFilters(*filters, dataset.where));
    if (dataset.layout.kind != Layout::Kind::kChunked && !dataset.filters.empty())
      return dataset.where.Damaged("filters on elements that are not in chunks");
  }
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(dataset.space.elements, dataset.type.size, &bytes) ||
      bytes > SIZE_MAX / 2) {
    return dataset.where.Damaged(fmt::format("the size of {} of {} overflows",
                                             dataset.space.shape.ToString(), dataset.type.name));
  }
  dataset.total_bytes = bytes;
  return dataset;
}

Status CheckStored(FileView& view, const Dataset& dataset) {
  if (dataset.total_bytes == 0) return {};
  const Layout& layout = dataset.layout;
  if (layout.kind == Layout::Kind::kCompact) return CheckSize(dataset, layout.compact.size());
  if (layout.kind == Layout::Kind::kContiguous) {
    if (layout.address == kUndefinedAddress)
      return dataset.where.Damaged("its elements were never written");
    SIDECAR_RETURN_IF_ERROR(CheckSize(dataset, layout.size));
    if (view.Holds(layout.address, layout.size)) return {};
    return dataset.where.Damaged(
        fmt::format("{} bytes of elements at byte {} are outside the "
                    "file's {} bytes",
                    layout.size, layout.address, view.size()));
  }
  SIDECAR_ASSIGN_OR_RETURN(ChunkGrid grid, MakeChunkGrid(layout, dataset.space, dataset.where));
  SIDECAR_ASSIGN_OR_RETURN(std::vector<StoredChunk> chunks, FindChunks(view, dataset, grid));
  return CheckChunks(dataset, grid, chunks);
}

Status ReadElements(FileView& view, const Dataset& dataset, std::span<std::byte> out) {
  if (out.empty()) return {};
  switch (dataset.layout.kind) {
    case Layout::Kind::kCompact:
      std::memcpy(out.data(), dataset.layout.compact.data(), out.size());
      return {};
    case Layout::Kind::kContiguous:
      return view.ReadContents(dataset.layout.address, out, "dataset");
    case Layout::Kind::kChunked:
      return ReadChunks(view, dataset, out);
  }
  return {};
}

void SwapBytes(std::span<std::byte> elements, std::size_t element_size) {
  for (std::size_t at = 0; at + element_size <= elements.size(); at += element_size) {
    std::ranges::reverse(elements.subspan(at, element_size));
  }
}

Result<std::vector<std::string>> DecodeStrings(FileView& view, const Datatype& type,
                                               std::span<const std::byte> elements) {
  GlobalHeap heap(view);
  std::vector<std::string> strings;
  for (std::size_t at = 0; at + type.size <= elements.size(); at += type.size) {
    const auto element = elements.subspan(at, type.size);
    std::string_view text = base::AsText(element);
    if (type.kind == Datatype::Kind::kVariableString) {
      SIDECAR_ASSIGN_OR_RETURN(text, heap.Find(element));
    }
    strings.emplace_back(TrimPadding(text, type.padding));
  }
  return strings;
}

}  // namespace sidecar::checkpoint::hdf5
