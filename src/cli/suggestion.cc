#include "cli/suggestion.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace sidecar::cli {
namespace {

constexpr std::size_t kLongestName = 64;  // bounds the work for absurd arguments

// Levenshtein's distance, one row of his table at a time.
std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string Suggestion(std::string_view given, std::span<const std::string> known) {
  if (given.size() > kLongestName) return {};
  std::string best;
  std::size_t best_distance = given.size();
  for (const std::string& name : known) {
    const std::size_t distance = EditDistance(given, name);
    if (distance <= name.size() / 3 && distance < best_distance) {
      best = name;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace sidecar::cli
