// NumPy's .npy files (numpy/lib/format.py, versions 1.0 to 3.0).
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::data {

/// What the header of a .npy file says. The shape's product and its size in bytes do not overflow.
struct NpyHeader {
  DType dtype = DType::kInvalid;
  std::size_t item_size = 0;  ///< bytes of one element
  bool unicode = false;       ///< strings of four-byte characters, not of bytes
  bool big_endian = false;
  bool fortran_order = false;  ///< the first index varies fastest
  Shape shape;
  std::size_t data_offset = 0;  ///< where the elements start, in bytes from the file's beginning
};

/// Reads the header at the beginning of `content` (at most 64 KiB of it). `where` names the file or
/// archive member in messages. Fails with kDataLoss for anything but a well-formed header, with
/// kUnimplemented naming the type for elements other than bool, integers of 8 to 64 bits, float16,
/// float32, float64, complex64, complex128 and strings (NumPy's U and S): objects are pickled code
/// and are never read.
Result<NpyHeader> ParseNpyHeader(std::span<const std::byte> content, std::string_view where);

/// Whether the elements can be used where they stand: in row-major order, in the machine's byte
/// order, and at an address their type can be read from.
[[nodiscard]] bool CanBorrow(const NpyHeader& header, std::span<const std::byte> elements);

/// The array in `content`, in row-major order and the machine's byte order. The elements are
/// borrowed from `content` without a copy, and `owner` kept with them, where CanBorrow(); otherwise
/// they are copied; strings always are, as UTF-8 and without the zeros at their end. Fails as
/// ParseNpyHeader(), with kDataLoss when the number of bytes is not what the shape takes or a
/// character is none of Unicode's, and with kUnavailable when memory is short.
Result<Tensor> ReadNpy(std::span<const std::byte> content, const std::shared_ptr<const void>& owner,
                       std::string_view where);

/// ReadNpy() of a file, which is mapped into memory and must not be changed while the tensor lives.
/// Fails with kNotFound when the file cannot be opened.
Result<Tensor> LoadNpy(const std::string& path);

}  // namespace sidecar::data
