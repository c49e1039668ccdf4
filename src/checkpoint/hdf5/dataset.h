// Datasets: their description, and their elements as one run of bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "checkpoint/hdf5/file_view.h"
#include "checkpoint/hdf5/messages.h"
#include "checkpoint/hdf5/object_header.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::checkpoint::hdf5 {

/// A dataset's header, parsed. Points into the ObjectHeader it was made from.
struct Dataset {
  Datatype type;
  Dataspace space;
  Layout layout;
  std::vector<FilterId> filters;
  std::uint64_t total_bytes = 0;  ///< of all elements, filters undone
  Where where;
};

/// kUnimplemented for external storage and what the messages' parsers refuse; kDataLoss for a
/// missing message and for contiguous or compact elements whose stored bytes are not what type and
/// shape take.
Result<Dataset> ParseDataset(const ObjectHeader& header);

/// Checks that the file holds all elements before any memory is taken for them. A dataset without
/// elements passes.
Status CheckStored(FileView& view, const Dataset& dataset);

/// Reads all elements, row-major, in the file's byte order, into `out`, which has
/// `dataset.total_bytes`. Call CheckStored() first.
Status ReadElements(FileView& view, const Dataset& dataset, std::span<std::byte> out);

/// Swaps the bytes of each element of `element_size` bytes.
void SwapBytes(std::span<std::byte> elements, std::size_t element_size);

/// The strings in `elements`, which have a string type. Variable-length ones are read from the
/// file's global heap.
Result<std::vector<std::string>> DecodeStrings(FileView& view, const Datatype& type,
                                               std::span<const std::byte> elements);

}  // namespace sidecar::checkpoint::hdf5
