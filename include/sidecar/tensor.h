// Dense numeric arrays: how data, labels, predictions and weights are handed around.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "sidecar/status.h"

namespace sidecar {

/// Element types that a checkpoint, a model or a data file can name. The values are TensorFlow's
/// DataType numbers (tensorflow/core/framework/types.proto).
enum class DType : std::uint8_t {
  kInvalid = 0,
  kFloat32 = 1,
  kFloat64 = 2,
  kInt32 = 3,
  kUint8 = 4,
  kInt16 = 5,
  kInt8 = 6,
  kString = 7,  ///< byte strings of any length, UTF-8 where they are text
  kComplex64 = 8,
  kInt64 = 9,
  kBool = 10,
  kQint8 = 11,
  kQuint8 = 12,
  kQint32 = 13,
  kBfloat16 = 14,
  kQint16 = 15,
  kQuint16 = 16,
  kUint16 = 17,
  kComplex128 = 18,
  kFloat16 = 19,
  kResource = 20,
  kVariant = 21,
  kUint32 = 22,
  kUint64 = 23,
  kFloat8E5m2 = 24,
  kFloat8E4m3fn = 25,
  kFloat8E4m3fnuz = 26,
  kFloat8E4m3b11fnuz = 27,
  kFloat8E5m2fnuz = 28,
  kInt4 = 29,
  kUint4 = 30,
  kInt2 = 31,
  kUint2 = 32,
  kFloat4E2m1fn = 33,
};

/// TensorFlow's name of the type in lower case ("float32", "int64", …); "invalid" for unknown
/// numbers.
[[nodiscard]] std::string_view DTypeName(DType dtype);
/// The type with that name; kInvalid if there is none.
[[nodiscard]] DType DTypeFromName(std::string_view name);
/// Bytes per element, or 0 for types without a fixed size (string, variant, resource, invalid).
[[nodiscard]] std::size_t DTypeSize(DType dtype);
[[nodiscard]] bool IsFloating(DType dtype);  ///< float16, bfloat16, float32, float64
[[nodiscard]] bool IsInteger(
    DType dtype);  ///< signed or unsigned, without bool and quantised types

/// Sizes of the dimensions, outermost first. A size of kUnknown stands for one that is not fixed;
/// tensors never have one. Thread-compatible.
class Shape {
 public:
  static constexpr std::int64_t kUnknown = -1;

  Shape() = default;
  Shape(std::initializer_list<std::int64_t> sizes) : sizes_(sizes) {}
  explicit Shape(std::vector<std::int64_t> sizes) : sizes_(std::move(sizes)) {}

  [[nodiscard]] std::size_t rank() const { return sizes_.size(); }
  /// `axis` < rank().
  [[nodiscard]] std::int64_t operator[](std::size_t axis) const { return sizes_[axis]; }
  [[nodiscard]] const std::vector<std::int64_t>& sizes() const { return sizes_; }
  [[nodiscard]] bool is_static() const;
  /// The product of the sizes: 1 for a scalar. Fails for unknown or negative sizes and for products
  /// of 2^63 or more.
  [[nodiscard]] Result<std::int64_t> NumElements() const;
  /// This shape without its first dimension; rank() must be at least 1.
  [[nodiscard]] Shape WithoutFirst() const;
  /// This shape with `size` before its first dimension.
  [[nodiscard]] Shape WithFirst(std::int64_t size) const;
  /// "[2,3]", "[]" for a scalar, "[?,3]" with an unknown size.
  [[nodiscard]] std::string ToString() const;

  friend bool operator==(const Shape&, const Shape&) = default;

 private:
  std::vector<std::int64_t> sizes_;
};

template <class T>
struct DTypeOf;  // maps C++ types to DType
template <>
struct DTypeOf<float> {
  static constexpr DType kValue = DType::kFloat32;
};
template <>
struct DTypeOf<double> {
  static constexpr DType kValue = DType::kFloat64;
};
template <>
struct DTypeOf<std::int8_t> {
  static constexpr DType kValue = DType::kInt8;
};
template <>
struct DTypeOf<std::int16_t> {
  static constexpr DType kValue = DType::kInt16;
};
template <>
struct DTypeOf<std::int32_t> {
  static constexpr DType kValue = DType::kInt32;
};
template <>
struct DTypeOf<std::int64_t> {
  static constexpr DType kValue = DType::kInt64;
};
template <>
struct DTypeOf<std::uint8_t> {
  static constexpr DType kValue = DType::kUint8;
};
template <>
struct DTypeOf<std::uint16_t> {
  static constexpr DType kValue = DType::kUint16;
};
template <>
struct DTypeOf<std::uint32_t> {
  static constexpr DType kValue = DType::kUint32;
};
template <>
struct DTypeOf<std::uint64_t> {
  static constexpr DType kValue = DType::kUint64;
};
template <>
struct DTypeOf<bool> {
  static constexpr DType kValue = DType::kBool;
};
template <>
struct DTypeOf<std::string_view> {
  static constexpr DType kValue = DType::kString;
};

/// A dense row-major array. Copies share one buffer, so passing a Tensor by value is cheap; whoever
/// writes through mutable_bytes() writes for all of them. The buffer is aligned to 64 bytes unless
/// it came from Borrow() or Slice(). Reading from several threads is safe while nobody writes.
/// Strings are std::string_view elements that the tensor keeps the characters of; they have no
/// bytes().
class Tensor {
 public:
  /// A float32 tensor of shape [0].
  Tensor();

