#include "model/builder/sequential.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/status_macros.h"
#include "model/keras/class_names.h"
#include "model/keras/json_text.h"

namespace sidecar::model {
namespace {

using nlohmann::json;

Result<json> ReadLayer(const Layer& layer, std::size_t position) {
  const std::string where = fmt::format("layer {} of the model", position);
  SIDECAR_ASSIGN_OR_RETURN(json object, keras::ParseJson(layer.json(), where));
  const bool good = object.is_object() && object.contains("class_name") &&
                    object["class_name"].is_string() && object.contains("config") &&
                    object["config"].is_object();
  if (good) return object;
  return Status(StatusCode::kInvalidArgument,
                fmt::format("{}: is not {{\"class_name\": …, \"config\": {{…}}}}", where));
}

// Keras 2 numbers inputs from 1: "input_1".
std::string AutomaticName(const std::string& class_name, keras::NameCounter& counter) {
  if (class_name == "InputLayer") {
    const std::string name = counter.Next("input");
    return name == "input" ? "input_1" : name;
  }
  return counter.Next(keras::SnakeCase(class_name));
}

}  // namespace

Result<std::string> SequentialJson(const std::vector<Layer>& layers) {
  if (layers.empty()) {
    return Status(StatusCode::kInvalidArgument, "the model has no layers; it needs at least one");
  }
  keras::NameCounter counter;
  std::set<std::string> names;
  json list = json::array();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    SIDECAR_ASSIGN_OR_RETURN(json object, ReadLayer(layers[i], i));
    json& name = object["config"]["name"];
    if (!name.is_string() || name.get<std::string>().empty()) {
      name = AutomaticName(object["class_name"].get<std::string>(), counter);
    }
    if (!names.insert(name.get<std::string>()).second) {
      return Status(StatusCode::kInvalidArgument,
                    fmt::format("two layers of the model are called '{}'; names must differ",
                                name.get<std::string>()));
    }
    list.push_back(std::move(object));
  }
  return json{{"class_name", "Sequential"},
              {"config", {{"name", "sequential"}, {"layers", std::move(list)}}}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace sidecar::model
