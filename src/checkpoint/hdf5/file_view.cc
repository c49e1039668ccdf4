#include "checkpoint/hdf5/file_view.h"

#include <fmt/format.h>

#include "base/status_macros.h"

namespace sidecar::checkpoint::hdf5 {
namespace {

// A file's structures are read about once in a call, so four times its size is ample; the constant
// is for small files whose few structures are read again and again.
constexpr std::uint64_t kBudgetBase = std::uint64_t{1} << 20U;
constexpr std::uint64_t kBudgetFactor = 4;
// What a read costs beside its bytes: bounds the number of reads.
constexpr std::uint64_t kReadCost = 64;

}  // namespace

void FileView::StartCall() { budget_ = kBudgetBase + kBudgetFactor * size_; }

Status FileView::Charge(std::uint64_t bytes) {
  if (bytes > budget_) {
    return {StatusCode::kDataLoss,
            fmt::format("{}: its structures refer to each other more often than {} bytes justify; "
                        "the file is damaged",
                        name(), size_)};
  }
  budget_ -= bytes;
  return {};
}

Result<std::vector<std::byte>> FileView::Read(std::uint64_t address, std::uint64_t size,
                                              std::string_view what) {
  if (!Holds(address, size)) {
    return Damaged(what, address,
                   fmt::format("its {} bytes are outside the file's {} bytes", size, size_));
  }
  SIDECAR_RETURN_IF_ERROR(Charge(kReadCost));
  SIDECAR_RETURN_IF_ERROR(Charge(size));
  std::vector<std::byte> bytes(size);
  SIDECAR_RETURN_IF_ERROR(ReadContents(address, bytes, what));
  return bytes;
}

Status FileView::ReadContents(std::uint64_t address, std::span<std::byte> out,
                              std::string_view what) const {
  SIDECAR_ASSIGN_OR_RETURN(std::size_t count, file_->ReadAt(base_ + address, out));
  if (count == out.size()) return {};
  return {StatusCode::kUnavailable,
          fmt::format("{}: {} at byte {}: the file became shorter while it was read", name(), what,
                      base_ + address)};
}

Status FileView::Damaged(std::string_view what, std::uint64_t address,
                         std::string_view problem) const {
  return {StatusCode::kDataLoss,
          fmt::format("{}: {} at byte {}: {}", name(), what, base_ + address, problem)};
}

Status FileView::Unsupported(std::string_view what, std::uint64_t address,
                             std::string_view feature) const {
  return {StatusCode::kUnimplemented, fmt::format("{}: {} at byte {}: {} not supported", name(),
                                                  what, base_ + address, feature)};
}

}  // namespace sidecar::checkpoint::hdf5
