// Whether a graph computes each row of a batch by itself.
#pragma once

namespace ov {
class Model;
}

namespace sidecar::model::saved_model {

/// Whether row j of every result depends on row j of the parameters alone, and not on the number of
/// rows. The first dimension of the parameters is the batch. A proof: ops that are not known to
/// keep rows apart, loops among them, count as mixing them. Never throws.
[[nodiscard]] bool AreRowsIndependent(const ov::Model& graph) noexcept;

}  // namespace sidecar::model::saved_model
