// Scenario files: what they say, as data.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sidecar/status.h"

namespace sidecar::scenarios {

/// One command of a scenario.
struct Line {
  int number = 0;  ///< in the file, from 1
  std::string text;
};

struct Scenario {
  std::string path;
  std::map<std::string, std::string> header;  ///< name, purpose, covers, options, …
  std::vector<Line> lines;
};

/// Reads a scenario file; kDataLoss naming the line that cannot be understood.
Result<Scenario> ReadScenario(const std::string& path);

/// Words separated by blanks; "…" with \n, \t, \", \\ and \xHH is one word.
Result<std::vector<std::string>> SplitWords(const std::string& text);

/// "1.5s", "300ms".
Result<std::chrono::nanoseconds> ParseDuration(const std::string& text);

/// The value of a word "key=value" with that key.
std::optional<std::string> FindOption(const std::vector<std::string>& words,
                                      const std::string& key);

}  // namespace sidecar::scenarios
