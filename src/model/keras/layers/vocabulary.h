// The vocabulary of StringLookup, IntegerLookup and TextVectorization: from the config, or from the
// file that a .keras archive keeps for the layer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/host/lookup.h"
#include "model/keras/layer_context.h"
#include "model/keras/layers/categories.h"
#include "model/keras/value.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

/// `Token` is std::string or std::int64_t.
template <class Token>
struct Vocabulary {
  OutputMode mode = OutputMode::kInt;
  std::optional<Token> mask_token = std::nullopt;
  std::optional<Token> oov_token = std::nullopt;
  std::int64_t oov_buckets = 1;
  std::vector<Token> tokens = {};   ///< without the special ones
  bool has_special_tokens = false;  ///< whether they stood before the others
  bool in_config = false;
  std::int64_t depth = 0;  ///< of encoded outputs

  /// Numbers: the mask's where there is one (kInt), the buckets, the tokens.
  [[nodiscard]] std::int64_t first_oov_id() const {
    return mask_token && mode == OutputMode::kInt ? 1 : 0;
  }
  [[nodiscard]] std::int64_t first_id() const { return first_oov_id() + oov_buckets; }
};

/// Reads config.vocabulary or the archive's file into `vocabulary`, whose first four fields are set
/// already, by config.max_tokens and config.pad_to_max_tokens. Fails with kFailedPrecondition where
/// there is no vocabulary, with kDataLoss for one that Keras refuses: empty, larger than
/// max_tokens, with a token twice or the mask's token among the others.
Status ReadVocabulary(const LayerContext& context, Vocabulary<std::string>& vocabulary);
Status ReadVocabulary(const LayerContext& context, Vocabulary<std::int64_t>& vocabulary);

/// The lookup in that vocabulary. Masked tokens get 0 under kInt, else -1, which stands for none.
StringLookup MakeLookup(const Vocabulary<std::string>& vocabulary);
IntegerLookup MakeLookup(const Vocabulary<std::int64_t>& vocabulary);

/// The numbers encoded as the mode says. Under kTfIdf they are multiplied by config.idf_weights,
/// padded as Keras does; without those by a variable of `owner`, where Keras keeps what the layer
/// adapted. `owner` also declares what Keras 2 counts as the layer's weights.
template <class Token>
Result<Value> EncodeTokens(const LayerContext& context, LayerContext& owner,
                           const Vocabulary<Token>& vocabulary, const Value& numbers);

extern template Result<Value> EncodeTokens(const LayerContext&, LayerContext&,
                                           const Vocabulary<std::string>&, const Value&);
extern template Result<Value> EncodeTokens(const LayerContext&, LayerContext&,
                                           const Vocabulary<std::int64_t>&, const Value&);

}  // namespace sidecar::model::keras
