#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <openvino/op/einsum.hpp>
#include <set>

#include "base/status_macros.h"
#include "model/keras/activations.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/effective_kernel.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {
namespace {

// "ab,bc->ac", "...x,xy->...y" or "ab...,bc->ac...": one letter for each dimension. The dots stand
// for dimensions that the kernel leaves alone.
struct Equation {
  std::string input;
  std::string kernel;
  std::string output;
  bool dots_before = false;
  bool dots_after = false;
  std::string text;
};

bool AreLetters(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

// Whether no letter is there twice: no layer of Keras's takes diagonals.
bool AreDistinct(const std::string& letters) {
  return std::set<char>(letters.begin(), letters.end()).size() == letters.size();
}

bool TakePrefix(std::string& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.erase(0, prefix.size());
  return true;
}

bool TakeSuffix(std::string& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.erase(text.size() - suffix.size());
  return true;
}

Result<Equation> ReadEquation(const ConfigReader& config) {
  Equation equation;
  SIDECAR_ASSIGN_OR_RETURN(equation.text, config.String("equation"));
  const std::size_t comma = equation.text.find(',');
  const std::size_t arrow = equation.text.find("->");
  if (comma != std::string::npos && arrow != std::string::npos && comma < arrow) {
    equation.input = equation.text.substr(0, comma);
    equation.kernel = equation.text.substr(comma + 1, arrow - comma - 1);
    equation.output = equation.text.substr(arrow + 2);
  }
  equation.dots_before = TakePrefix(equation.input, "...") && TakePrefix(equation.output, "...");
  equation.dots_after = !equation.dots_before && TakeSuffix(equation.input, "...") &&
                        TakeSuffix(equation.output, "...");
  for (const std::string* letters : {&equation.input, &equation.kernel, &equation.output}) {
    if (AreLetters(*letters) && AreDistinct(*letters)) continue;
    return config.Wrong("equation",
                        "one like \"ab,bc->ac\", \"...x,xy->...y\", \"ab...,bc->ac...\"");
  }
  return equation;
}

// The sizes of the result as the config gives them: unknown ones are Shape::kUnknown.
Result<std::vector<std::int64_t>> ReadOutputSizes(const LayerContext& context,
                                                  const Equation& equation, const Value& input) {
  const ConfigReader& config = context.config();
  const nlohmann::json* value = config.Find("output_shape");
  std::vector<std::int64_t> own;
  if (value != nullptr && value->is_number()) {
    SIDECAR_ASSIGN_OR_RETURN(const std::int64_t size, config.PositiveInt("output_shape"));
    own.push_back(size);
  } else {
    SIDECAR_ASSIGN_OR_RETURN(const Shape shape, config.DynamicShape("output_shape"));
    own = shape.sizes();
  }
  const std::int64_t rank = RankOf(input.output);
  const std::int64_t elided = rank - static_cast<std::int64_t>(equation.input.size());
  const bool dots = equation.dots_before || equation.dots_after;
  if (elided < 0 || (elided > 0 && !dots)) {
    return context.Fail(
        StatusCode::kFailedPrecondition,
        fmt::format("config.equation is {}; its input has {} dimensions", equation.text, rank));
  }
  // The dots begin with the batch, or the letters do.
  const std::size_t letters = equation.output.size();
  const bool batch_is_letter = !equation.dots_before || elided == 0;
  if (own.size() + (batch_is_letter ? 1 : 0) != letters) {
    return config.Wrong("output_shape", fmt::format("a size for each dimension of \"{}\" but the "
                                                    "batch",
                                                    equation.output));
  }
  std::vector<std::int64_t> sizes;  // one for each letter of the output
  if (batch_is_letter) sizes.push_back(Shape::kUnknown);
  sizes.insert(sizes.end(), own.begin(), own.end());
  return sizes;
}

std::optional<std::size_t> PlaceOf(const std::string& letters, char letter) {
  const std::size_t place = letters.find(letter);
  return place == std::string::npos ? std::nullopt : std::optional(place);
}

Result<Shape> KernelShape(const LayerContext& context, const Equation& equation, const Value& input,
                          const std::vector<std::int64_t>& output_sizes) {
  const std::int64_t rank = RankOf(input.output);
  const std::int64_t first =
      equation.dots_before ? rank - static_cast<std::int64_t>(equation.input.size()) : 0;
  std::vector<std::int64_t> sizes;
  for (const char letter : equation.kernel) {
    if (const auto place = PlaceOf(equation.input, letter)) {
      const auto axis = first + static_cast<std::int64_t>(*place);
      SIDECAR_ASSIGN_OR_RETURN(const std::int64_t size, KnownSize(context, input, axis));
      sizes.push_back(size);
    } else if (const auto output_place = PlaceOf(equation.output, letter)) {
      sizes.push_back(output_sizes[*output_place]);
    } else {
      return context.Fail(StatusCode::kDataLoss,
                          fmt::format("config.equation is {}; the kernel's {} is in no other term",
                                      equation.text, letter));
    }
  }
  return Shape(std::move(sizes));
}

// The bias has the output's dimensions from the first of `axes` on, of size 1 but for `axes`.
Result<Shape> BiasShape(const LayerContext& context, const Equation& equation,
                        const std::string& axes, const Value& input,
                        const std::vector<std::int64_t>& output_sizes) {
  std::size_t first = equation.output.size();
  for (const char letter : axes) {
    const auto place = PlaceOf(equation.output, letter);
    if (!place) return context.config().Wrong("bias_axes", "letters of the equation's output");
    first = std::min(first, *place);
  }
  std::vector<std::int64_t> sizes;
  for (std::size_t i = first; i < equation.output.size(); ++i) {
    const bool has_own = axes.find(equation.output[i]) != std::string::npos;
    sizes.push_back(has_own ? output_sizes[i] : 1);
  }
  if (!equation.dots_before) {
    const std::size_t elided =
        static_cast<std::size_t>(RankOf(input.output)) - equation.input.size();
    sizes.insert(sizes.end(), elided, 1);
  }
  return Shape(std::move(sizes));
}

// The equation for OpenVINO: with a letter for each dimension that the dots stand for.
std::string WithoutDots(const Equation& equation, std::int64_t rank) {
  const std::string used = equation.input + equation.kernel + equation.output;
  std::string elided;
  const std::size_t count = static_cast<std::size_t>(rank) - equation.input.size();
  for (char letter = 'a'; letter <= 'z' && elided.size() < count; ++letter) {
    if (used.find(letter) == std::string::npos) elided += letter;
  }
  const std::string before = equation.dots_before ? elided : "";
  const std::string after = equation.dots_after ? elided : "";
  return fmt::format("{0}{2}{1},{3}->{0}{4}{1}", before, after, equation.input, equation.kernel,
                     equation.output);
}

}  // namespace

Result<Values> LowerEinsumDense(LayerContext& context, const Values& inputs) {
  const ConfigReader& config = context.config();
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const Equation equation, ReadEquation(config));
  SIDECAR_ASSIGN_OR_RETURN(const auto output_sizes, ReadOutputSizes(context, equation, input));
  SIDECAR_ASSIGN_OR_RETURN(const Shape kernel_shape,
                           KernelShape(context, equation, input, output_sizes));
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput kernel,
                           EffectiveKernel(context,
                                           {.name = "kernel",
                                            .shape = kernel_shape,
                                            .edges = {"kernel", "_kernel"},
                                            .regularizer = "kernel_regularizer"},
                                           "lora_kernel"));
  GraphOutput result = std::make_shared<ov::op::v7::Einsum>(
      ov::OutputVector{ToFloat(input.output), kernel}, WithoutDots(equation, RankOf(input.output)));
  SIDECAR_ASSIGN_OR_RETURN(const std::string bias_axes, config.String("bias_axes", ""));
  if (!bias_axes.empty()) {
    SIDECAR_ASSIGN_OR_RETURN(const Shape bias_shape,
                             BiasShape(context, equation, bias_axes, input, output_sizes));
    SIDECAR_ASSIGN_OR_RETURN(
        const GraphOutput bias,
        context.Variable({.name = "bias", .shape = bias_shape, .regularizer = "bias_regularizer"}));
    result = Plus(result, bias);
  }
  SIDECAR_ASSIGN_OR_RETURN(Value output,
                           Activated(context, "activation", {result, input.dtype, input.mask}));
  return Values{std::move(output)};
}

}  // namespace sidecar::model::keras
