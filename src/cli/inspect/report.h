// What `inspect` found out about a path, for people and for machines.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::cli {

/// A description under construction: JSON members and lines of text side by side, and what is
/// wrong. Not thread-safe.
class InspectReport {
 public:
  /// `kind` as --json names it ("checkpoint"), `title` as people read it.
  InspectReport(const std::string& path, std::string_view kind, std::string_view title);

  /// A member of the JSON object and a line "name   text".
  void AddField(const std::string& name, nlohmann::ordered_json value, std::string_view text);
  /// A member of the JSON object alone.
  void AddJson(const std::string& name, nlohmann::ordered_json value);
  /// A line of text alone.
  void AddLine(std::string line);
  /// A table: a header and rows with as many cells, in columns.
  void AddTable(const std::vector<std::string>& header,
                const std::vector<std::vector<std::string>>& rows);
  /// Something that is damaged or does not fit; the first one decides the exit code.
  void AddProblem(Status problem);
  /// Puts `other` below this one: its JSON as a member, its text indented, its problems added.
  void AddReport(const std::string& name, const InspectReport& other);

  [[nodiscard]] bool ok() const { return problems_.empty(); }
  /// OK, or the first problem, with the others as details.
  [[nodiscard]] Status status() const;
  /// The JSON object with "ok" and "problems".
  [[nodiscard]] nlohmann::ordered_json ToJson() const;
  /// Writes the text.
  void Print(std::ostream& out) const;

 private:
  std::string title_;
  nlohmann::ordered_json json_;
  std::vector<std::string> lines_;
  std::vector<Status> problems_;
};

/// "1,234,567".
[[nodiscard]] std::string GroupedNumber(std::uint64_t value);
/// The sizes as a JSON list; null for unknown ones.
[[nodiscard]] nlohmann::ordered_json ShapeJson(const Shape& shape);

}  // namespace sidecar::cli
