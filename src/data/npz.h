// NumPy's .npz files: zip archives of .npy files (numpy.savez, numpy.savez_compressed).
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "sidecar/dataset.h"
#include "sidecar/status.h"

namespace sidecar::data {

/// The members x, y and sample_weight, or x/NAME, y/NAME, sample_weight/NAME, in the archive's
/// order. Every member that is used is checked against its CRC-32; stored ones are borrowed from
/// `content` where CanBorrow(), others read into memory. Other members are named in a warning.
/// `where` names the file in messages. Fails with kDataLoss for a damaged archive or member (also
/// one that would grow out of proportion), kFailedPrecondition for a missing x and for both `x` and
/// `x/NAME`, and as ReadNpy().
Result<Arrays> ReadNpz(std::span<const std::byte> content, const std::shared_ptr<const void>& owner,
                       const std::string& where);

/// ReadNpz() of a file. What is borrowed is mapped into memory: the file must not be changed while
/// the arrays live. Fails with kNotFound when the file cannot be opened.
Result<Arrays> LoadNpz(const std::string& path);

}  // namespace sidecar::data
