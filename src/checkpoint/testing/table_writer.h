// Writes index tables for tests, also ones that no real writer makes.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace sidecar::checkpoint::testing {

using TableEntries = std::vector<std::pair<std::string, std::string>>;  ///< keys and values

struct TableOptions {
  std::size_t block_bytes = 262'144;  ///< a block is closed once it has as many
  std::size_t restart_interval = 16;  ///< entries between keys that are stored whole
  bool snappy = false;                ///< compress data blocks
};

/// The contents of one block: entries and restart points.
[[nodiscard]] std::string BuildBlock(const TableEntries& entries, std::size_t restart_interval);

/// Appends a block with its type byte and checksum; returns its handle (encoded offset and size).
std::string AppendBlock(std::string& file, const std::string& contents, bool snappy);

/// The 48 bytes at the end, from two encoded handles.
[[nodiscard]] std::string BuildFooter(const std::string& metaindex_handle,
                                      const std::string& index_handle);

/// A whole table with the entries in the order given: whether keys are ascending is not looked at.
[[nodiscard]] std::string BuildTable(const TableEntries& entries, const TableOptions& options = {});

}  // namespace sidecar::checkpoint::testing
