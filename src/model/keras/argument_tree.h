// A call argument: a tensor, a constant, or a list or dictionary that holds tensors.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sidecar/status.h"

namespace sidecar::model::keras {

/// `Tensor` is what stands for a tensor: a name in the JSON, a reference in the description, a
/// value of the graph. Structures without any tensor in them are constants as a whole.
template <class Tensor>
struct ArgumentTree {
  using Items = std::vector<ArgumentTree>;

  std::variant<const nlohmann::json*, Tensor, Items> value =
      static_cast<const nlohmann::json*>(nullptr);
  /// Of the items of a dictionary, sorted; empty for a list.
  std::vector<std::string> keys = {};

  [[nodiscard]] const Tensor* tensor() const { return std::get_if<Tensor>(&value); }
  [[nodiscard]] const Items* items() const { return std::get_if<Items>(&value); }
  /// The constant, or null.
  [[nodiscard]] const nlohmann::json* constant() const {
    const auto* constant = std::get_if<const nlohmann::json*>(&value);
    return constant == nullptr ? nullptr : *constant;
  }
};

/// An argument by keyword, or by position: "1" is the one after the inputs.
template <class Tensor>
struct NamedArgumentTree {
  std::string name;
  ArgumentTree<Tensor> tree;
};

/// `tree` with `convert(tensor)`, a Result, in the place of each tensor. The depth of a tree is
/// bounded by that of the JSON it came from.
template <class To, class From, class Convert>
Result<ArgumentTree<To>> Converted(const ArgumentTree<From>& tree, const Convert& convert) {
  ArgumentTree<To> result;
  result.keys = tree.keys;
  if (const From* tensor = tree.tensor()) {
    auto converted = convert(*tensor);
    if (!converted.ok()) return converted.status();
    result.value = std::move(*converted);
  } else if (const auto* items = tree.items()) {
    typename ArgumentTree<To>::Items list;
    for (const auto& item : *items) {
      auto converted = Converted<To>(item, convert);
      if (!converted.ok()) return converted.status();
      list.push_back(std::move(*converted));
    }
    result.value = std::move(list);
  } else {
    result.value = tree.constant();
  }
  return result;
}

/// Hands each tensor of the tree to `visit(tensor)`.
template <class Tensor, class Visit>
void ForEachTensor(const ArgumentTree<Tensor>& tree, const Visit& visit) {
  if (const Tensor* tensor = tree.tensor()) {
    visit(*tensor);
  } else if (const auto* items = tree.items()) {
    for (const auto& item : *items) ForEachTensor(item, visit);
  }
}

}  // namespace sidecar::model::keras
