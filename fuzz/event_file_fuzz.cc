// TensorBoard event files.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/memory_file_system.h"
#include "report/events/event.h"
#include "report/events/event_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void ReadFile(std::string_view content) {
  sidecar::base::MemoryFileSystem fs;
  fs.Write("events", content);
  auto reader = sidecar::report::EventReader::Open(fs, "events");
  if (!reader.ok()) std::abort();
  std::uint64_t end = 0;  // of the record before, which takes 16 bytes at least
  while (true) {
    const auto event = reader->Next();
    if (!event.ok()) return;
    if (!event->has_value()) break;
    if ((*event)->offset < end) std::abort();
    end = (*event)->offset + 16;
  }
  if (reader->torn_bytes() > content.size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view content(reinterpret_cast<const char*>(data), size);
  ReadFile(content);
  // The same as the data of a record: checksums keep most inputs from getting that far.
  std::string record;
  sidecar::report::AppendRecord(record, content);
  ReadFile(record);
  return 0;
}
