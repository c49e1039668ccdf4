// TensorBoard event files.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/memory_file_system.h"
#include "report/events/event_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sidecar::base::MemoryFileSystem fs;
  fs.Write("events", std::string_view(reinterpret_cast<const char*>(data), size));
  auto reader = sidecar::report::EventReader::Open(fs, "events");
  if (!reader.ok()) std::abort();
  std::uint64_t end = 0;  // of the record before, which takes 16 bytes at least
  while (true) {
    const auto event = reader->Next();
    if (!event.ok()) return 0;
    if (!event->has_value()) break;
    if ((*event)->offset < end) std::abort();
    end = (*event)->offset + 16;
  }
  if (reader->torn_bytes() > size) std::abort();
  return 0;
}
