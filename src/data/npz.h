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
/// order. Stored members are borrowed from `content` where ReadNpy() can, deflated ones inflated;
/// every member that is used is checked against its CRC-32. Other members are named in a warning.
/// `where` names the file in messages. Fails with kDataLoss for a damaged archive or member,
/// kFailedPrecondition for a missing x, for a name that stands twice and for both `x` and
/// `x/NAME`, and as ReadNpy().
Result<Arrays> ReadNpz(std::span<const std::byte> content, const std::shared_ptr<const void>& owner,
                       std::string_view where);

/// ReadNpz() of a file, which is mapped into memory and must not be changed while the arrays live.
/// Fails with kNotFound when the file cannot be opened.
Result<Arrays> LoadNpz(const std::string& path);

}  // namespace sidecar::data
