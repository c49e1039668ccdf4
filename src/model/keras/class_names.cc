#include "model/keras/class_names.h"

#include <algorithm>

namespace sidecar::model::keras {
namespace {

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsWord(char c) { return IsUpper(c) || IsLower(c) || (c >= '0' && c <= '9') || c == '_'; }

}  // namespace

std::string SnakeCase(std::string_view class_name) {
  std::string word;
  std::copy_if(class_name.begin(), class_name.end(), std::back_inserter(word), IsWord);
  // re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
  std::string parted;
  for (std::size_t i = 0; i < word.size();) {
    parted += word[i];
    const bool starts = i + 2 < word.size() && IsUpper(word[i + 1]) && IsLower(word[i + 2]);
    ++i;
    if (!starts) continue;
    parted += '_';
    parted += word[i++];
    while (i < word.size() && IsLower(word[i])) parted += word[i++];
  }
  // re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
  std::string result;
  for (std::size_t i = 0; i < parted.size(); ++i) {
    if (i > 0 && IsLower(parted[i - 1]) && IsUpper(parted[i])) result += '_';
    result += IsUpper(parted[i]) ? static_cast<char>(parted[i] - 'A' + 'a') : parted[i];
  }
  return result;
}

std::string ArchiveName(std::string_view class_name) {
  if (class_name == "GroupQueryAttention") return "grouped_query_attention";
  return SnakeCase(class_name);
}

std::string NameCounter::Next(const std::string& name) {
  const int count = used_[name]++;
  return count == 0 ? name : name + "_" + std::to_string(count);
}

}  // namespace sidecar::model::keras
