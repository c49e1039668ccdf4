// The messages that describe a dataset or an attribute (specification, section IV.A.2).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/hdf5/datatype.h"
#include "checkpoint/hdf5/file_view.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::checkpoint::hdf5 {

struct Dataspace {
  Shape shape;
  std::uint64_t elements = 0;
};

/// kDataLoss for negative or overflowing sizes.
Result<Dataspace> ParseDataspace(std::span<const std::byte> message, const Where& where);

/// Where a dataset's elements stand.
struct Layout {
  enum class Kind : std::uint8_t { kCompact, kContiguous, kChunked };
  /// How chunks are found. Values above 0 are those of version 4 layout messages.
  enum class ChunkIndex : std::uint8_t {
    kBtree1 = 0,
    kSingle = 1,
    kImplicit = 2,
    kFixedArray = 3,
    kExtensibleArray = 4,
    kBtree2 = 5,
  };

  Kind kind = Kind::kContiguous;
  std::span<const std::byte> compact;  ///< the elements themselves; points into the message
  std::uint64_t address = 0;           ///< of the elements, or of the index of chunks
  std::uint64_t size = 0;              ///< contiguous: bytes
  ChunkIndex index = ChunkIndex::kBtree1;
  std::vector<std::uint64_t> chunk;  ///< elements per chunk in each dimension
  std::uint64_t element_size = 0;    ///< as the chunked layout repeats it
  /// Of a single filtered chunk: its bytes in the file and which filters were left out.
  std::optional<std::uint64_t> single_size;
  std::uint32_t single_filter_mask = 0;
};

/// kUnimplemented for virtual datasets and layouts of HDF5 before 1.6.3.
Result<Layout> ParseLayout(std::span<const std::byte> message, const Where& where);

enum class FilterId : std::uint16_t { kDeflate = 1, kShuffle = 2, kFletcher32 = 3 };

/// The filters in the order in which the writer applied them. kUnimplemented naming any other than
/// the three.
Result<std::vector<FilterId>> ParseFilters(std::span<const std::byte> message, const Where& where);

/// One attribute; spans point into the message.
struct Attribute {
  std::string_view name;
  Datatype type;
  Dataspace space;
  std::span<const std::byte> value;
};

/// The name alone of an attribute message.
Result<std::string_view> ParseAttributeName(std::span<const std::byte> message, const Where& where);
/// Checks that the value has the bytes that type and shape take.
Result<Attribute> ParseAttribute(std::span<const std::byte> message, const Where& where);

/// Whether an attribute info message says that attributes stand in a heap outside the header.
Result<bool> SaysDenseAttributes(std::span<const std::byte> message, const Where& where);

}  // namespace sidecar::checkpoint::hdf5
