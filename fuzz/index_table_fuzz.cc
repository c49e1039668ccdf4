// Fuzzes the reader of index tables. The first byte chooses what the rest is: a whole file, or the
// contents of a data block, or of the index block, around which a sound table is built so that the
// checksums do not keep everything else from being reached.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/byte_reader.h"
#include "checkpoint/bundle_index.h"
#include "checkpoint/table_reader.h"
#include "checkpoint/testing/table_writer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace sidecar::checkpoint;           // NOLINT(google-build-using-namespace)
using namespace sidecar::checkpoint::testing;  // NOLINT(google-build-using-namespace)

std::string MakeFile(unsigned mode, const std::string& bytes) {
  if (mode == 0) return bytes;
  std::string file;
  const bool snappy = mode == 3;
  const std::string data =
      AppendBlock(file, mode == 2 ? BuildBlock({{"a", "1"}, {"b", "2"}}, 16) : bytes, snappy);
  const std::string meta = AppendBlock(file, BuildBlock({}, 1), false);
  const std::string index =
      AppendBlock(file, mode == 2 ? bytes : BuildBlock({{"\xFF\xFF\xFF\xFF", data}}, 1), false);
  return file + BuildFooter(meta, index);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string file = MakeFile(data[0] % 4U, bytes);
  std::string last;
  bool first = true;
  const auto visit = [&](std::string_view key, std::span<const std::byte>) -> sidecar::Status {
    if (!first && key <= last) std::abort();  // the reader's promise
    first = false;
    last = key;
    return {};
  };
  (void)ReadTable(sidecar::base::AsBytes(file), visit).ok();
  (void)BundleIndex::Parse(sidecar::base::AsBytes(file)).ok();
  return 0;
}
