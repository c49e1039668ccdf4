// Datatype messages: what an element is (specification, section IV.A.2.d).
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "checkpoint/hdf5/file_view.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::checkpoint::hdf5 {

struct Datatype {
  enum class Kind : std::uint8_t {
    kNumber,          ///< `dtype` says which
    kFixedString,     ///< `size` bytes, padded as `padding` says
    kVariableString,  ///< a reference into the global heap
    kOpaque,          ///< bytes; h5py stores bfloat16 like this
    kOther,           ///< `name` says what
  };
  enum class Padding : std::uint8_t { kNulTerminated = 0, kNulPadded = 1, kSpacePadded = 2 };

  Kind kind = Kind::kOther;
  DType dtype = DType::kInvalid;
  std::uint32_t size = 0;  ///< bytes per element, at least 1
  bool big_endian = false;
  Padding padding = Padding::kNulTerminated;
  std::string name;  ///< for people
};

/// Parses a datatype message; `where` is its object. Types without a place in a Tensor are kOther,
/// not failures; kDataLoss for damaged ones.
Result<Datatype> ParseDatatype(std::span<const std::byte> message, const Where& where);

}  // namespace sidecar::checkpoint::hdf5
