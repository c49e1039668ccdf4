#include "checkpoint/testing/table_writer.h"

#include <snappy.h>

#include <algorithm>
#include <cstdint>

#include "base/byte_reader.h"
#include "base/crc32c.h"
#include "base/protobuf.h"

namespace sidecar::checkpoint::testing {

std::string BuildBlock(const TableEntries& entries, std::size_t restart_interval) {
  std::string block;
  std::string restarts;
  std::uint32_t num_restarts = 0;
  std::string previous;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& [key, value] = entries[i];
    std::size_t shared = 0;
    if (i % restart_interval == 0) {
      base::AppendFixed32(restarts, static_cast<std::uint32_t>(block.size()));
      ++num_restarts;
    } else {
      const auto [a, b] = std::mismatch(key.begin(), key.end(), previous.begin(), previous.end());
      shared = static_cast<std::size_t>(a - key.begin());
    }
    base::AppendVarint(block, shared);
    base::AppendVarint(block, key.size() - shared);
    base::AppendVarint(block, value.size());
    block.append(key, shared);
    block += value;
    previous = key;
  }
  if (entries.empty()) {  // as TensorFlow writes it: one restart point
    base::AppendFixed32(restarts, 0);
    num_restarts = 1;
  }
  base::AppendFixed32(restarts, num_restarts);
  return block + restarts;
}

std::string AppendBlock(std::string& file, const std::string& contents, bool snappy) {
  std::string stored = contents;
  if (snappy) snappy::Compress(contents.data(), contents.size(), &stored);
  std::string handle;
  base::AppendVarint(handle, file.size());
  base::AppendVarint(handle, stored.size());
  stored.push_back(snappy ? '\1' : '\0');
  const std::uint32_t crc = base::MaskCrc(base::Crc32c(base::AsBytes(stored)));
  file += stored;
  base::AppendFixed32(file, crc);
  return handle;
}

std::string BuildFooter(const std::string& metaindex_handle, const std::string& index_handle) {
  std::string footer = metaindex_handle + index_handle;
  footer.resize(40, '\0');
  base::AppendFixed64(footer, 0xDB4775248B80FB57U);
  return footer;
}

std::string BuildTable(const TableEntries& entries, const TableOptions& options) {
  std::string file;
  TableEntries index;
  TableEntries block;
  std::size_t block_bytes = 0;
  const auto close = [&] {
    if (block.empty()) return;
    const std::string handle =
        AppendBlock(file, BuildBlock(block, options.restart_interval), options.snappy);
    index.emplace_back(block.back().first, handle);
    block.clear();
    block_bytes = 0;
  };
  for (const auto& entry : entries) {
    block.push_back(entry);
    block_bytes += entry.first.size() + entry.second.size();
    if (block_bytes >= options.block_bytes) close();
  }
  close();
  const std::string metaindex = AppendBlock(file, BuildBlock({}, 1), false);
  const std::string index_handle = AppendBlock(file, BuildBlock(index, 1), options.snappy);
  return file + BuildFooter(metaindex, index_handle);
}

}  // namespace sidecar::checkpoint::testing
