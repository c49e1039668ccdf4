// StringLookup and IntegerLookup.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "model/host/preprocessing.h"
#include "model/keras/layers/categories.h"
#include "model/keras/layers/layer_functions.h"
#include "model/keras/layers/vocabulary.h"

namespace sidecar::model::keras {
namespace {

Status ReadToken(const ConfigReader& config, std::string_view key,
                 std::optional<std::string>& token) {
  if (!config.Has(key)) return Status();
  SIDECAR_ASSIGN_OR_RETURN(token, config.String(key));
  return Status();
}

// The constructors' defaults of `oov_token`.
void SetDefault(std::optional<std::string>& token) { token = "[UNK]"; }
void SetDefault(std::optional<std::int64_t>& token) { token = -1; }

Status ReadToken(const ConfigReader& config, std::string_view key,
                 std::optional<std::int64_t>& token) {
  if (!config.Has(key)) return Status();
  SIDECAR_ASSIGN_OR_RETURN(token, config.Int(key));
  return Status();
}

template <class Token>
Result<Vocabulary<Token>> ReadLookup(const LayerContext& context) {
  constexpr std::int64_t kMostBuckets = std::int64_t{1} << 31;
  Vocabulary<Token> vocabulary;
  const ConfigReader& config = context.config();
  SIDECAR_ASSIGN_OR_RETURN(vocabulary.mode, ReadOutputMode(context, OutputMode::kInt));
  SIDECAR_RETURN_IF_ERROR(ReadToken(config, "mask_token", vocabulary.mask_token));
  SetDefault(vocabulary.oov_token);
  SIDECAR_RETURN_IF_ERROR(ReadToken(config, "oov_token", vocabulary.oov_token));
  SIDECAR_ASSIGN_OR_RETURN(vocabulary.oov_buckets, config.Int("num_oov_indices", 1));
  if (vocabulary.oov_buckets < 0 || vocabulary.oov_buckets >= kMostBuckets) {
    return config.Wrong("num_oov_indices", "an integer from 0 to 2^31 - 1");
  }
  SIDECAR_RETURN_IF_ERROR(ReadVocabulary(context, vocabulary));
  return vocabulary;
}

// The hash of tokens outside of the vocabulary, which Keras 3 has options for.
Status ReadOovHash(const LayerContext& context, StringLookup& lookup) {
  SIDECAR_ASSIGN_OR_RETURN(lookup.oov_hash, ReadHash(context));
  return Status();
}

Status ReadOovHash(const LayerContext& context, IntegerLookup& lookup) {
  SIDECAR_ASSIGN_OR_RETURN(
      const std::string method,
      context.config().OneOf("oov_method", {"floormod", "farmhash"}, "floormod"));
  if (method == "floormod") return Status();
  SIDECAR_ASSIGN_OR_RETURN(lookup.oov_hash, ReadHash(context));
  return Status();
}

HostFunctionPtr IdsOf(StringLookup lookup) { return IdsOfStrings(std::move(lookup)); }
HostFunctionPtr IdsOf(IntegerLookup lookup) { return IdsOfIntegers(std::move(lookup)); }
HostFunctionPtr TokensOf(InverseLookup<std::string> lookup) {
  return StringsOfIds(std::move(lookup));
}
HostFunctionPtr TokensOf(InverseLookup<std::int64_t> lookup) {
  return IntegersOfIds(std::move(lookup));
}

bool IsOutsideOfInt32(const std::string& /*token*/) { return false; }
bool IsOutsideOfInt32(std::int64_t token) { return token < INT32_MIN || token > INT32_MAX; }

template <class Token>
Result<Values> LowerInverse(LayerContext& context, const Value& input, DType type,
                            Vocabulary<Token> vocabulary) {
  if (input.dtype == DType::kString) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        "takes numbers, because config.invert is true; is called with strings");
  }
  const auto outside = [](const Token& token) { return IsOutsideOfInt32(token); };
  if (std::any_of(vocabulary.tokens.begin(), vocabulary.tokens.end(), outside)) {
    return context.Fail(StatusCode::kUnimplemented,
                        "gives out numbers of its vocabulary that do not fit 32 bits");
  }
  InverseLookup<Token> lookup;
  lookup.first_id = vocabulary.first_id();
  lookup.mask = vocabulary.mask_token;
  lookup.other = *vocabulary.oov_token;
  lookup.tokens = std::move(vocabulary.tokens);
  return Values{context.RunOnHost(TokensOf(std::move(lookup)), {input}, {type, input.host->shape})};
}

template <class Token>
Result<Values> LowerLookup(LayerContext& context, const Values& inputs, DType type) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(Vocabulary<Token> vocabulary, ReadLookup<Token>(context));
  SIDECAR_ASSIGN_OR_RETURN(const bool invert, context.config().Bool("invert", false));
  if (!input.host) return NotOnHost(context);
  if (invert) return LowerInverse(context, input, type, std::move(vocabulary));
  if ((input.dtype == DType::kString) != (type == DType::kString)) {
    return context.Fail(
        StatusCode::kFailedPrecondition,
        fmt::format("takes {}; is called with {}", DTypeName(type), DTypeName(input.dtype)));
  }
  auto lookup = MakeLookup(vocabulary);
  SIDECAR_RETURN_IF_ERROR(ReadOovHash(context, lookup));
  const Value ids =
      context.RunOnHost(IdsOf(std::move(lookup)), {input}, {DType::kInt64, input.host->shape});
  SIDECAR_ASSIGN_OR_RETURN(const Value output, EncodeTokens(context, context, vocabulary, ids));
  return Values{output};
}

}  // namespace

Result<Values> LowerStringLookup(LayerContext& context, const Values& inputs) {
  return LowerLookup<std::string>(context, inputs, DType::kString);
}

Result<Values> LowerIntegerLookup(LayerContext& context, const Values& inputs) {
  return LowerLookup<std::int64_t>(context, inputs, DType::kInt64);
}

}  // namespace sidecar::model::keras
