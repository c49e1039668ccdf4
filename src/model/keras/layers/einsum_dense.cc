#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/status_macros.h"
#include "model/keras/activations.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/bias.h"
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

using Axes = std::vector<std::int64_t>;

// The letters of a term whose dimensions the dots stand for: control characters, one for each.
std::string Elided(const Equation& equation, std::int64_t rank) {
  std::string letters;
  for (std::size_t i = equation.input.size(); i < static_cast<std::size_t>(rank); ++i) {
    letters += static_cast<char>(i + 1);
  }
  return letters;
}

// The places of `letters` in `term`.
Axes PlacesOf(const std::string& letters, const std::string& term) {
  Axes places;
  for (const char letter : letters) places.push_back(static_cast<std::int64_t>(term.find(letter)));
  return places;
}

std::string LettersWhere(const std::string& term, bool in_a, const std::string& a, bool in_b,
                         const std::string& b) {
  std::string letters;
  for (const char letter : term) {
    const bool is_in_a = a.find(letter) != std::string::npos;
    const bool is_in_b = b.find(letter) != std::string::npos;
    if (is_in_a == in_a && is_in_b == in_b) letters += letter;
  }
  return letters;
}

std::int64_t ProductOf(const GraphOutput& x, std::size_t begin, std::size_t end) {
  std::int64_t product = 1;
  for (std::size_t axis = begin; axis < end; ++axis) {
    product *= SizeOf(x, static_cast<std::int64_t>(axis));
  }
  return product;
}

// As one product of matrices: [free, shared, 1, contracted] of the input with [shared, contracted,
// new] of the kernel. (OpenVINO's Einsum takes "abde,bc->acde" for something else.)
GraphOutput Contracted(const Equation& equation, GraphOutput x, GraphOutput kernel) {
  const std::string elided = Elided(equation, RankOf(x));
  const auto with_dots = [&](const std::string& term) {
    return (equation.dots_before ? elided : "") + term + (equation.dots_after ? elided : "");
  };
  const std::string input = with_dots(equation.input);
  const std::string output = with_dots(equation.output);
  const std::string free = LettersWhere(input, true, output, false, equation.kernel);
  const std::string shared = LettersWhere(input, true, output, true, equation.kernel);
  const std::string contracted = LettersWhere(input, false, output, true, equation.kernel);
  const std::string summed = LettersWhere(input, false, output, false, equation.kernel);
  const std::string added = LettersWhere(equation.kernel, false, input, true, output);

  x = Transposed(x, PlacesOf(free + shared + contracted + summed, input));
  const std::size_t kept = free.size() + shared.size();
  if (!summed.empty()) {
    Axes axes;
    for (std::size_t i = 0; i < summed.size(); ++i) {
      axes.push_back(static_cast<std::int64_t>(kept + contracted.size() + i));
    }
    x = SumOver(x, axes, false);
  }
  kernel = Transposed(kernel, PlacesOf(shared + contracted + added, equation.kernel));
  const std::size_t inner = shared.size() + contracted.size();
  const std::int64_t depth = ProductOf(kernel, shared.size(), inner);
  const std::int64_t width = ProductOf(kernel, inner, inner + added.size());
  // Zeros copy the sizes of the input, whatever they will be.
  Axes x_sizes(kept, 0);
  if (!shared.empty()) x_sizes.push_back(1);
  x_sizes.push_back(depth);
  Axes kernel_sizes(shared.size(), 0);
  kernel_sizes.insert(kernel_sizes.end(), {depth, width});
  Axes sizes(kept, 0);
  for (std::size_t i = 0; i < added.size(); ++i) {
    sizes.push_back(SizeOf(kernel, static_cast<std::int64_t>(inner + i)));
  }
  GraphOutput result = MatrixProduct(Reshaped(x, x_sizes), Reshaped(kernel, kernel_sizes));
  if (added.size() != 1 || !shared.empty()) result = Reshaped(result, sizes);
  return Transposed(result, PlacesOf(output, free + shared + added));
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
  GraphOutput result = Contracted(equation, ToFloat(input.output), kernel);
  SIDECAR_ASSIGN_OR_RETURN(const std::string bias_axes, config.String("bias_axes", ""));
  if (!bias_axes.empty()) {
    SIDECAR_ASSIGN_OR_RETURN(const Shape bias_shape,
                             BiasShape(context, equation, bias_axes, input, output_sizes));
    SIDECAR_ASSIGN_OR_RETURN(
        const GraphOutput bias,
        context.Variable({.name = "bias", .shape = bias_shape, .regularizer = "bias_regularizer"}));
    result = WithBias(context, result, bias);
  }
  SIDECAR_ASSIGN_OR_RETURN(Value output,
                           Activated(context, "activation", {result, input.dtype, input.mask}));
  return Values{std::move(output)};
}

}  // namespace sidecar::model::keras
