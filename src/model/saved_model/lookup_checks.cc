#include "model/saved_model/lookup_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <openvino/core/model.hpp>
#include <openvino/op/concat.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/greater_eq.hpp>
#include <openvino/op/less.hpp>
#include <openvino/op/logical_or.hpp>
#include <openvino/op/reduce_max.hpp>
#include <openvino/op/reshape.hpp>
#include <openvino/op/result.hpp>
#include <openvino/op/util/gather_base.hpp>
#include <vector>

#include "engine/variable_placeholder.h"

namespace sidecar::model::saved_model {
namespace {

using ov::op::v0::Constant;

struct Lookup {
  ov::Output<ov::Node> ids;
  std::int64_t rows = 0;     // of the table
  std::size_t variable = 0;  // in LoadedModel::variables

  bool operator==(const Lookup&) const = default;
};

std::shared_ptr<engine::VariablePlaceholder> VariableBehind(ov::Output<ov::Node> value) {
  while (ov::is_type<ov::op::v0::Convert>(value.get_node())) {
    value = value.get_node()->input_value(0);
  }
  return std::dynamic_pointer_cast<engine::VariablePlaceholder>(value.get_node_shared_ptr());
}

std::vector<Lookup> FindLookups(const ov::Model& graph) {
  std::vector<Lookup> lookups;
  for (const std::shared_ptr<ov::Node>& node : graph.get_ordered_ops()) {
    const auto gather = ov::as_type_ptr<ov::op::util::GatherBase>(node);
    if (gather == nullptr) continue;
    const auto variable = VariableBehind(gather->input_value(0));
    const auto axis = ov::as_type_ptr<Constant>(gather->input_value(2).get_node_shared_ptr());
    const ov::Output<ov::Node> ids = gather->input_value(1);
    if (variable == nullptr || axis == nullptr ||
        axis->cast_vector<std::int64_t>() != std::vector<std::int64_t>{0} ||
        ov::is_type<Constant>(ids.get_node()) || !ids.get_element_type().is_integral_number()) {
      continue;
    }
    Lookup lookup{ids, static_cast<std::int64_t>(variable->get_output_shape(0).at(0)),
                  variable->index()};
    if (std::find(lookups.begin(), lookups.end(), lookup) == lookups.end()) {
      lookups.push_back(std::move(lookup));
    }
  }
  return lookups;
}

// int32 [1]: 1 where any id is outside the table.
ov::Output<ov::Node> AnyOutside(const Lookup& lookup) {
  const ov::element::Type type = lookup.ids.get_element_type();
  const auto number = [&type](std::int64_t value) {
    return Constant::create(type, ov::Shape{}, {value});
  };
  const auto low = std::make_shared<ov::op::v1::Less>(lookup.ids, number(0));
  const auto high = std::make_shared<ov::op::v1::GreaterEqual>(lookup.ids, number(lookup.rows));
  const auto outside = std::make_shared<ov::op::v0::Convert>(
      std::make_shared<ov::op::v1::LogicalOr>(low, high), ov::element::i32);
  const auto flat = std::make_shared<ov::op::v1::Reshape>(
      outside, Constant::create(ov::element::i64, {1}, {-1}), false);
  // Of no ids at all none is outside.
  const auto one_more = std::make_shared<ov::op::v0::Concat>(
      ov::OutputVector{flat, Constant::create(ov::element::i32, {1}, {0})}, 0);
  return std::make_shared<ov::op::v1::ReduceMax>(
      one_more, Constant::create(ov::element::i64, {1}, {0}), true);
}

}  // namespace

void AddLookupChecks(ov::Model& graph, LoadedModel& model) {
  for (const Lookup& lookup : FindLookups(graph)) {
    model.checks.push_back(
        {graph.get_results().size(),
         fmt::format("an id that is looked up in the variable {} is not in 0 … {}, its rows",
                     model.variables[lookup.variable].request.name, lookup.rows - 1),
         false});
    graph.add_results({std::make_shared<ov::op::v0::Result>(AnyOutside(lookup))});
  }
}

}  // namespace sidecar::model::saved_model
