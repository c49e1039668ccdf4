// The computations of Keras's categorical and text preprocessing layers. Numbers are converted to
// the type that a function names. All results are int64 unless said otherwise; elementwise ones
// have their input's shape.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/host/host_plan.h"
#include "model/host/lookup.h"

namespace sidecar::model {

using HostFunctionPtr = std::shared_ptr<const HostFunction>;

/// Elementwise ids of strings, or of int64. Fails for a token outside of the vocabulary where there
/// is no id for such.
HostFunctionPtr IdsOfStrings(StringLookup lookup);
HostFunctionPtr IdsOfIntegers(IntegerLookup lookup);

/// Elementwise the token of an id, a string or int64: `tokens[id - first_id]`, `mask` for 0 where
/// there is one, `other` for all other ids.
template <class Token>
struct InverseLookup {
  std::vector<Token> tokens;
  std::int64_t first_id = 0;
  std::optional<Token> mask = std::nullopt;
  Token other = {};

  [[nodiscard]] const Token& TokenOf(std::int64_t id) const {
    if (mask && id == 0) return *mask;
    const std::int64_t place = id - first_id;
    const bool known = id >= first_id && place < static_cast<std::int64_t>(tokens.size());
    return known ? tokens[static_cast<std::size_t>(place)] : other;
  }
};
HostFunctionPtr StringsOfIds(InverseLookup<std::string> lookup);
HostFunctionPtr IntegersOfIds(InverseLookup<std::int64_t> lookup);

/// How the layer Hashing puts values into bins.
template <class Value>
struct Bins {
  std::int64_t count = 1;
  BucketHash hash;
  std::optional<Value> mask = std::nullopt;  ///< a value that has bin 0 for itself
};
HostFunctionPtr BinsOfStrings(Bins<std::string> bins);
HostFunctionPtr BinsOfIntegers(Bins<std::int64_t> bins);
/// Of float32, which are cut to integers before they are hashed.
HostFunctionPtr BinsOfFloats(Bins<float> bins);

/// Elementwise the bin of a combination of strings or int64 each, of two or more inputs of one
/// shape: tf.sparse.cross_hashed with its default key.
HostFunctionPtr CrossedBins(std::int64_t count);

/// Elementwise how many of the ascending boundaries are no more than the float32 input.
HostFunctionPtr Intervals(std::vector<float> boundaries);

/// How TextVectorization makes tokens.
struct TextRules {
  enum class Split : std::uint8_t { kNone, kSpaces, kCharacters };
  bool lower = false;
  bool strip_punctuation = false;
  Split split = Split::kSpaces;
  std::vector<std::int64_t> ngrams = {};  ///< widths; none: the tokens themselves
  /// Numbers per text: fewer are filled up with `padding`, more are cut off. None: as many as the
  /// batch's longest text has.
  std::optional<std::int64_t> length = std::nullopt;
  std::int64_t padding = 0;

  /// The tokens of one text, or of the texts of one row where they are not split.
  [[nodiscard]] std::vector<std::string> TokensOf(std::span<const std::string_view> row) const;
};
/// Ids [batch, tokens] of texts [batch], [batch, 1], or not split [batch, tokens].
HostFunctionPtr IdsOfTexts(TextRules rules, StringLookup lookup);

}  // namespace sidecar::model
