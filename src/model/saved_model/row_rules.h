// The rules by which AreRowsIndependent() follows the batch through a graph. Internal to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <openvino/core/model.hpp>
#include <openvino/core/node.hpp>
#include <openvino/op/concat.hpp>
#include <openvino/op/einsum.hpp>
#include <openvino/op/matmul.hpp>
#include <openvino/op/strided_slice.hpp>
#include <openvino/op/util/gather_base.hpp>
#include <optional>
#include <string_view>
#include <vector>

namespace sidecar::model::saved_model {

/// What a value depends on.
struct State {
  enum class Kind : std::uint8_t {
    kFixed,  ///< nothing of the inputs
    kCount,  ///< whole numbers that follow from the number of rows
    kRows,   ///< slices j * group to (j + 1) * group along `axis` on row j alone
    kMixed,  ///< anything else
  };
  Kind kind = Kind::kMixed;
  std::size_t axis = 0;
  std::int64_t group = 1;  ///< 0: all slices are the same, whatever rows they belong to

  [[nodiscard]] bool fixed() const { return kind == Kind::kFixed; }
  [[nodiscard]] bool rows() const { return kind == Kind::kRows; }
};
inline constexpr State kFixed{State::Kind::kFixed};
inline constexpr State kCount{State::Kind::kCount};
inline constexpr State kMixed{State::Kind::kMixed};

inline State Rows(std::size_t axis, std::int64_t group = 1) {
  return {State::Kind::kRows, axis, group};
}

/// The number of dimensions; nothing where it is not known.
std::optional<std::size_t> RankOf(const ov::PartialShape& shape);
/// The size at `axis`, which the rank must have.
ov::Dimension SizeAt(const ov::PartialShape& shape, std::size_t axis);
/// The integers of a constant input, negative ones counted from `rank`; nothing where it is none.
std::optional<std::vector<std::size_t>> Axes(const ov::Node& node, std::size_t input,
                                             std::size_t rank);
bool Contains(const std::vector<std::size_t>& axes, std::size_t axis);
/// Where axis `axis` of a value is once the value is broadcast to `rank` dimensions.
std::size_t Aligned(std::size_t axis, std::size_t own_rank, std::size_t rank);

/// Walks a graph in order and says of each value what it depends on.
class RowRules {
 public:
  explicit RowRules(const ov::Model& graph) : graph_(graph) {}

  /// Whether every result is the batch, row by row.
  bool Run();

 private:
  [[nodiscard]] State Of(const ov::Node& node, std::size_t input) const;
  [[nodiscard]] State Visit(const ov::Node& node) const;
  [[nodiscard]] State VisitKnown(const ov::Node& node, std::string_view op) const;
  [[nodiscard]] State BatchedByDesign(const ov::Node& node) const;
  [[nodiscard]] State Softmax(const ov::Node& node) const;
  [[nodiscard]] State Elementwise(const ov::Node& node) const;
  [[nodiscard]] State MatMul(const ov::op::v0::MatMul& node) const;
  [[nodiscard]] State Einsum(const ov::op::v7::Einsum& node) const;
  [[nodiscard]] State Reduce(const ov::Node& node, bool keep_dims) const;
  [[nodiscard]] State Reshape(const ov::Node& node) const;
  [[nodiscard]] State Transpose(const ov::Node& node) const;
  [[nodiscard]] State Squeeze(const ov::Node& node, bool removes) const;
  [[nodiscard]] State Concat(const ov::op::v0::Concat& node) const;
  [[nodiscard]] State Gather(const ov::op::util::GatherBase& node) const;
  [[nodiscard]] State Broadcast(const ov::Node& node) const;
  [[nodiscard]] State Pad(const ov::Node& node) const;
  [[nodiscard]] State StridedSlice(const ov::op::v1::StridedSlice& node) const;
  [[nodiscard]] State AlongAxis(const ov::Node& node, std::size_t axis_input) const;

  const ov::Model& graph_;
  std::map<const ov::Node*, State> states_;
};

}  // namespace sidecar::model::saved_model
