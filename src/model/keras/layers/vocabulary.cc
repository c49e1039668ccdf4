#include "model/keras/layers/vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/status_macros.h"
#include "model/host/text.h"
#include "model/keras/graph_ops.h"

namespace sidecar::model::keras {
namespace {

using nlohmann::json;

bool ReadToken(const json& value, std::string& token) {
  if (!value.is_string()) return false;
  token = value.get<std::string>();
  return true;
}

bool ReadToken(const json& value, std::int64_t& token) {
  if (!value.is_number_integer()) return false;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX) return false;
  token = value.get<std::int64_t>();
  return true;
}

bool ParseToken(std::string line, std::string& token) {
  token = std::move(line);
  return true;
}

bool ParseToken(const std::string& line, std::int64_t& token) {
  const char* const end = line.data() + line.size();
  const auto [stop, error] = std::from_chars(line.data(), end, token);
  return error == std::errc() && stop == end;
}

template <class Token>
Result<std::vector<Token>> TokensOfConfig(const ConfigReader& config) {
  const json* const items = ListItems(*config.Find("vocabulary"));
  std::vector<Token> tokens;
  for (std::size_t i = 0; items != nullptr && i < items->size(); ++i) {
    tokens.emplace_back();
    if (!ReadToken((*items)[i], tokens.back())) {
      return config.Wrong(fmt::format("vocabulary[{}]", i), "");
    }
  }
  if (!tokens.empty()) return tokens;
  return config.Wrong("vocabulary", "a list of tokens; a file of its own is not read");
}

// Keras 3 reads the lines as Python knows them, Keras 2 what stands between line feeds.
std::vector<std::string> LinesOf(const std::string& content, bool keras2) {
  if (!keras2) {
    std::vector<std::string> lines = PythonLines(content);
    while (!lines.empty() && lines.back().empty()) lines.pop_back();
    return lines;
  }
  std::vector<std::string> lines(1);
  for (std::size_t i = 0; i < content.size(); ++i) {
    const bool two_ends = content[i] == '\r' && i + 1 < content.size() && content[i + 1] == '\n';
    if (two_ends) continue;
    if (content[i] == '\n' || content[i] == '\r') {
      lines.emplace_back();
    } else {
      lines.back() += content[i];
    }
  }
  return lines;
}

template <class Token>
Result<std::vector<Token>> TokensOfAsset(const LayerContext& context) {
  SIDECAR_ASSIGN_OR_RETURN(const auto content, context.ReadAsset("vocabulary.txt"));
  if (!content) {
    return context.Fail(
        StatusCode::kFailedPrecondition,
        "has no vocabulary: config.vocabulary is absent, and only a .keras file keeps one "
        "that was adapted");
  }
  std::vector<Token> tokens;
  for (std::string& line : LinesOf(*content, context.is_keras2())) {
    tokens.emplace_back();
    if (!ParseToken(line, tokens.back())) {
      return context.Fail(StatusCode::kDataLoss,
                          fmt::format("line {} of its vocabulary.txt is '{}', not an integer",
                                      tokens.size(), line.substr(0, 40)));
    }
  }
  return tokens;
}

template <class Token>
Status CheckTokens(const LayerContext& context, const Vocabulary<Token>& vocabulary) {
  std::vector<Token> sorted = vocabulary.tokens;
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end()) {
    return context.Fail(StatusCode::kDataLoss,
                        fmt::format("its vocabulary has '{}' twice", *twice));
  }
  if (vocabulary.mask_token &&
      std::binary_search(sorted.begin(), sorted.end(), *vocabulary.mask_token)) {
    return context.Fail(StatusCode::kDataLoss,
                        fmt::format("its vocabulary has the mask token '{}' among the others",
                                    *vocabulary.mask_token));
  }
  return Status();
}

template <class Token>
Status ReadTokens(const LayerContext& context, Vocabulary<Token>& vocabulary) {
  const ConfigReader& config = context.config();
  vocabulary.in_config = config.Has("vocabulary");
  SIDECAR_ASSIGN_OR_RETURN(std::vector<Token> tokens, vocabulary.in_config
                                                          ? TokensOfConfig<Token>(config)
                                                          : TokensOfAsset<Token>(context));
  std::vector<std::optional<Token>> special;
  if (vocabulary.first_oov_id() > 0) special.push_back(vocabulary.mask_token);
  special.resize(static_cast<std::size_t>(vocabulary.first_id()), vocabulary.oov_token);
  vocabulary.has_special_tokens =
      tokens.size() >= special.size() && std::equal(special.begin(), special.end(), tokens.begin());
  if (vocabulary.has_special_tokens) {
    tokens.erase(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(special.size()));
  }
  vocabulary.tokens = std::move(tokens);
  return CheckTokens(context, vocabulary);
}

template <class Token>
Status ReadDepth(const LayerContext& context, Vocabulary<Token>& vocabulary) {
  const ConfigReader& config = context.config();
  SIDECAR_ASSIGN_OR_RETURN(const bool pads, config.Bool("pad_to_max_tokens", false));
  vocabulary.depth = vocabulary.first_id() + static_cast<std::int64_t>(vocabulary.tokens.size());
  if (!config.Has("max_tokens")) return pads ? config.Wrong("max_tokens", "an integer") : Status();
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t most, config.PositiveInt("max_tokens"));
  if (vocabulary.depth > most) {
    return context.Fail(
        StatusCode::kDataLoss,
        fmt::format("its vocabulary has {} tokens, more than config.max_tokens = {}",
                    vocabulary.depth, most));
  }
  if (pads) vocabulary.depth = most;
  return Status();
}

