#include "checkpoint/bundle_index.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/status_macros.h"
#include "checkpoint/table_reader.h"

namespace sidecar::checkpoint {
namespace {

// Ten times the largest known models with their optimizers; bounds the memory that a crafted index
// can ask for.
constexpr std::size_t kMaxEntries = 1'000'000;

std::string NameOf(std::string_view key) { return fmt::format("entry '{}'", PrintableKey(key)); }

}  // namespace

std::string PrintableKey(std::string_view key) {
  constexpr std::size_t kMaxPrinted = 200;
  std::string text;
  for (const char c : key.substr(0, kMaxPrinted)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7F) {
      text += fmt::format("\\x{:02x}", byte);
    } else {
      text += c;
    }
  }
  if (key.size() > kMaxPrinted) text += "…";
  return text;
}

Result<BundleIndex> BundleIndex::Parse(std::span<const std::byte> file) {
  BundleIndex index;
  bool has_header = false;
  SIDECAR_RETURN_IF_ERROR(
      ReadTable(file, [&](std::string_view key, std::span<const std::byte> value) -> Status {
        if (has_header) return index.AddEntry(key, value);
        if (!key.empty())
          return {StatusCode::kDataLoss, "the first key is not that of a checkpoint's header"};
        has_header = true;
        SIDECAR_ASSIGN_OR_RETURN(index.header_, ParseBundleHeader(value));
        return {};
      }));
  if (!has_header) return Status(StatusCode::kDataLoss, "no header: the table is empty");
  SIDECAR_RETURN_IF_ERROR(index.CheckOverlaps());
  SIDECAR_RETURN_IF_ERROR(index.CheckSlices());
  return index;
}

Status BundleIndex::AddEntry(std::string_view key, std::span<const std::byte> value) {
  if (items_.size() == kMaxEntries)
    return {StatusCode::kDataLoss, fmt::format("more than {} tensors", kMaxEntries)};
  SIDECAR_ASSIGN_OR_RETURN_CONTEXT(BundleEntry entry, ParseBundleEntry(value), NameOf(key));
  SIDECAR_RETURN_IF_ERROR_CONTEXT(CheckSizes(entry), NameOf(key));
  num_slices_ += entry.slices.size();
  if (num_slices_ > kMaxEntries)
    return {StatusCode::kDataLoss, fmt::format("more than {} slices", kMaxEntries)};
  if (entry.slices.empty() && entry.size > 0) {
    std::uint64_t& needed = shard_sizes_[entry.shard];
    needed = std::max(needed, entry.offset + entry.size);
  }
  items_.push_back({std::string(key), std::move(entry)});
  return {};
}

Status BundleIndex::CheckSizes(const BundleEntry& entry) const {
  if (!entry.slices.empty()) return {};
  if (entry.shard >= header_.num_shards) {
    return {StatusCode::kDataLoss,
            fmt::format("shard {}, the checkpoint has {}", entry.shard, header_.num_shards)};
  }
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t elements, entry.shape.NumElements());
  const auto count = static_cast<std::uint64_t>(elements);
  const std::uint64_t element_size = DTypeSize(entry.dtype);
  if (element_size == 0) {  // strings and variants take at least a byte each
    if (count <= entry.size) return {};
    return {StatusCode::kDataLoss, fmt::format("{} elements in {} bytes", count, entry.size)};
  }
  std::uint64_t expected = 0;
  if (!__builtin_mul_overflow(count, element_size, &expected) && expected == entry.size) return {};
  return {StatusCode::kDataLoss, fmt::format("{} bytes do not make {}{}", entry.size,
                                             DTypeName(entry.dtype), entry.shape.ToString())};
}

Status BundleIndex::CheckOverlaps() {
  std::vector<const Item*> stored;
  for (const Item& item : items_) {
    if (item.entry.slices.empty() && item.entry.size > 0) stored.push_back(&item);
  }
  std::sort(stored.begin(), stored.end(), [](const Item* a, const Item* b) {
    if (a->entry.shard != b->entry.shard) return a->entry.shard < b->entry.shard;
    return a->entry.offset < b->entry.offset;
  });
  for (std::size_t i = 1; i < stored.size(); ++i) {
    const BundleEntry& before = stored[i - 1]->entry;
    const BundleEntry& entry = stored[i]->entry;
    if (entry.shard != before.shard || entry.offset - before.offset >= before.size) continue;
    return {StatusCode::kDataLoss,
            fmt::format("{} and {} share bytes of shard {} at {}", NameOf(stored[i - 1]->key),
                        NameOf(stored[i]->key), entry.shard, entry.offset)};
  }
  return {};
}

Status BundleIndex::CheckSlices() const {
  for (const Item& item : items_) {
    if (!item.entry.slices.empty()) SIDECAR_RETURN_IF_ERROR(Parts(item.key).status());
  }
  return {};
}

const BundleEntry* BundleIndex::Find(std::string_view key) const {
  const auto found =
      std::lower_bound(items_.begin(), items_.end(), key,
                       [](const Item& item, std::string_view k) { return item.key < k; });
  return found != items_.end() && found->key == key ? &found->entry : nullptr;
}

Result<std::vector<BundleIndex::Part>> BundleIndex::Parts(std::string_view key) const {
  const BundleEntry* whole = Find(key);
  if (whole == nullptr || whole->slices.empty())
    return Status(StatusCode::kInternal, NameOf(key) + " has no slices");
  SIDECAR_ASSIGN_OR_RETURN_CONTEXT(std::vector<SliceBox> boxes,
                                   ResolveSlices(whole->shape, whole->slices), NameOf(key));
  std::vector<Part> parts;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const BundleEntry* entry = Find(EncodeSliceKey(key, whole->slices[i]));
    const auto damage = [&](const std::string& problem) {
      return Status(StatusCode::kDataLoss,
                    fmt::format("{}: slice {} of {}: {}", NameOf(key), i, boxes.size(), problem));
    };
    if (entry == nullptr) return damage("is not in the index");
    if (!entry->slices.empty()) return damage("is partitioned itself");
    if (entry->dtype != whole->dtype || entry->shape != boxes[i].shape) {
      return damage(fmt::format("is {}{}, expected {}{}", DTypeName(entry->dtype),
                                entry->shape.ToString(), DTypeName(whole->dtype),
                                boxes[i].shape.ToString()));
    }
    parts.push_back({std::move(boxes[i]), entry});
  }
  return parts;
}

}  // namespace sidecar::checkpoint
