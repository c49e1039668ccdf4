#include "checkpoint/slice_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>

#include "base/status_macros.h"

namespace sidecar::checkpoint {
namespace {

// Writers split along one axis, which takes one comparison per slice. This bounds the work on
// layouts that only an attacker makes.
constexpr std::uint64_t kMaxComparisons = std::uint64_t{1} << 22U;

std::string ToText(const TensorSlice& slice) {
  std::string text = "[";
  for (const SliceExtent& extent : slice) {
    if (text.size() > 1) text += ", ";
    text += extent.length ? fmt::format("{}+{}", extent.start, *extent.length) : "all";
  }
  return text + "]";
}

Result<SliceBox> ResolveSlice(const Shape& whole, const TensorSlice& slice) {
  const auto damage = [&](std::string_view problem) {
    return Status(StatusCode::kDataLoss,
                  fmt::format("slice {} of {}: {}", ToText(slice), whole.ToString(), problem));
  };
  if (slice.size() != whole.rank()) return damage("has another number of dimensions");
  SliceBox box;
  std::vector<std::int64_t> sizes;
  for (std::size_t axis = 0; axis < slice.size(); ++axis) {
    const SliceExtent& extent = slice[axis];
    if (!extent.length && extent.start != 0) return damage("a whole dimension begins at 0");
    const std::int64_t length = extent.length.value_or(whole[axis]);
    if (length < 1) return damage("is empty");
    if (extent.start > whole[axis] || length > whole[axis] - extent.start)
      return damage("is not inside the tensor");
    box.starts.push_back(extent.start);
    sizes.push_back(length);
  }
  box.shape = Shape(std::move(sizes));
  return box;
}

bool Overlap(const SliceBox& a, const SliceBox& b) {
  for (std::size_t axis = 0; axis < a.starts.size(); ++axis) {
    if (a.starts[axis] >= b.starts[axis] + b.shape[axis] ||
        b.starts[axis] >= a.starts[axis] + a.shape[axis]) {
      return false;
    }
  }
  return true;
}

/// The axis along which the slices begin at the most different places.
std::size_t SplitAxis(const std::vector<SliceBox>& boxes) {
  std::size_t best_axis = 0;
  std::size_t best_count = 0;
  for (std::size_t axis = 0; axis < boxes.front().starts.size(); ++axis) {
    std::vector<std::int64_t> starts;
    starts.reserve(boxes.size());
    for (const SliceBox& box : boxes) starts.push_back(box.starts[axis]);
    std::sort(starts.begin(), starts.end());
    const auto count =
        static_cast<std::size_t>(std::unique(starts.begin(), starts.end()) - starts.begin());
    if (count > best_count) {
      best_count = count;
      best_axis = axis;
    }
  }
  return best_axis;
}

Status CheckDisjoint(const std::vector<SliceBox>& boxes) {
  if (boxes.size() < 2) return {};
  if (boxes.front().starts.empty())
    return {StatusCode::kDataLoss, "a scalar has more than one slice"};
  const std::size_t axis = SplitAxis(boxes);
  std::vector<const SliceBox*> sorted;
  sorted.reserve(boxes.size());
  for (const SliceBox& box : boxes) sorted.push_back(&box);
  std::sort(sorted.begin(), sorted.end(), [axis](const SliceBox* a, const SliceBox* b) {
    return a->starts[axis] < b->starts[axis];
  });
  std::uint64_t comparisons = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const std::int64_t end = sorted[i]->starts[axis] + sorted[i]->shape[axis];
    for (std::size_t j = i + 1; j < sorted.size() && sorted[j]->starts[axis] < end; ++j) {
      if (Overlap(*sorted[i], *sorted[j])) return {StatusCode::kDataLoss, "slices overlap"};
      if (++comparisons > kMaxComparisons) {
        return {StatusCode::kDataLoss,
                fmt::format("the layout of {} slices is too complicated", boxes.size())};
      }
    }
  }
  return {};
}

}  // namespace

Result<std::vector<SliceBox>> ResolveSlices(const Shape& whole,
                                            std::span<const TensorSlice> slices) {
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t expected, whole.NumElements());
  std::vector<SliceBox> boxes;
  std::int64_t covered = 0;
  for (const TensorSlice& slice : slices) {
    SIDECAR_ASSIGN_OR_RETURN(SliceBox box, ResolveSlice(whole, slice));
    SIDECAR_ASSIGN_OR_RETURN(const std::int64_t count, box.shape.NumElements());
    if (count > expected - covered)
      return Status(StatusCode::kDataLoss,
                    "slices overlap: together they are larger than " + whole.ToString());
    covered += count;
    boxes.push_back(std::move(box));
  }
  if (covered != expected) {
    return Status(StatusCode::kDataLoss, fmt::format("slices cover {} of {} elements of {}",
                                                     covered, expected, whole.ToString()));
  }
  SIDECAR_RETURN_IF_ERROR(CheckDisjoint(boxes));
  return boxes;
}

bool IsContiguous(const Shape& whole, const SliceBox& box) {
  // Behind the first dimension of more than one index, every dimension must be whole.
  std::size_t axis = 0;
  while (axis < whole.rank() && box.shape[axis] == 1) ++axis;
  for (++axis; axis < whole.rank(); ++axis) {
    if (box.shape[axis] != whole[axis]) return false;
  }
  return true;
}

std::int64_t FirstElement(const Shape& whole, const SliceBox& box) {
  std::int64_t index = 0;
  for (std::size_t axis = 0; axis < whole.rank(); ++axis)
    index = index * whole[axis] + box.starts[axis];
  return index;
}

void CopyBox(const Shape& whole, const SliceBox& box, std::size_t element_bytes,
             std::span<const std::byte> from, std::span<std::byte> to) {
  const std::size_t rank = whole.rank();
  if (from.empty()) return;
  const std::size_t row_elements = rank == 0 ? 1 : static_cast<std::size_t>(box.shape[rank - 1]);
  const std::size_t row_bytes = row_elements * element_bytes;
  SliceBox position{box.starts, box.shape};  // `starts` is where the row being copied begins
  for (std::size_t done = 0; done < from.size(); done += row_bytes) {
    const auto target = static_cast<std::size_t>(FirstElement(whole, position)) * element_bytes;
    std::memcpy(to.data() + target, from.data() + done, row_bytes);
    for (std::size_t axis = rank; axis-- > 1;) {  // the next row, counting from the last but one
      std::int64_t& at = position.starts[axis - 1];
      if (++at < box.starts[axis - 1] + box.shape[axis - 1]) break;
      at = box.starts[axis - 1];
    }
  }
}

}  // namespace sidecar::checkpoint
