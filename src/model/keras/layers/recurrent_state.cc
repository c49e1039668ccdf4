#include "model/keras/layers/recurrent_state.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <openvino/op/logical_or.hpp>
#include <openvino/op/not_equal.hpp>
#include <openvino/op/reduce_logical_or.hpp>
#include <string>
#include <vector>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"

namespace sidecar::model::keras {
namespace {

// Below the layer in the object graph, where Keras 3 tracks them.
std::string PathOfState(const std::string& place) { return "states/" + place; }

// Whether any element of any value is not zero; NaN is not.
GraphOutput AnyNonZero(const GraphOutputs& values) {
  GraphOutput any;
  for (const GraphOutput& value : values) {
    std::vector<std::int64_t> axes(static_cast<std::size_t>(RankOf(value)));
    std::iota(axes.begin(), axes.end(), 0);
    const GraphOutput differs = std::make_shared<ov::op::v1::NotEqual>(value, FloatConstant(0));
    const GraphOutput in_value =
        std::make_shared<ov::op::v1::ReduceLogicalOr>(differs, IntConstant(axes));
    any = any.get_node() == nullptr
              ? in_value
              : GraphOutput(std::make_shared<ov::op::v1::LogicalOr>(any, in_value));
  }
  return any;
}

}  // namespace

Result<GraphOutputs> StatefulStart(LayerContext& context, RecurrentCell& cell,
                                   const GraphOutputs& projected,
                                   const GraphOutputs& initial_states) {
  const GraphOutputs zeros = cell.ZeroStates(projected);
  const std::vector<std::string> places = cell.state_places();
  GraphOutputs kept;
  for (std::size_t i = 0; i < zeros.size(); ++i) {
    const Shape sizes = ShapeOf(cell.FromCellLayout(zeros[i], 1)).WithoutFirst();
    SIDECAR_ASSIGN_OR_RETURN(GraphOutput state, context.State(PathOfState(places[i]), sizes));
    kept.push_back(std::move(state));
  }
  if (initial_states.empty()) return kept;
  const bool given = !context.is_keras2() || context.layer().class_name.starts_with("CuDNN");
  // Another number of them is the caller's to refuse.
  if (given || initial_states.size() != kept.size()) return initial_states;
  const GraphOutput use_kept = AnyNonZero(kept);
  GraphOutputs states;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    states.push_back(Choose(use_kept, kept[i], ToFloat(initial_states[i])));
  }
  return states;
}

void KeepStates(LayerContext& context, const RecurrentCell& cell, const GraphOutputs& states) {
  const std::vector<std::string> places = cell.state_places();
  for (std::size_t i = 0; i < states.size(); ++i) {
    context.KeepState(PathOfState(places[i]), states[i]);
  }
}

}  // namespace sidecar::model::keras