  /// A tensor whose elements are zero. Fails with kInvalidArgument for types without a fixed size
  /// and for sizes that overflow, with kUnavailable when memory is short.
  static Result<Tensor> Zeros(DType dtype, Shape shape);
  /// As Zeros(), with elements that are not initialised.
  static Result<Tensor> Uninitialized(DType dtype, Shape shape);
  /// A copy of `values`; fails unless their count is the shape's number of elements.
  template <class T>
  // It is moved, which the check does not see in a template.
  // NOLINTNEXTLINE(performance-unnecessary-value-param)
  static Result<Tensor> FromValues(Shape shape, std::span<const T> values) {
    return FromBytes(DTypeOf<T>::kValue, std::move(shape), std::as_bytes(values));
  }
  template <class T>
  static Result<Tensor> FromValues(Shape shape, std::initializer_list<T> values) {
    return FromValues<T>(std::move(shape), std::span<const T>(values.begin(), values.size()));
  }
  template <class T>
  static Result<Tensor> FromValues(Shape shape, const std::vector<T>& values) {
    return FromValues<T>(std::move(shape), std::span<const T>(values.data(), values.size()));
  }
  /// A copy of `bytes`: row-major elements in the machine's byte order.
  static Result<Tensor> FromBytes(DType dtype, Shape shape, std::span<const std::byte> bytes);
  /// A view of `bytes` without a copy; `owner` keeps them alive (it may be null where the caller
  /// does).
  static Result<Tensor> Borrow(DType dtype, Shape shape, std::span<const std::byte> bytes,
                               std::shared_ptr<const void> owner);
  /// A copy of strings; fails unless their count is the shape's number of elements.
  static Result<Tensor> FromStrings(Shape shape, std::span<const std::string> strings);
  /// Strings whose characters and views `owner` keeps alive; neither is copied.
  static Result<Tensor> BorrowStrings(Shape shape, std::span<const std::string_view> strings,
                                      std::shared_ptr<const void> owner);

  [[nodiscard]] DType dtype() const { return dtype_; }
  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] std::int64_t num_elements() const { return num_elements_; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return {data_, size_bytes()}; }
  [[nodiscard]] std::size_t size_bytes() const;
  /// Writable elements; only for tensors made by Zeros(), Uninitialized(), FromValues() or
  /// FromBytes().
  [[nodiscard]] std::span<std::byte> mutable_bytes();

  /// The elements as T; T must be the type that dtype() names (checked: an empty span otherwise).
  template <class T>
  [[nodiscard]] std::span<const T> values() const {
    if (DTypeOf<T>::kValue != dtype_) return {};
    return {reinterpret_cast<const T*>(data_), static_cast<std::size_t>(num_elements_)};
  }
  template <class T>
  [[nodiscard]] std::span<T> mutable_values() {
    if (DTypeOf<T>::kValue != dtype_) return {};
    std::span<std::byte> all = mutable_bytes();
    return {reinterpret_cast<T*>(all.data()), static_cast<std::size_t>(num_elements_)};
  }

  /// Rows [begin, end) along the first dimension as a view of the same buffer. Requires rank >= 1
  /// and 0 <= begin <= end <= shape()[0] (kInvalidArgument otherwise).
  [[nodiscard]] Result<Tensor> Slice(std::int64_t begin, std::int64_t end) const;
  /// The same elements under another shape of the same number of elements.
  [[nodiscard]] Result<Tensor> Reshaped(Shape shape) const;

 private:
  DType dtype_ = DType::kFloat32;
  Shape shape_{0};
  std::int64_t num_elements_ = 0;
  const std::byte* data_ = nullptr;
  std::shared_ptr<const void> owner_;
  bool writable_ = false;
};

}  // namespace sidecar