template <class Token, class View>
Lookup<Token, View> LookupIn(const Vocabulary<Token>& vocabulary) {
  Lookup<Token, View> lookup;
  std::int64_t id = vocabulary.first_id();
  for (const Token& token : vocabulary.tokens) lookup.ids.emplace(token, id++);
  lookup.mask = vocabulary.mask_token;
  lookup.mask_id = vocabulary.mode == OutputMode::kInt ? 0 : -1;
  lookup.oov_buckets = vocabulary.oov_buckets;
  lookup.first_oov_id = vocabulary.first_oov_id();
  return lookup;
}

// config.idf_weights with what Keras puts before and behind them.
template <class Token>
Result<GraphOutput> WeightsOfConfig(const LayerContext& context,
                                    const Vocabulary<Token>& vocabulary) {
  SIDECAR_ASSIGN_OR_RETURN(const NumberArray numbers, context.config().Numbers("idf_weights"));
  const auto special =
      static_cast<std::size_t>(vocabulary.has_special_tokens ? vocabulary.first_id() : 0);
  if (numbers.shape.size() != 1 || numbers.values.size() != vocabulary.tokens.size() + special) {
    return context.config().Wrong("idf_weights", "one number for each token of the vocabulary");
  }
  std::vector<double> weights;
  if (!vocabulary.has_special_tokens) {
    const double mean = std::accumulate(numbers.values.begin(), numbers.values.end(), 0.0) /
                        static_cast<double>(numbers.values.size());
    weights.assign(static_cast<std::size_t>(vocabulary.first_id()), mean);
  }
  weights.insert(weights.end(), numbers.values.begin(), numbers.values.end());
  weights.resize(static_cast<std::size_t>(vocabulary.depth), 0.0);
  return FloatConstant(ov::Shape{weights.size()}, weights);
}

// Without a vocabulary in its config Keras 2 counts the one that it adapted as a weight.
template <class Token>
Status DeclareKeras2Weights(LayerContext& owner, const Vocabulary<Token>& vocabulary,
                            bool weights_in_config) {
  if (!owner.is_keras2()) return Status();
  if (!vocabulary.in_config) {
    SIDECAR_RETURN_IF_ERROR(owner.UnreadVariable(
        {.name = "vocabulary", .shape = {0}, .trainable = false, .dtype = DType::kString}));
  }
  if (vocabulary.mode != OutputMode::kTfIdf || !weights_in_config) return Status();
  return owner.UnreadVariable({.name = "idf_weights",
                               .shape = {vocabulary.depth},
                               .trainable = false,
                               .dtype = DType::kFloat32});
}

// The weight of each category under kTfIdf; nothing in other modes.
template <class Token>
Result<std::optional<GraphOutput>> DeclareWeights(const LayerContext& context, LayerContext& owner,
                                                  const Vocabulary<Token>& vocabulary) {
  const bool in_config = context.config().Has("idf_weights");
  SIDECAR_RETURN_IF_ERROR(DeclareKeras2Weights(owner, vocabulary, in_config));
  if (vocabulary.mode != OutputMode::kTfIdf) return std::optional<GraphOutput>();
  if (in_config) {
    SIDECAR_ASSIGN_OR_RETURN(GraphOutput weights, WeightsOfConfig(context, vocabulary));
    return std::optional(std::move(weights));
  }
  SIDECAR_ASSIGN_OR_RETURN(GraphOutput weights, owner.Variable({.name = "idf_weights",
                                                                .shape = {vocabulary.depth},
                                                                .trainable = false,
                                                                .dtype = DType::kFloat32,
                                                                .archive_name = "idf_weights"}));
  return std::optional(std::move(weights));
}

}  // namespace

Status ReadVocabulary(const LayerContext& context, Vocabulary<std::string>& vocabulary) {
  SIDECAR_RETURN_IF_ERROR(ReadTokens(context, vocabulary));
  return ReadDepth(context, vocabulary);
}

Status ReadVocabulary(const LayerContext& context, Vocabulary<std::int64_t>& vocabulary) {
  SIDECAR_RETURN_IF_ERROR(ReadTokens(context, vocabulary));
  return ReadDepth(context, vocabulary);
}

StringLookup MakeLookup(const Vocabulary<std::string>& vocabulary) {
  return LookupIn<std::string, std::string_view>(vocabulary);
}

IntegerLookup MakeLookup(const Vocabulary<std::int64_t>& vocabulary) {
  return LookupIn<std::int64_t, std::int64_t>(vocabulary);
}

template <class Token>
Result<Value> EncodeTokens(const LayerContext& context, LayerContext& owner,
                           const Vocabulary<Token>& vocabulary, const Value& numbers) {
  SIDECAR_ASSIGN_OR_RETURN(const auto weights, DeclareWeights(context, owner, vocabulary));
  SIDECAR_ASSIGN_OR_RETURN(Value encoded,
                           EncodeCategories(context, numbers, vocabulary.mode, vocabulary.depth));
  if (weights) encoded.output = Times(encoded.output, *weights);
  return encoded;
}

template Result<Value> EncodeTokens(const LayerContext&, LayerContext&,
                                    const Vocabulary<std::string>&, const Value&);
template Result<Value> EncodeTokens(const LayerContext&, LayerContext&,
                                    const Vocabulary<std::int64_t>&, const Value&);

}  // namespace sidecar::model::keras
