// The hash functions with which TensorFlow puts strings into buckets. Their results are part of
// models and never change.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sidecar::model {

/// FarmHash's Fingerprint64 (G. Pike, https://github.com/google/farmhash, algorithm "farmhashna"):
/// tf.strings.to_hash_bucket_fast is its remainder.
[[nodiscard]] std::uint64_t Fingerprint64(std::string_view bytes);

/// SipHash-2-4 (Aumasson and Bernstein, https://www.aumasson.jp/siphash/siphash.pdf):
/// tf.strings.to_hash_bucket_strong is its remainder.
[[nodiscard]] std::uint64_t SipHash(const std::array<std::uint64_t, 2>& key,
                                    std::string_view bytes);

/// The fingerprint of two fingerprints, for tf.sparse.cross_hashed
/// (tensorflow/core/platform/fingerprint.h).
[[nodiscard]] std::uint64_t FingerprintCat64(std::uint64_t first, std::uint64_t second);

}  // namespace sidecar::model
