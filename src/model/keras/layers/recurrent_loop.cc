#include "model/keras/layers/recurrent_loop.h"

#include <map>
#include <memory>
#include <openvino/core/model.hpp>
#include <openvino/op/parameter.hpp>
#include <openvino/op/prelu.hpp>
#include <openvino/op/result.hpp>
#include <openvino/op/tensor_iterator.hpp>
#include <set>
#include <utility>

#include "base/status_macros.h"
#include "engine/variable_placeholder.h"
#include "model/keras/graph_ops.h"
#include "model/keras/masks.h"

namespace sidecar::model::keras {
namespace {

using Parameter = std::shared_ptr<ov::op::v0::Parameter>;

// The body of a loop while it is built.
class LoopBody {
 public:
  explicit LoopBody(bool backwards)
      : loop_(std::make_shared<ov::op::v0::TensorIterator>()), backwards_(backwards) {}

  // A step of `sequence`, [batch, ...].
  GraphOutput Slice(const GraphOutput& sequence) {
    ov::PartialShape shape = sequence.get_partial_shape();
    shape[1] = 1;
    const Parameter parameter = Add(sequence.get_element_type(), shape);
    slices_.emplace_back(parameter, sequence);
    return Squeezed(parameter, 1);
  }

  // A value that is `initial` before the first step; Carry() says what it is after a step.
  GraphOutput State(const GraphOutput& initial) {
    ov::PartialShape shape = initial.get_partial_shape();
    shape[0] = ov::Dimension::dynamic();
    const Parameter parameter = Add(initial.get_element_type(), shape);
    states_.push_back({parameter, initial, {}});
    return parameter;
  }
  void Carry(std::size_t state, const GraphOutput& value) { states_[state].next = value; }

  // Closes the loop; `output` is what every step gives.
  SequenceResult Finish(const GraphOutput& output, std::size_t state_count) {
    const GraphOutput part = Expanded(output, {1});
    ov::OutputVector results = {part, output};
    for (const CarriedState& state : states_) results.push_back(state.next);
    const auto captured = CaptureVariables(results);
    ov::ResultVector nodes;
    for (const GraphOutput& result : results) {
      nodes.push_back(std::make_shared<ov::op::v0::Result>(result));
    }
    loop_->set_function(std::make_shared<ov::Model>(nodes, parameters_));
    const std::int64_t first = backwards_ ? -1 : 0;
    const std::int64_t last = backwards_ ? 0 : -1;
    const std::int64_t stride = backwards_ ? -1 : 1;
    for (const auto& [parameter, sequence] : slices_) {
      loop_->set_sliced_input(parameter, sequence, first, stride, 1, last, 1);
    }
    for (std::size_t i = 0; i < states_.size(); ++i) {
      loop_->set_merged_input(states_[i].parameter, states_[i].initial, nodes[i + 2]);
    }
    for (const auto& [parameter, variable] : captured) {
      loop_->set_invariant_input(parameter, variable);
    }
    SequenceResult result;
    result.sequence = loop_->get_concatenated_slices(nodes[0], first, stride, 1, last, 1);
    result.last = loop_->get_iter_value(nodes[1], -1);
    for (std::size_t i = 0; i < state_count; ++i) {
      result.states.push_back(loop_->get_iter_value(nodes[i + 2], -1));
    }
    loop_->validate_and_infer_types();
    return result;
  }

 private:
  struct CarriedState {
    Parameter parameter;
    GraphOutput initial;
    GraphOutput next;
  };

  Parameter Add(const ov::element::Type& type, const ov::PartialShape& shape) {
    parameters_.push_back(std::make_shared<ov::op::v0::Parameter>(type, shape));
    return parameters_.back();
  }

  // Variables belong to the graph around the loop: gives each one that the body uses a parameter.
  std::vector<std::pair<Parameter, GraphOutput>> CaptureVariables(const ov::OutputVector& results) {
    std::vector<std::pair<Parameter, GraphOutput>> captured;
    std::map<ov::Node*, Parameter> known;
    std::set<ov::Node*> seen;
    std::vector<ov::Node*> stack;
    for (const GraphOutput& result : results) stack.push_back(result.get_node());
    while (!stack.empty()) {
      ov::Node* const node = stack.back();
      stack.pop_back();
      if (!seen.insert(node).second) continue;
      for (ov::Input<ov::Node>& input : node->inputs()) {
        const GraphOutput source = input.get_source_output();
        if (!ov::is_type<engine::VariablePlaceholder>(source.get_node())) {
          stack.push_back(source.get_node());
          continue;
        }
        Parameter& parameter = known[source.get_node()];
        if (parameter == nullptr) {
          parameter = Add(source.get_element_type(), source.get_partial_shape());
          captured.emplace_back(parameter, source);
        }
        input.replace_source_output(parameter);
      }
    }
    return captured;
  }

  std::shared_ptr<ov::op::v0::TensorIterator> loop_;
  bool backwards_;
  ov::ParameterVector parameters_;
  std::vector<std::pair<Parameter, GraphOutput>> slices_;
  std::vector<CarriedState> states_;
};

// The same values from an op of their own. The CPU device lets a body's result and the parameter it
// becomes share memory: a matrix product that makes a state of itself would read what it writes.
GraphOutput Copied(const GraphOutput& value) {
  return std::make_shared<ov::op::v0::PRelu>(value, FloatConstant({1}, {1.0}));
}

}  // namespace

Result<SequenceResult> RunLoop(RecurrentCell& cell, const GraphOutputs& projected,
                               const GraphOutputs& states, const LoopOptions& options) {
  LoopBody body(options.backwards);
  GraphOutputs inputs;
  for (const GraphOutput& sequence : projected) inputs.push_back(body.Slice(sequence));
  GraphOutputs old_states;
  for (const GraphOutput& state : states) old_states.push_back(body.State(state));
  SIDECAR_ASSIGN_OR_RETURN(CellStep step, cell.Step(inputs, old_states));
  if (options.mask) {
    // As numbers: not every kernel slices booleans.
    const GraphOutput slice = body.Slice(ToFloat(*options.mask));
    const auto choose = [&slice](const GraphOutput& yes, const GraphOutput& no) {
      return Choose(MaskForRank(AsBoolean(slice), RankOf(yes)), yes, no);
    };
    for (std::size_t i = 0; i < states.size(); ++i) {
      step.states[i] = choose(step.states[i], old_states[i]);
    }
    if (options.zero_masked) {
      step.output = choose(step.output, FloatConstant(0));
    } else {
      // Before the first valid step it is zero.
      const GraphOutput before = body.State(cell.ZeroOutput(projected));
      step.output = choose(step.output, before);
      body.Carry(states.size(), step.output);
    }
  }
  for (std::size_t i = 0; i < states.size(); ++i) {
    body.Carry(i, options.mask ? step.states[i] : Copied(step.states[i]));
  }
  return body.Finish(step.output, states.size());
}

}  // namespace sidecar::model::keras
