// Where the chunks of a dataset stand.
#pragma once

#include <cstdint>
#include <vector>

#include "checkpoint/hdf5/file_view.h"
#include "checkpoint/hdf5/messages.h"
#include "sidecar/status.h"

namespace sidecar::checkpoint::hdf5 {

struct StoredChunk {
  std::uint64_t number = 0;  ///< in row-major order of the grid of chunks
  std::uint64_t address = 0;
  std::uint64_t size = 0;  ///< bytes in the file
  std::uint32_t filter_mask = 0;
};

/// The grid that chunks of one size make over a dataset.
struct ChunkGrid {
  std::vector<std::uint64_t> counts;  ///< chunks in each dimension
  std::uint64_t total = 0;
  std::uint64_t chunk_bytes = 0;  ///< of one chunk, filters undone
};

/// kDataLoss where the chunk's rank is not the dataset's or sizes overflow.
Result<ChunkGrid> MakeChunkGrid(const Layout& layout, const Dataspace& space, const Where& where);

/// All chunks of a dataset with at least one element, each exactly once. kDataLoss where one is
/// missing or outside the file and where all together are more than the file holds; kUnimplemented
/// for indexes that the layout parser let pass but are too large to be read (paged arrays).
Result<std::vector<StoredChunk>> ReadChunkIndex(FileView& view, const Layout& layout,
                                                const ChunkGrid& grid, bool filtered,
                                                const Where& where);

}  // namespace sidecar::checkpoint::hdf5
