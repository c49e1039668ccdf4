#include "evaluate/input_binding.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/log.h"
#include "base/status_macros.h"

namespace sidecar::evaluate {
namespace {

bool SizesAgree(const Shape& expected, const Shape& found) {
  if (expected.rank() != found.rank()) return false;
  for (std::size_t i = 0; i < expected.rank(); ++i) {
    if (expected[i] >= 0 && found[i] >= 0 && expected[i] != found[i]) return false;
  }
  return true;
}

// The data's sample shape as the input takes it, or nothing where they do not fit.
std::optional<Shape> FitShape(const model::ModelInput& input, const Shape& found) {
  const Shape& expected = input.shape;
  // Keras makes a column of a vector.
  if (!input.declared) return found.rank() == 0 ? Shape{1} : found;
  if (SizesAgree(expected, found)) return found;
  std::vector<std::int64_t> sizes = found.sizes();
  if (found.rank() + 1 == expected.rank()) {
    sizes.push_back(1);
  } else if (found.rank() == expected.rank() + 1 && sizes.back() == 1) {
    sizes.pop_back();
  } else {
    return std::nullopt;
  }
  Shape adjusted(std::move(sizes));
  if (!SizesAgree(expected, adjusted)) return std::nullopt;
  return adjusted;
}

std::string NamesOf(const std::vector<DatasetSpec::Component>& components) {
  std::string names;
  for (const DatasetSpec::Component& component : components) {
    if (!names.empty()) names += ", ";
    names += component.name.empty() ? "x" : "x/" + component.name;
  }
  return names;
}

std::string NamesOf(const std::vector<model::ModelInput>& inputs) {
  std::string names;
  for (const model::ModelInput& input : inputs) names += (names.empty() ? "" : ", ") + input.name;
  return names;
}

bool IsNameOf(const std::string& name, const model::ModelInput& input) {
  return name == input.name || std::find(input.other_names.begin(), input.other_names.end(),
                                         name) != input.other_names.end();
}

// Components are matched by position when there is one of each, or when none carries an input's
// name. Names of their own then only fit inputs that have none; "0", "1" and so on say the position
// in whatever order they come.
std::optional<std::size_t> FindByPosition(const std::vector<model::ModelInput>& inputs,
                                          std::size_t index,
                                          const std::vector<DatasetSpec::Component>& components) {
  if (components.size() != inputs.size()) return std::nullopt;
  if (inputs.size() == 1) return 0;
  std::optional<std::size_t> numbered;
  bool named = false;
  for (std::size_t k = 0; k < components.size(); ++k) {
    for (const model::ModelInput& input : inputs) {
      if (IsNameOf(components[k].name, input)) return std::nullopt;
      named |= input.has_own_name;
    }
    if (components[k].name == std::to_string(index)) numbered = k;
  }
  if (numbered) return numbered;
  return !named || components[index].name.empty() ? std::optional(index) : std::nullopt;
}

Result<std::size_t> ComponentFor(const std::vector<model::ModelInput>& inputs, std::size_t index,
                                 const std::vector<DatasetSpec::Component>& components) {
  if (const auto k = FindByPosition(inputs, index, components)) return *k;
  for (std::size_t k = 0; k < components.size(); ++k) {
    if (IsNameOf(components[k].name, inputs[index])) return k;
  }
  return Status(StatusCode::kFailedPrecondition,
                "the data has no input '" + inputs[index].name + "': it has " +
                    NamesOf(components) + ", the model takes " + NamesOf(inputs) +
                    "; name the data's members after the model's inputs, or by position from 0");
}

}  // namespace

Result<std::vector<InputBinding>> BindInputs(
    const std::vector<model::ModelInput>& inputs,
    const std::vector<DatasetSpec::Component>& components) {
  std::vector<InputBinding> bindings;
  std::set<std::size_t> used;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const model::ModelInput& input = inputs[i];
    SIDECAR_ASSIGN_OR_RETURN(const std::size_t k, ComponentFor(inputs, i, components));
    const DatasetSpec::Component& component = components[k];
    const std::optional<Shape> shape = FitShape(input, component.shape);
    if (!shape) {
      return Status(StatusCode::kFailedPrecondition,
                    "input '" + input.name + "' takes samples of shape " + input.shape.ToString() +
                        ", the data's have shape " + component.shape.ToString());
    }
    const bool numeric = IsFloating(component.dtype) || IsInteger(component.dtype) ||
                         component.dtype == DType::kBool;
    const bool fits = input.dtype == DType::kString ? component.dtype == DType::kString : numeric;
    if (!fits) {
      return Status(StatusCode::kFailedPrecondition,
                    "input '" + input.name + "' takes " + std::string(DTypeName(input.dtype)) +
                        ", the data is " + std::string(DTypeName(component.dtype)));
    }
    used.insert(k);
    bindings.push_back({k, component.dtype, *shape, *shape != component.shape});
  }
  for (std::size_t k = 0; k < components.size(); ++k) {
    if (!used.contains(k)) {
      base::Log(LogLevel::kWarning,
                "The data's x/{} is no input of the model and is left out; the model takes {}",
                components[k].name, NamesOf(inputs));
    }
  }
  return bindings;
}

Result<Tensor> InputOf(const Batch& batch, const InputBinding& binding) {
  if (binding.component >= batch.x.size()) {
    return Status(StatusCode::kFailedPrecondition,
                  "a batch has " + std::to_string(batch.x.size()) + " inputs, " +
                      std::to_string(binding.component + 1) + " were announced");
  }
  const Tensor& tensor = batch.x[binding.component];
  if (tensor.shape().rank() == 0) {
    return Status(StatusCode::kFailedPrecondition,
                  "an input of a batch is a scalar; its first dimension must count samples");
  }
  if (!binding.reshape) return tensor;
  // The trailing axis of 1 is added or dropped for this batch's own sizes.
  std::vector<std::int64_t> sizes = tensor.shape().sizes();
  if (sizes.size() == binding.sample_shape.rank()) {
    sizes.push_back(1);
  } else {
    sizes.pop_back();
  }
  return tensor.Reshaped(Shape(std::move(sizes)));
}

}  // namespace sidecar::evaluate
