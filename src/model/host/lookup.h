// From tokens to their numbers in a vocabulary: what Keras's IndexLookup does.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace sidecar::model {

/// Puts strings into buckets: by SipHash where there is a key, else by Fingerprint64.
struct BucketHash {
  std::optional<std::array<std::uint64_t, 2>> key = std::nullopt;

  /// From 0 to `buckets` - 1; `buckets` is positive.
  [[nodiscard]] std::int64_t Bucket(std::string_view bytes, std::int64_t buckets) const;
  /// Of the decimal text of a number.
  [[nodiscard]] std::int64_t Bucket(std::int64_t number, std::int64_t buckets) const;
};

/// A token in a map that a view of it finds.
struct TokenHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view token) const {
    return std::hash<std::string_view>()(token);
  }
  std::size_t operator()(std::int64_t token) const { return std::hash<std::int64_t>()(token); }
};

template <class Token>
using TokenMap = std::unordered_map<Token, std::int64_t, TokenHash, std::equal_to<>>;

/// A vocabulary and what becomes of tokens outside of it. `Token` is std::string or std::int64_t,
/// `View` what IdOf() takes for it.
template <class Token, class View>
struct Lookup {
  TokenMap<Token> ids;
  std::optional<Token> mask = std::nullopt;  ///< a token that gets `mask_id`
  std::int64_t mask_id = 0;
  std::int64_t oov_buckets = 1;  ///< for tokens outside of the vocabulary; 0: there may be none
  std::int64_t first_oov_id = 0;
  /// Without it integers are put into buckets by their remainder.
  std::optional<BucketHash> oov_hash = std::nullopt;

  /// Nothing where the token is not in the vocabulary and may not be outside.
  [[nodiscard]] std::optional<std::int64_t> IdOf(View token) const {
    if (mask && token == *mask) return mask_id;
    if (const auto found = ids.find(token); found != ids.end()) return found->second;
    if (oov_buckets == 0) return std::nullopt;
    if (oov_buckets == 1) return first_oov_id;
    return first_oov_id + OovBucket(token);
  }

 private:
  [[nodiscard]] std::int64_t OovBucket(View token) const {
    if (oov_hash) return oov_hash->Bucket(token, oov_buckets);
    if constexpr (std::is_same_v<Token, std::int64_t>) {
      const std::int64_t rest = token % oov_buckets;
      return rest < 0 ? rest + oov_buckets : rest;
    } else {
      return BucketHash().Bucket(token, oov_buckets);
    }
  }
};

using StringLookup = Lookup<std::string, std::string_view>;
using IntegerLookup = Lookup<std::int64_t, std::int64_t>;

}  // namespace sidecar::model
