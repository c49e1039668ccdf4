// ZIP archives: every member that opens is read, and a stored one must be what its extent holds.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "base/byte_reader.h"
#include "base/zip_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 20U;
  const auto bytes = std::as_bytes(std::span(data, size));
  auto reader = sidecar::base::ZipReader::Open(bytes, "input");
  if (!reader.ok()) return 0;
  for (const auto& member : (*reader)->members()) {
    const auto content = (*reader)->ReadMember(member.name, kMaxBytes);
    const auto extent = (*reader)->StoredExtent(member);
    if (!content.ok() || !extent) continue;
    const auto raw = bytes.subspan(extent->offset, extent->size);
    if (!std::ranges::equal(raw, sidecar::base::AsBytes(*content))) std::abort();
  }
  return 0;
}
