// What a layer is called with besides its inputs.
#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "model/keras/argument_tree.h"
#include "model/keras/value.h"

namespace sidecar::model::keras {

using Argument = ArgumentTree<Value>;

/// Only arguments that the layer's line in the table names are ever here.
struct CallArguments {
  std::vector<NamedArgumentTree<Value>> list;

  /// The argument under the first of its names that is there, or null. A position is a name too:
  /// Find({"mask", "1"}) is `mask`, given by keyword or right after the inputs.
  [[nodiscard]] const Argument* Find(std::initializer_list<std::string_view> names) const {
    for (const std::string_view name : names) {
      for (const auto& argument : list) {
        if (argument.name == name) return &argument.tree;
      }
    }
    return nullptr;
  }
};

}  // namespace sidecar::model::keras
