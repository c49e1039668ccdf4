#include "model/keras/call_order.h"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

#include "model/keras/config_reader.h"

namespace sidecar::model::keras {
namespace {

// A table with an entry for each call.
template <typename T>
std::vector<std::vector<T>> TableOf(const ModelDescription& model) {
  std::vector<std::vector<T>> table;
  table.reserve(model.layers.size());
  for (const LayerNode& node : model.layers) table.emplace_back(node.calls.size());
  return table;
}

// `_build_map`: the calls in the order in which a search from the outputs, depth first, ends with
// them. Its stack is its own: a hostile chain of layers must not use up the thread's.
class Search {
 public:
  explicit Search(const ModelDescription& model) : model_(model), seen_(TableOf<char>(model)) {}

  std::vector<TensorReference> Run() {
    for (const ModelPort& port : model_.outputs) {
      Enter(port.tensor);
      while (!open_.empty()) Advance();
    }
    return std::move(ended_);
  }

 private:
  struct Open {
    TensorReference call;
    std::vector<TensorReference> needs;
    std::size_t next = 0;
  };

  void Enter(const TensorReference& tensor) {
    char& seen = seen_[tensor.layer][tensor.call];
    if (seen != 0) return;
    seen = 1;
    const LayerCall& call = model_.layers[tensor.layer].calls[tensor.call];
    open_.push_back({{tensor.layer, tensor.call, 0}, TensorsOf(call)});
  }

  void Advance() {
    Open& top = open_.back();
    if (top.next < top.needs.size()) return Enter(top.needs[top.next++]);
    ended_.push_back(top.call);
    open_.pop_back();
  }

  const ModelDescription& model_;
  std::vector<std::vector<char>> seen_;
  std::vector<Open> open_;
  std::vector<TensorReference> ended_;
};

}  // namespace

bool IsStateful(const LayerObject& layer) {
  const auto stateful = ConfigReader(*layer.config, "").Bool("stateful", false);
  if (stateful.ok() && *stateful) return true;
  return std::any_of(layer.parts.begin(), layer.parts.end(), [](const LayerPart& part) {
    return part.layer->model == nullptr && IsStateful(*part.layer);
  });
}

std::vector<TensorReference> TensorsOf(const LayerCall& call) {
  std::vector<TensorReference> tensors;
  for (const CallInput& input : call.inputs) {
    if (const auto* reference = std::get_if<TensorReference>(&input)) tensors.push_back(*reference);
  }
  for (const auto& argument : call.arguments) {
    ForEachTensor(argument.tree,
                  [&tensors](const TensorReference& reference) { tensors.push_back(reference); });
  }
  return tensors;
}

std::vector<TensorReference> KerasCallOrder(const ModelDescription& model) {
  std::vector<TensorReference> calls = Search(model).Run();
  std::reverse(calls.begin(), calls.end());
  auto depths = TableOf<std::size_t>(model);
  std::vector<std::size_t> layer_depths(model.layers.size(), 0);
  // Keras lists the calls of one depth in the order in which it first gave each a depth: when its
  // turn came or, if that was before, when that of a call that needs it did.
  auto listed = TableOf<char>(model);
  std::vector<TensorReference> order;
  const auto list = [&listed, &order](const TensorReference& call) {
    if (std::exchange(listed[call.layer][call.call], 1) == 0) {
      order.push_back({call.layer, call.call, 0});
    }
  };
  for (const TensorReference& call : calls) {
    list(call);
    std::size_t& depth = depths[call.layer][call.call];
    depth = std::max(depth, layer_depths[call.layer]);
    layer_depths[call.layer] = depth;
    for (const TensorReference& need : TensorsOf(model.layers[call.layer].calls[call.call])) {
      list(need);
      std::size_t& below = depths[need.layer][need.call];
      below = std::max(below, depth + 1);
    }
  }
  std::stable_sort(order.begin(), order.end(),
                   [&depths](const TensorReference& a, const TensorReference& b) {
                     return depths[a.layer][a.call] > depths[b.layer][b.call];
                   });
  return order;
}

}  // namespace sidecar::model::keras
