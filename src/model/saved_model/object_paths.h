// Ways through the objects of a SavedModel that lead to its variables.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/saved_model/saved_object_graph.h"

namespace sidecar::model::saved_model {

/// The number of the object that the others hang from.
inline constexpr std::size_t kRoot = 0;

/// Local names from the root to an object.
using ObjectPath = std::vector<std::string>;

/// Finds ways that training checkpoints of the same code have too. Refers to the graph's names.
class ObjectPaths {
 public:
  explicit ObjectPaths(const SavedObjectGraph& graph);

  /// The shortest ways to an object, at most 32, without those that only a SavedModel has (Keras 2
  /// adds lists of variables and `keras_api` to each layer). Empty where there is none of at most
  /// 64 names.
  [[nodiscard]] std::vector<ObjectPath> To(std::size_t object) const;

 private:
  struct Parent {
    std::size_t object;
    std::string_view name;
  };

  std::vector<std::vector<Parent>> parents_;
};

/// A variable in the order in which Keras 3 lists a model's variables: those of a layer itself,
/// then those of its sublayers, each as they were assigned.
struct OrderedVariable {
  std::size_t object = 0;
  std::vector<std::size_t> way;  ///< objects from the root to it
  bool in_list = false;          ///< in a Python list or dictionary
};
[[nodiscard]] std::vector<OrderedVariable> KerasOrder(const SavedObjectGraph& graph);

/// Whether it is known which of two variables comes first in the model's list. Where an object has
/// several lists, or lists beside attributes, it is not: the file does not say when items were
/// added.
[[nodiscard]] bool IsOrderKnown(const SavedObjectGraph& graph, const OrderedVariable& a,
                                const OrderedVariable& b);

}  // namespace sidecar::model::saved_model
