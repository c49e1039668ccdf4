// The number at the end of a checkpoint's name.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sidecar::watch {

/// The number of a checkpoint: from the last part of `path` one of the extensions `.weights.h5`,
/// `.h5`, `.hdf5`, `.keras`, `.index` is cut, and everything after the last `-` must be decimal
/// digits ("ckpt-0007" is 7). Nothing where there is no `-`, where something else follows it, or
/// where the value does not fit (docs/cli.md, "Checkpoints: which, and which number").
[[nodiscard]] std::optional<std::int64_t> CheckpointNumber(std::string_view path);

}  // namespace sidecar::watch
