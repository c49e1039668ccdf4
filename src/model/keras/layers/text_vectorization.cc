#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "base/status_macros.h"
#include "model/host/preprocessing.h"
#include "model/keras/json_text.h"
#include "model/keras/layers/categories.h"
#include "model/keras/layers/layer_functions.h"
#include "model/keras/layers/vocabulary.h"

namespace sidecar::model::keras {
namespace {

constexpr std::int64_t kWidestNgram = 100;
constexpr std::int64_t kMostTokens = std::int64_t{1} << 24;

// The text under a key whose value may also be null ("") or a function of the user's.
Result<std::string> ReadMethod(const LayerContext& context, std::string_view key,
                               const std::vector<std::string>& allowed) {
  const ConfigReader& config = context.config();
  if (!config.Has(key)) return std::string();
  const auto name = config.OneOf(key, allowed, "");
  if (name.ok()) return name;
  return context.Fail(StatusCode::kUnimplemented,
                      fmt::format("config.{} is {}; functions of one's own are not supported", key,
                                  Excerpt(*config.Find(key))));
}

Result<std::vector<std::int64_t>> ReadNgrams(const LayerContext& context) {
  const ConfigReader& config = context.config();
  std::vector<std::int64_t> widths;
  if (!config.Has("ngrams")) return widths;
  SIDECAR_ASSIGN_OR_RETURN(widths, config.Ints("ngrams"));
  const bool is_list = ListItems(*config.Find("ngrams")) != nullptr;
  for (const std::int64_t width : widths) {
    if (width < 1 || width > kWidestNgram) {
      return config.Wrong("ngrams", "an integer from 1 to 100, or a list of them");
    }
  }
  if (is_list || widths.empty()) return widths;
  widths.resize(static_cast<std::size_t>(widths.front()));
  std::iota(widths.begin(), widths.end(), 1);
  return widths;
}

Result<TextRules> ReadTextRules(const LayerContext& context, OutputMode mode) {
  TextRules rules;
  SIDECAR_ASSIGN_OR_RETURN(
      const std::string standardize,
      ReadMethod(context, "standardize",
                 {"lower_and_strip_punctuation", "lower", "strip_punctuation"}));
  rules.lower = standardize.starts_with("lower");
  rules.strip_punctuation = standardize.ends_with("strip_punctuation");
  SIDECAR_ASSIGN_OR_RETURN(const std::string split,
                           ReadMethod(context, "split", {"whitespace", "character"}));
  rules.split = split.empty()          ? TextRules::Split::kNone
                : split == "character" ? TextRules::Split::kCharacters
                                       : TextRules::Split::kSpaces;
  SIDECAR_ASSIGN_OR_RETURN(rules.ngrams, ReadNgrams(context));
  rules.padding = mode == OutputMode::kInt ? 0 : -1;
  if (!context.config().Has("output_sequence_length")) return rules;
  SIDECAR_ASSIGN_OR_RETURN(rules.length, context.config().PositiveInt("output_sequence_length"));
  if (mode != OutputMode::kInt || *rules.length > kMostTokens) {
    return context.config().Wrong("output_sequence_length",
                                  "up to 2^24, in the output mode int alone");
  }
  return rules;
}

// Numbers per text, or kUnknown where a batch's texts decide.
Result<std::int64_t> LengthOf(const LayerContext& context, const TextRules& rules,
                              const Shape& sample) {
  const bool whole = rules.split == TextRules::Split::kNone;
  const bool fits =
      whole ? sample.rank() == 1 : sample.rank() == 0 || (sample.rank() == 1 && sample[0] == 1);
  if (!fits) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        fmt::format("takes texts of shape {}; is called with {}",
                                    whole ? "[batch, tokens]" : "[batch] or [batch, 1]",
                                    sample.WithFirst(Shape::kUnknown).ToString()));
  }
  if (rules.length) return *rules.length;
  return whole && rules.ngrams.empty() ? sample[0] : Shape::kUnknown;
}

}  // namespace

Result<Values> LowerTextVectorization(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  Vocabulary<std::string> vocabulary;
  SIDECAR_ASSIGN_OR_RETURN(vocabulary.mode, ReadOutputMode(context, OutputMode::kInt));
  const bool none =
      context.config().object().contains("output_mode") && !context.config().Has("output_mode");
  if (none || vocabulary.mode == OutputMode::kOneHot) {
    return context.Fail(StatusCode::kUnimplemented,
                        "supports the output modes int, multi_hot, count and tf_idf");
  }
  SIDECAR_ASSIGN_OR_RETURN(TextRules rules, ReadTextRules(context, vocabulary.mode));
  vocabulary.mask_token = "";
  vocabulary.oov_token = "[UNK]";
  SIDECAR_RETURN_IF_ERROR(ReadVocabulary(context, vocabulary));
  if (!input.host || input.dtype != DType::kString) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        fmt::format("takes strings that are inputs of the model; is called with {}",
                                    DTypeName(input.dtype)));
  }
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t length, LengthOf(context, rules, input.host->shape));
  const Value ids = context.RunOnHost(IdsOfTexts(std::move(rules), MakeLookup(vocabulary)), {input},
                                      {DType::kInt64, Shape{length}});
  LayerContext& lookup = context.Part({.name = "_lookup_layer"});
  SIDECAR_ASSIGN_OR_RETURN(const Value output, EncodeTokens(context, lookup, vocabulary, ids));
  return Values{output};
}

}  // namespace sidecar::model::keras
