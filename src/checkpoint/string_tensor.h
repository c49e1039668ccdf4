// How a data shard holds tensors of strings and of variants
// (tensorflow/core/util/tensor_bundle/tensor_bundle.cc, WriteStringTensor and WriteVariantTensor).
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "checkpoint/shard_stream.h"
#include "sidecar/status.h"

namespace sidecar::checkpoint {

/// Takes the bytes of an element piece by piece; `element` counts from 0.
using StringSink = std::function<void(std::uint64_t element, std::span<const std::byte> bytes)>;

/// Reads the strings of a tensor of `count` elements, whose range is all of `stream`, and hands
/// them to `sink` (which may be empty). Returns the CRC-32C that the index must state. kDataLoss
/// when the lengths and the range do not agree or the lengths do not have their own checksum.
/// Memory: 8 bytes per element. `count` must be at most the range's size.
Result<std::uint32_t> ReadStrings(ShardStream& stream, std::uint64_t count, bool big_endian,
                                  const StringSink& sink);

/// Reads through a tensor of `count` variants and checks the checksum that each element carries;
/// their content is not looked at. Returns the CRC-32C that the index must state.
Result<std::uint32_t> CheckVariants(ShardStream& stream, std::uint64_t count, bool big_endian);

}  // namespace sidecar::checkpoint
