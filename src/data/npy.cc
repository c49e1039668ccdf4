#include "data/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "data/mapped_file.h"
#include "data/npy_strings.h"

namespace sidecar::data {
namespace {

/// Bytes of the unit that has a byte order: half of a complex number.
std::size_t SwapUnit(DType dtype) {
  const bool complex = dtype == DType::kComplex64 || dtype == DType::kComplex128;
  return complex ? DTypeSize(dtype) / 2 : DTypeSize(dtype);
}

void SwapBytes(std::span<std::byte> bytes, std::size_t unit) {
  for (std::size_t i = 0; i < bytes.size(); i += unit) {
    const auto element = bytes.subspan(i, unit);
    std::reverse(element.begin(), element.end());
  }
}

/// Copies elements of kSize bytes from column-major to row-major order, walking the target.
template <std::size_t kSize>
void CopyTransposed(std::span<const std::byte> source, const Shape& shape,
                    std::span<std::byte> target) {
  const std::size_t rank = shape.rank();
  std::vector<std::size_t> strides(rank);  // bytes between neighbours in the source
  std::size_t stride = kSize;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    strides[axis] = stride;
    stride *= static_cast<std::size_t>(shape[axis]);
  }
  std::vector<std::size_t> index(rank, 0);
  std::size_t from = 0;
  for (std::size_t to = 0; to < target.size(); to += kSize) {
    std::memcpy(&target[to], &source[from], kSize);
    for (std::size_t axis = rank; axis-- > 0;) {
      from += strides[axis];
      if (++index[axis] < static_cast<std::size_t>(shape[axis])) break;
      from -= strides[axis] * index[axis];
      index[axis] = 0;
    }
  }
}

void CopyTransposed(std::span<const std::byte> source, const NpyHeader& header,
                    std::span<std::byte> target) {
  switch (DTypeSize(header.dtype)) {
    case 1:
      return CopyTransposed<1>(source, header.shape, target);
    case 2:
      return CopyTransposed<2>(source, header.shape, target);
    case 4:
      return CopyTransposed<4>(source, header.shape, target);
    case 8:
      return CopyTransposed<8>(source, header.shape, target);
    default:
      return CopyTransposed<16>(source, header.shape, target);
  }
}

/// Whether the bytes are what a bool may be in C++. NumPy takes any other byte for True, too.
bool HasOnlyZerosAndOnes(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b <= std::byte{1}; });
}

Result<Tensor> CopyElements(const NpyHeader& header, std::span<const std::byte> elements,
                            std::string_view where) {
  SIDECAR_ASSIGN_OR_RETURN_CONTEXT(Tensor tensor, Tensor::Uninitialized(header.dtype, header.shape),
                                   where);
  const std::span<std::byte> target = tensor.mutable_bytes();
  if (target.empty()) return tensor;
  if (header.fortran_order) {
    CopyTransposed(elements, header, target);
  } else {
    std::memcpy(target.data(), elements.data(), target.size());
  }
  const std::size_t unit = SwapUnit(header.dtype);
  const bool little_endian = std::endian::native == std::endian::little;
  if (unit > 1 && header.big_endian == little_endian) SwapBytes(target, unit);
  if (header.dtype == DType::kBool) {
    for (std::byte& b : target) b = std::min(b, std::byte{1});
  }
  return tensor;
}

}  // namespace

bool CanBorrow(const NpyHeader& header, std::span<const std::byte> elements) {
  if (header.dtype == DType::kString) return false;
  const std::size_t unit = SwapUnit(header.dtype);
  const bool little_endian = std::endian::native == std::endian::little;
  if (unit > 1 && header.big_endian == little_endian) return false;
  // Up to one dimension both orders are the same.
  if (header.fortran_order && header.shape.rank() > 1) return false;
  if (std::bit_cast<std::uintptr_t>(elements.data()) % unit != 0) return false;
  return header.dtype != DType::kBool || HasOnlyZerosAndOnes(elements);
}

Result<Tensor> ReadNpy(std::span<const std::byte> content, const std::shared_ptr<const void>& owner,
                       std::string_view where) {
  SIDECAR_ASSIGN_OR_RETURN(const NpyHeader header, ParseNpyHeader(content, where));
  const std::span<const std::byte> elements = content.subspan(header.data_offset);
  // Neither overflows: ParseNpyHeader() has checked the product.
  const std::size_t expected =
      static_cast<std::size_t>(*header.shape.NumElements()) * header.item_size;
  if (elements.size() != expected) {
    return Status(
        StatusCode::kDataLoss,
        fmt::format("{}: {} elements of shape {} take {} bytes, found {} behind the header", where,
                    DTypeName(header.dtype), header.shape.ToString(), expected, elements.size()));
  }
  if (header.dtype == DType::kString) return ReadStrings(header, elements, where);
  if (CanBorrow(header, elements))
    return Tensor::Borrow(header.dtype, header.shape, elements, owner);
  return CopyElements(header, elements, where);
}

Result<Tensor> LoadNpy(const std::string& path) {
  SIDECAR_ASSIGN_OR_RETURN(std::shared_ptr<const MappedFile> file, MappedFile::Open(path));
  return ReadNpy(file->bytes(), file, path);
}

}  // namespace sidecar::data
