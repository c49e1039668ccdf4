#include "model/keras/legacy_order.h"

#include <algorithm>
#include <set>
#include <utility>

namespace sidecar::model::keras {
namespace {

constexpr std::size_t kMostEntries = 1'000'000;

// The weights of one layer of the model with everything inside it.
class WeightList {
 public:
  WeightList(const LayerScopes& scopes, const VariablePlaces& places, std::size_t& work)
      : scopes_(scopes), places_(places), work_(work) {}

  void AddLayer(const LayerObject& layer) {
    if (++work_ > kMostEntries || !seen_.insert(&layer).second) return;
    if (layer.model == nullptr) return AddContext(scopes_.ContextOf(layer));
    for (const LayerNode& node : layer.model->layers) AddLayer(*node.layer);
  }

  [[nodiscard]] std::vector<std::size_t>& places() { return list_; }

 private:
  void AddContext(const LayerContext& context) {
    for (const bool trainable : {true, false}) {
      for (const LayerVariable& variable : context.variables()) {
        if ((variable.spec.trainable && !variable.spec.frozen) != trainable) continue;
        ++work_;
        list_.push_back(places_.at(&variable));
      }
    }
    for (const LayerContext::PartEntry& part : context.parts()) {
      if (part.context != nullptr) {
        AddContext(*part.context);
      } else {
        AddLayer(*part.spec.layer);
      }
    }
  }

  const LayerScopes& scopes_;
  const VariablePlaces& places_;
  std::size_t& work_;
  std::set<const LayerObject*> seen_;
  std::vector<std::size_t> list_;
};

}  // namespace

void NumberLegacyWeights(const ModelDescription& root, const LayerScopes& scopes,
                         const VariablePlaces& places, std::vector<ModelVariable>& variables) {
  std::vector<std::vector<checkpoint::LegacyPosition>> positions(variables.size());
  std::size_t work = 0;
  std::size_t layer = 0;
  for (const LayerNode& node : root.layers) {
    WeightList list(scopes, places, work);
    list.AddLayer(*node.layer);
    if (work > kMostEntries) return;
    if (list.places().empty()) continue;
    std::stable_partition(
        list.places().begin(), list.places().end(),
        [&variables](std::size_t place) { return variables[place].request.trainable; });
    for (std::size_t weight = 0; weight < list.places().size(); ++weight) {
      positions[list.places()[weight]].push_back({layer, weight});
    }
    ++layer;
  }
  for (std::size_t i = 0; i < variables.size(); ++i) {
    variables[i].request.legacy_positions = std::move(positions[i]);
  }
}

}  // namespace sidecar::model::keras
