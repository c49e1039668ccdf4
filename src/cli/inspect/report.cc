#include "cli/inspect/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/text_output.h"

namespace sidecar::cli {
namespace {

constexpr std::size_t kNameWidth = 15;

}  // namespace

InspectReport::InspectReport(const std::string& path, std::string_view kind, std::string_view title)
    : title_(fmt::format("{}: {}", path, title)) {
  json_["path"] = path;
  json_["kind"] = kind;
}

void InspectReport::AddField(const std::string& name, nlohmann::ordered_json value,
                             std::string_view text) {
  json_[name] = std::move(value);
  std::string label = name;
  std::replace(label.begin(), label.end(), '_', ' ');
  lines_.push_back(fmt::format("{:<{}}{}", label, std::max(kNameWidth, label.size() + 2), text));
}

void InspectReport::AddJson(const std::string& name, nlohmann::ordered_json value) {
  json_[name] = std::move(value);
}

void InspectReport::AddLine(std::string line) { lines_.push_back(std::move(line)); }

void InspectReport::AddTable(const std::vector<std::string>& header,
                             const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(header.size(), 0);
  for (std::size_t column = 0; column < header.size(); ++column) {
    widths[column] = header[column].size();
    for (const auto& row : rows) widths[column] = std::max(widths[column], row[column].size());
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text = " ";
    for (std::size_t column = 0; column < cells.size(); ++column) {
      text += fmt::format(" {:<{}} ", cells[column], widths[column]);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    lines_.push_back(std::move(text));
  };
  line(header);
  for (const auto& row : rows) line(row);
}

void InspectReport::AddProblem(Status problem) { problems_.push_back(std::move(problem)); }

void InspectReport::AddReport(const std::string& name, const InspectReport& other) {
  json_[name] = other.ToJson();
  lines_.emplace_back();
  lines_.push_back(fmt::format("{}{}", other.title_, other.ok() ? "" : ": DAMAGED"));
  for (const std::string& line : other.lines_) lines_.push_back(line.empty() ? line : "  " + line);
  problems_.insert(problems_.end(), other.problems_.begin(), other.problems_.end());
}

Status InspectReport::status() const {
  if (problems_.empty()) return {};
  const Status& first = problems_.front();
  std::vector<std::string> details = first.details();
  for (std::size_t i = 1; i < problems_.size(); ++i) details.push_back(problems_[i].message());
  return {first.code(), first.message(), std::move(details)};
}

nlohmann::ordered_json InspectReport::ToJson() const {
  nlohmann::ordered_json json = json_;
  json["ok"] = ok();
  json["problems"] = nlohmann::ordered_json::array();
  for (const Status& problem : problems_) {
    json["problems"].push_back(problem.message());
    for (const std::string& detail : problem.details()) json["problems"].push_back(detail);
  }
  return json;
}

void InspectReport::Print(std::ostream& out) const {
  const bool unsupported = status().code() == StatusCode::kUnimplemented;
  out << Printable(title_) << (ok() ? "" : unsupported ? ": NOT SUPPORTED" : ": DAMAGED") << '\n';
  for (const std::string& line : lines_)
    out << (line.empty() ? "" : "  ") << Printable(line) << '\n';
}

std::string GroupedNumber(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, ",");
  }
  return text;
}

nlohmann::ordered_json ShapeJson(const Shape& shape) {
  nlohmann::ordered_json sizes = nlohmann::ordered_json::array();
  for (const std::int64_t size : shape.sizes()) {
    if (size == Shape::kUnknown) {
      sizes.push_back(nullptr);
    } else {
      sizes.push_back(size);
    }
  }
  return sizes;
}

}  // namespace sidecar::cli
