#include "watch/wait_explanation.h"

#include <fmt/format.h>

#include <vector>

#include "watch/directory_listing.h"

namespace sidecar::watch {
namespace {

using std::chrono::seconds;

constexpr seconds kInterval{30};
constexpr seconds kLongInterval{300};
constexpr std::int64_t kFrequent = 4;

std::string Files(std::size_t count, std::string_view kind) {
  return fmt::format("{} {} file{}", count, kind, count == 1 ? "" : "s");
}

std::string Join(const std::vector<std::string>& parts) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += i + 1 == parts.size() ? " and " : ", ";
    text += parts[i];
  }
  return text;
}

std::string DescribeCounts(const DirectoryCounts& counts) {
  std::vector<std::string> parts;
  if (counts.index_files > 0) parts.push_back(Files(counts.index_files, ".index"));
  if (counts.data_files > 0) parts.push_back(Files(counts.data_files, ".data"));
  if (counts.weights_files > 0) parts.push_back(Files(counts.weights_files, ".weights.h5"));
  if (counts.h5_files > 0) parts.push_back(Files(counts.h5_files, ".h5"));
  if (counts.keras_files > 0) parts.push_back(Files(counts.keras_files, ".keras"));
  if (counts.temporary > 0) parts.push_back(Files(counts.temporary, "temporary"));
  if (counts.others > 0) parts.push_back(Files(counts.others, "other"));
  const std::string_view state =
      counts.has_state_file ? "a file named 'checkpoint'" : "no file named 'checkpoint'";
  if (parts.empty()) {
    return counts.has_state_file ? fmt::format("only {}", state) : "the directory is empty";
  }
  // Keras 3 and HDF5 files come without a state file: say that they are all there is.
  const bool foreign = counts.index_files + counts.data_files + counts.others == 0 &&
                       counts.weights_files + counts.h5_files + counts.keras_files > 0;
  return fmt::format("{}{} {} {}", foreign ? "only " : "", Join(parts),
                     counts.has_state_file ? "and" : "but", state);
}

// What the writer should do differently, where the names tell.
std::string Advice(base::FileSystem& fs, const std::string& directory) {
  const auto names = fs.List(directory);
  if (!names.ok()) return {};
  const DirectoryCounts counts = CountNames(*names);
  if (counts.has_state_file) return {};
  if (counts.index_files > 0) {
    return " Checkpoints without a 'checkpoint' file are not followed: save them with "
           "CheckpointManager.save(), Checkpoint.save() or ModelCheckpoint, which write it, rather "
           "than with Checkpoint.write().";
  }
  if (counts.weights_files + counts.h5_files + counts.keras_files > 0) {
    return " Files of these formats are not followed: save in TensorFlow's format, in Keras 2 with "
           "ModelCheckpoint(save_weights_only=True) and a path without extension, otherwise with "
           "tf.train.CheckpointManager.";
  }
  return {};
}

}  // namespace

std::string DescribeDirectory(base::FileSystem& fs, const std::string& directory) {
  const auto names = fs.List(directory);
  if (names.ok()) return DescribeCounts(CountNames(*names));
  if (names.status().code() == StatusCode::kNotFound) return "the directory does not exist";
  return "it cannot be listed: " + names.status().message();
}

std::string DescribeLook(base::FileSystem& fs, const Look& look, const std::string& directory) {
  std::string text = fmt::format("in {}: {}", directory, DescribeDirectory(fs, directory));
  switch (look.finding) {
    case Finding::kNotThere:
      return text + fmt::format("; the state file names {}, which does not exist", look.named);
    case Finding::kStateFileUnusable:
    case Finding::kPathRefused:
    case Finding::kOldFormat:
    case Finding::kUnreadable:
      return look.problem ? text + "; " + look.problem->message() : text;
    case Finding::kCheckpoint:
    case Finding::kNoDirectory:
    case Finding::kNoStateFile:
      return text;
  }
  return text;
}

std::string ExplainWait(base::FileSystem& fs, const Look& look, const WaitSituation& situation) {
  std::string text;
  if (situation.last_checkpoint.empty()) {
    // The reference's words (sidecar_evaluator.py, _timeout_fn).
    text = fmt::format(
        "No checkpoints appear to be found after {} seconds. Please check if you are properly "
        "using a `tf.train.Checkpoint/CheckpointManager` or "
        "`tf.keras.callbacks.ModelCheckpoint(save_weights_only=True)` to save checkpoints by the "
        "training.",
        situation.waited.count());
  } else if (situation.last_failure.empty()) {
    text = fmt::format("No newer checkpoint than {} for {} seconds.", situation.last_checkpoint,
                       situation.waited.count());
  } else {
    text = fmt::format("No usable checkpoint for {} seconds; the newest, {}, cannot be used: {}.",
                       situation.waited.count(), situation.last_checkpoint, situation.last_failure);
  }
  text += fmt::format(" Waiting for a new one named by the file 'checkpoint'; {}.",
                      DescribeLook(fs, look, situation.directory));
  return text + Advice(fs, situation.directory);
}

void ExplanationTimer::Restart(base::Clock::TimePoint start) {
  start_ = start;
  due_ = start + kInterval;
  given_ = 0;
}

std::optional<seconds> ExplanationTimer::Take(base::Clock::TimePoint now) {
  if (now < due_) return std::nullopt;
  ++given_;
  due_ = now + (given_ < kFrequent ? kInterval : kLongInterval);
  return std::chrono::duration_cast<seconds>(now - start_);
}

}  // namespace sidecar::watch
