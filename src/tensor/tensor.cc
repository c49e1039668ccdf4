#include "sidecar/tensor.h"

#include <cstring>
#include <new>

#include "base/status_macros.h"

namespace sidecar {
namespace {

constexpr std::size_t kAlignment = 64;  // a cache line, and the widest vector register

struct AlignedDelete {
  void operator()(std::byte* bytes) const {
    ::operator delete[](bytes, std::align_val_t{kAlignment});
  }
};

Result<std::size_t> SizeInBytes(DType dtype, const Shape& shape) {
  const std::size_t element_size = DTypeSize(dtype);
  if (element_size == 0) {
    return Status(StatusCode::kInvalidArgument,
                  "a tensor cannot hold " + std::string(DTypeName(dtype)) + " elements");
  }
  SIDECAR_ASSIGN_OR_RETURN(std::int64_t count, shape.NumElements());
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(static_cast<std::size_t>(count), element_size, &bytes) ||
      bytes > SIZE_MAX / 2) {
    return Status(StatusCode::kInvalidArgument,
                  "a tensor of shape " + shape.ToString() + " is too large");
  }
  return bytes;
}

// Strings stand in the buffer as views.
std::size_t StrideOf(DType dtype) {
  return dtype == DType::kString ? sizeof(std::string_view) : DTypeSize(dtype);
}

std::shared_ptr<std::byte> Allocate(std::size_t bytes) {
  void* memory =
      ::operator new[](bytes == 0 ? 1 : bytes, std::align_val_t{kAlignment}, std::nothrow);
  if (memory == nullptr) return nullptr;
  return {static_cast<std::byte*>(memory), AlignedDelete{}};
}

Status CheckSize(DType dtype, const Shape& shape, std::size_t given) {
  SIDECAR_ASSIGN_OR_RETURN(const std::size_t expected, SizeInBytes(dtype, shape));
  if (expected == given) return Status();
  return Status(StatusCode::kInvalidArgument, "a " + std::string(DTypeName(dtype)) +
                                                  " tensor of shape " + shape.ToString() +
                                                  " takes " + std::to_string(expected) +
                                                  " bytes, given " + std::to_string(given));
}

}  // namespace

bool Shape::is_static() const {
  for (const std::int64_t size : sizes_) {
    if (size < 0) return false;
  }
  return true;
}

Result<std::int64_t> Shape::NumElements() const {
  std::int64_t count = 1;
  bool empty = false;
  for (const std::int64_t size : sizes_) {
    if (size < 0)
      return Status(StatusCode::kInvalidArgument,
                    "shape " + ToString() + " has a size that is not known");
    if (size == 0) {
      empty = true;  // goes on: the other sizes are still checked for overflow
    } else if (__builtin_mul_overflow(count, size, &count)) {
      return Status(StatusCode::kInvalidArgument,
                    "shape " + ToString() + " has 2^63 elements or more");
    }
  }
  return empty ? 0 : count;
}

Shape Shape::WithoutFirst() const {
  return Shape(std::vector<std::int64_t>(sizes_.begin() + 1, sizes_.end()));
}

Shape Shape::WithFirst(std::int64_t size) const {
  std::vector<std::int64_t> sizes{size};
  sizes.insert(sizes.end(), sizes_.begin(), sizes_.end());
  return Shape(std::move(sizes));
}

std::string Shape::ToString() const {
  std::string text = "[";
  for (std::size_t i = 0; i < sizes_.size(); ++i) {
    if (i > 0) text += ',';
    text += sizes_[i] < 0 ? "?" : std::to_string(sizes_[i]);
  }
  return text + "]";
}

Tensor::Tensor() = default;

Result<Tensor> Tensor::Uninitialized(DType dtype, Shape shape) {
  SIDECAR_ASSIGN_OR_RETURN(std::size_t bytes, SizeInBytes(dtype, shape));
  std::shared_ptr<std::byte> buffer = Allocate(bytes);
  if (buffer == nullptr) {
    return Status(StatusCode::kUnavailable, "no memory for " + std::to_string(bytes) +
                                                " bytes of a tensor of shape " + shape.ToString());
  }
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.num_elements_ = *shape.NumElements();
  tensor.shape_ = std::move(shape);
  tensor.data_ = buffer.get();
  tensor.owner_ = std::move(buffer);
  tensor.writable_ = true;
  return tensor;
}

