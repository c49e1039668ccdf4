// Asking ops for their kind by name, which also tells ops whose headers OpenVINO does not install.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <openvino/core/node.hpp>
#include <string_view>

namespace sidecar::engine {

/// Whether the op is one of these, of whatever version.
inline bool IsType(const ov::Node& node, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), std::string_view(node.get_type_info().name)) !=
         names.end();
}

}  // namespace sidecar::engine
