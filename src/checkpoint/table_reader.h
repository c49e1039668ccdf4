// The LevelDB-style table that a TensorFlow checkpoint's `.index` file is: sorted keys with values,
// in checksummed blocks.
// Format: https://github.com/google/leveldb/blob/main/doc/table_format.md, as TensorFlow writes it
// (xla/tsl/lib/io/format.cc, block_builder.cc, table_builder.cc). Own code: leveldb's reader trusts
// the sizes it finds.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>

#include "sidecar/status.h"

namespace sidecar::checkpoint {

/// Takes one entry of a table; both arguments are valid during the call only. A failure ends the
/// reading.
using TableVisitor = std::function<Status(std::string_view key, std::span<const std::byte> value)>;

/// Passes all entries of the table in `file` (the whole file) to `visit`, in strictly ascending
/// order of their keys (bytes compared as unsigned). Blocks may be stored plain or Snappy
/// compressed; each one's CRC-32C is checked before it is parsed.
///
/// Fails with kUnavailable when the file has no footer, as one that is still being written; with
/// kDataLoss, naming the byte offset of the block, for anything that is damaged: handles outside
/// the file, checksums, entries that pass their block's end, unsorted keys, blocks or keys that
/// would expand to more than a writer can have meant; and with what `visit` returned. Memory: a
/// block at a time. Thread-safe.
Status ReadTable(std::span<const std::byte> file, const TableVisitor& visit);

}  // namespace sidecar::checkpoint