Result<Tensor> Tensor::Zeros(DType dtype, Shape shape) {
  SIDECAR_ASSIGN_OR_RETURN(Tensor tensor, Uninitialized(dtype, std::move(shape)));
  std::span<std::byte> bytes = tensor.mutable_bytes();
  if (!bytes.empty()) std::memset(bytes.data(), 0, bytes.size());
  return tensor;
}

Result<Tensor> Tensor::FromBytes(DType dtype, Shape shape, std::span<const std::byte> bytes) {
  SIDECAR_RETURN_IF_ERROR(CheckSize(dtype, shape, bytes.size()));
  SIDECAR_ASSIGN_OR_RETURN(Tensor tensor, Uninitialized(dtype, std::move(shape)));
  if (!bytes.empty()) std::memcpy(tensor.mutable_bytes().data(), bytes.data(), bytes.size());
  return tensor;
}

Result<Tensor> Tensor::Borrow(DType dtype, Shape shape, std::span<const std::byte> bytes,
                              std::shared_ptr<const void> owner) {
  SIDECAR_RETURN_IF_ERROR(CheckSize(dtype, shape, bytes.size()));
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.num_elements_ = *shape.NumElements();
  tensor.shape_ = std::move(shape);
  tensor.data_ = bytes.data();
  tensor.owner_ = std::move(owner);
  return tensor;
}

Result<Tensor> Tensor::FromStrings(Shape shape, std::span<const std::string> strings) {
  struct Content {
    std::string characters;
    std::vector<std::string_view> views;
  };
  std::size_t size = 0;
  for (const std::string& string : strings) size += string.size();
  const auto content = std::make_shared<Content>();
  content->characters.reserve(size);
  content->views.reserve(strings.size());
  for (const std::string& string : strings) {
    content->characters += string;  // never grows: views stay valid
    content->views.emplace_back(
        content->characters.data() + content->characters.size() - string.size(), string.size());
  }
  return BorrowStrings(std::move(shape), content->views, content);
}

Result<Tensor> Tensor::BorrowStrings(Shape shape, std::span<const std::string_view> strings,
                                     std::shared_ptr<const void> owner) {
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t count, shape.NumElements());
  if (static_cast<std::size_t>(count) != strings.size()) {
    return Status(StatusCode::kInvalidArgument,
                  "a string tensor of shape " + shape.ToString() + " takes " +
                      std::to_string(count) + " strings, given " + std::to_string(strings.size()));
  }
  Tensor tensor;
  tensor.dtype_ = DType::kString;
  tensor.num_elements_ = count;
  tensor.shape_ = std::move(shape);
  tensor.data_ = std::as_bytes(strings).data();
  tensor.owner_ = std::move(owner);
  return tensor;
}

std::size_t Tensor::size_bytes() const {
  return static_cast<std::size_t>(num_elements_) * DTypeSize(dtype_);
}

std::span<std::byte> Tensor::mutable_bytes() {
  if (!writable_) return {};
  return {const_cast<std::byte*>(data_),
          size_bytes()};  // NOLINT: writable_ says that the buffer was made by this class
}

Result<Tensor> Tensor::Slice(std::int64_t begin, std::int64_t end) const {
  if (shape_.rank() == 0 || begin < 0 || begin > end || end > shape_[0]) {
    return Status(StatusCode::kInvalidArgument,
                  "rows " + std::to_string(begin) + " to " + std::to_string(end) +
                      " do not exist in a tensor of shape " + shape_.ToString());
  }
  Tensor slice = *this;
  const std::int64_t row_elements = shape_[0] == 0 ? 0 : num_elements_ / shape_[0];
  slice.shape_ = shape_.WithoutFirst().WithFirst(end - begin);
  slice.num_elements_ = row_elements * (end - begin);
  if (data_ != nullptr)
    slice.data_ = data_ + static_cast<std::size_t>(row_elements * begin) * StrideOf(dtype_);
  return slice;
}

Result<Tensor> Tensor::Reshaped(Shape shape) const {
  SIDECAR_ASSIGN_OR_RETURN(std::int64_t count, shape.NumElements());
  if (count != num_elements_) {
    return Status(StatusCode::kInvalidArgument, "a tensor of shape " + shape_.ToString() +
                                                    " cannot take shape " + shape.ToString());
  }
  Tensor reshaped = *this;
  reshaped.shape_ = std::move(shape);
  return reshaped;
}

}  // namespace sidecar
