#include "model/host/lookup.h"

#include "model/host/fingerprint.h"

namespace sidecar::model {

std::int64_t BucketHash::Bucket(std::string_view bytes, std::int64_t buckets) const {
  const std::uint64_t hash = key ? SipHash(*key, bytes) : Fingerprint64(bytes);
  return static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(buckets));
}

std::int64_t BucketHash::Bucket(std::int64_t number, std::int64_t buckets) const {
  return Bucket(std::to_string(number), buckets);
}

}  // namespace sidecar::model
