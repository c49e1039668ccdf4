// Version 1 B-trees: indexes of group members and of chunks (specification, section III.A.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "checkpoint/hdf5/file_view.h"
#include "sidecar/status.h"

namespace sidecar::checkpoint::hdf5 {

enum class BtreeType : std::uint8_t { kGroup = 0, kChunks = 1 };

/// What a leaf of the tree points to, with the key before it.
using BtreeVisitor = std::function<Status(std::span<const std::byte> key, std::uint64_t child)>;

/// Calls `visit` for each child of the leaf nodes, from the left to the right. Keys have `key_size`
/// bytes. kDataLoss for damaged nodes and nodes that are reached twice.
Status VisitBtree(FileView& view, std::uint64_t root, BtreeType type, std::size_t key_size,
                  const BtreeVisitor& visit);

}  // namespace sidecar::checkpoint::hdf5
