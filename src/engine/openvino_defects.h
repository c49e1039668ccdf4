// Ways around what OpenVINO's CPU device does wrong.
#pragma once

#include <openvino/core/model.hpp>

namespace sidecar::engine {

/// Replaces what the device (2026.4.1) dies of or computes wrongly by other ops for the same
/// result. `graph` has the static input shapes that it will be compiled for.
///
/// - A Gather with batch dimensions that are all 1 reads indices beyond its input (SIGSEGV where it
///   has AVX-512). Without batch dimensions it gives the same.
/// - A Loop that carries a value of unknown shape fails ("object is not initialized") where nobody
///   reads that value afterwards. Lists of tensors, as TensorFlow's loops fill them, begin as one
///   element that the first step broadcasts; it is broadcast before the loop, so that the shape is
///   known.
void AvoidDefects(ov::Model& graph);

}  // namespace sidecar::engine
