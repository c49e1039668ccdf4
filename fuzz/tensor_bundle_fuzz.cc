// Fuzzes a whole checkpoint: index messages and a shard. The input is a list of (key size, key,
// value size, value), sizes being one byte, ended by a key size of 255; what follows is the shard.
// An input that begins with 254 is a plain index file instead, after two bytes of its size.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "base/byte_reader.h"
#include "base/memory_file_system.h"
#include "checkpoint/checkpoint_description.h"
#include "checkpoint/object_graph.h"
#include "checkpoint/tensor_bundle.h"
#include "checkpoint/testing/bundle_writer.h"
#include "checkpoint/tf_checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace sidecar::checkpoint;  // NOLINT(google-build-using-namespace)
using sidecar::base::ByteReader;

constexpr unsigned kEndOfEntries = 255;
constexpr unsigned kPlainIndex = 254;

/// The index file; the reader then stands at the shard.
std::string ReadIndex(ByteReader& reader) {
  std::map<std::string, std::string> entries;
  while (const auto key_size = reader.ReadFixed<std::uint8_t>()) {
    if (*key_size == kEndOfEntries) break;
    if (*key_size == kPlainIndex && entries.empty()) {
      const auto length = reader.ReadFixed<std::uint16_t>();
      return std::string(
          reader.ReadText(std::min<std::size_t>(length.value_or(0), reader.remaining()))
              .value_or(""));
    }
    const auto key = reader.ReadText(std::min<std::size_t>(*key_size, reader.remaining()));
    const std::size_t value_size = reader.ReadFixed<std::uint8_t>().value_or(0);
    const auto value = reader.ReadText(std::min(value_size, reader.remaining()));
    entries[std::string(*key)] = *value;
  }
  return testing::BuildTable(testing::TableEntries(entries.begin(), entries.end()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader reader(std::as_bytes(std::span(data, size)));
  sidecar::base::MemoryFileSystem fs;
  fs.Write("c/k.index", ReadIndex(reader));
  const std::string shard(*reader.ReadText(reader.remaining()));
  fs.Write("c/k.data-00000-of-00001", shard);
  fs.Write("c/k.data-00000-of-00002", shard);
  fs.Write("c/k.data-00001-of-00002", shard);

  const auto description = VerifyTfCheckpoint(fs, "c/k");
  const auto bundle = TensorBundle::Open(fs, "c/k");
  if (!bundle.ok()) return 0;
  if (!description.ok()) std::abort();  // what can be opened can be described
  for (const DescribedTensor& tensor : description->tensors) {
    const auto value = bundle->ReadTensor(tensor.key);
    // Reading and verifying must agree; bool is stricter when it is read.
    if (value.ok() && !tensor.state.ok()) std::abort();
    if (value.ok() && value->size_bytes() > 2 * size) std::abort();
    (void)bundle->ReadString(tensor.key).ok();
  }
  const auto source = OpenTfCheckpoint(fs, "c/k", std::nullopt);
  if (source.ok()) (void)(*source)->ReadStep().ok();
  return 0;
}
