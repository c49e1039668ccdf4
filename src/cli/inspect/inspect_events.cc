#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "cli/inspect/inspectors.h"
#include "report/events/event_reader.h"
#include "report/log_text.h"

namespace sidecar::cli {
namespace {

// What one tag holds.
struct TagSummary {
  std::string plugin;
  std::uint64_t count = 0;
  std::int64_t first_step = 0;
  std::int64_t last_step = 0;
  std::optional<double> last_value;
};

class EventSummary {
 public:
  void Add(const report::Event& event) {
    ++events_;
    if (!event.file_version.empty()) version_ = event.file_version;
    for (const report::EventValue& value : event.values) {
      TagSummary& tag = tags_[value.tag];
      if (tag.count++ == 0) tag.first_step = event.step;
      tag.last_step = event.step;
      tag.plugin = value.plugin;
      tag.last_value = value.scalar;
    }
  }

  void WriteTo(InspectReport& report) const {
    report.AddField("version", version_, version_.empty() ? "none" : version_);
    report.AddField("events", events_, GroupedNumber(events_));
    nlohmann::ordered_json tags = nlohmann::ordered_json::array();
    std::vector<std::vector<std::string>> rows;
    for (const auto& [name, tag] : tags_) {
      tags.push_back(TagJson(name, tag));
      rows.push_back({name, GroupedNumber(tag.count), std::to_string(tag.first_step),
                      std::to_string(tag.last_step),
                      tag.last_value ? report::PythonFloat(*tag.last_value) : "-"});
    }
    report.AddJson("tags", std::move(tags));
    if (!rows.empty()) {
      report.AddTable({"TAG", "COUNT", "FIRST STEP", "LAST STEP", "LAST VALUE"}, rows);
    }
  }

 private:
  static nlohmann::ordered_json TagJson(const std::string& name, const TagSummary& tag) {
    nlohmann::ordered_json json;
    json["tag"] = name;
    json["plugin"] = tag.plugin;
    json["count"] = tag.count;
    json["first_step"] = tag.first_step;
    json["last_step"] = tag.last_step;
    json["last_value"] = nullptr;
    if (tag.last_value && std::isfinite(*tag.last_value)) {
      json["last_value"] = *tag.last_value;
    } else if (tag.last_value) {
      json["last_value"] = report::PythonFloat(*tag.last_value);
    }
    return json;
  }

  std::string version_;
  std::uint64_t events_ = 0;
  std::map<std::string, TagSummary> tags_;
};

}  // namespace

Result<InspectReport> InspectEvents(base::FileSystem& fs, const std::string& path) {
  InspectReport report(path, "events", "TensorBoard summaries");
  SIDECAR_ASSIGN_OR_RETURN(report::EventReader reader, report::EventReader::Open(fs, path));
  EventSummary summary;
  Status problem;
  while (true) {
    const Result<std::optional<report::Event>> event = reader.Next();
    if (!event.ok()) {
      problem = event.status();
      break;
    }
    if (!event->has_value()) break;
    summary.Add(**event);
  }
  summary.WriteTo(report);
  if (!problem.ok()) {
    if (problem.code() != StatusCode::kDataLoss) return problem;
    report.AddProblem(problem);
  } else if (reader.torn_bytes() > 0) {
    report.AddField("torn_bytes", reader.torn_bytes(),
                    GroupedNumber(reader.torn_bytes()) +
                        " (the last record is not whole; normal while the file is written)");
  }
  return report;
}

}  // namespace sidecar::cli
