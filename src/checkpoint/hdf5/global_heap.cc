#include "checkpoint/hdf5/global_heap.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "checkpoint/hdf5/field_reader.h"

namespace sidecar::checkpoint::hdf5 {
namespace {

constexpr std::string_view kCollection = "global heap collection";
constexpr std::uint64_t kHeadSize = 16;
constexpr std::size_t kObjectHeadSize = 16;

}  // namespace

Result<const GlobalHeap::Collection*> GlobalHeap::Load(std::uint64_t address) {
  const auto known = collections_.find(address);
  if (known != collections_.end()) return &known->second;
  SIDECAR_ASSIGN_OR_RETURN(std::vector<std::byte> head,
                           view_.Read(address, kHeadSize, kCollection));
  FieldReader head_reader(head);
  if (head_reader.Text(4) != "GCOL")
    return view_.Damaged(kCollection, address, "no signature GCOL");
  const std::uint8_t version = head_reader.U8();
  if (version != 1) return view_.Damaged(kCollection, address, fmt::format("version {}", version));
  head_reader.Skip(3);
  const std::uint64_t size = head_reader.U64();
  if (size < kHeadSize)
    return view_.Damaged(kCollection, address, fmt::format("a size of {}", size));
  Collection collection;
  SIDECAR_ASSIGN_OR_RETURN(collection.bytes, view_.Read(address, size, kCollection));
  FieldReader reader(collection.bytes);
  reader.Skip(kHeadSize);
  while (reader.remaining() >= kObjectHeadSize) {
    const std::uint16_t index = reader.U16();
    reader.Skip(6);  // reference count and padding
    const std::uint64_t object_size = reader.U64();
    if (index == 0) break;  // the free space at the end
    const std::string_view object = reader.Text(object_size);
    if (reader.ok()) reader.Skip(std::min<std::uint64_t>(reader.remaining(), -object_size % 8));
    if (!reader.ok() || !collection.objects.emplace(index, object).second) {
      return view_.Damaged(kCollection, address,
                           fmt::format("object {} of {} bytes does not fit", index, object_size));
    }
  }
  return &collections_.emplace(address, std::move(collection)).first->second;
}

Result<std::string_view> GlobalHeap::Find(std::span<const std::byte> reference) {
  FieldReader reader(reference);
  const std::uint32_t length = reader.U32();
  const std::uint64_t address = reader.U64();
  const std::uint32_t index = reader.U32();
  if (length == 0) return std::string_view();
  SIDECAR_ASSIGN_OR_RETURN(const Collection* collection, Load(address));
  const auto found = collection->objects.find(static_cast<std::uint16_t>(index));
  if (index > 0xFFFF || found == collection->objects.end() || length > found->second.size()) {
    return view_.Damaged(kCollection, address,
                         fmt::format("object {} of {} bytes is not in it", index, length));
  }
  // Many references to one long object are strings that the file does not hold.
  SIDECAR_RETURN_IF_ERROR(view_.Charge(length));
  return found->second.substr(0, length);
}

}  // namespace sidecar::checkpoint::hdf5
