#include "scenarios/training.h"

#include <algorithm>

#include "base/status_macros.h"
#include "scenarios/fake_checkpoint.h"
#include "scenarios/scenario.h"
#include "watch/checkpoint_number.h"
#include "watch/state_file.h"

namespace sidecar::scenarios {
namespace {

Status Wrong(const std::string& message) { return {StatusCode::kDataLoss, message}; }

FakeContent ContentOf(const std::vector<std::string>& words) {
  FakeContent content;
  const std::int64_t number = watch::CheckpointNumber(words[1]).value_or(0);
  content.content = FindOption(words, "content").value_or(words[1]);
  content.value = static_cast<double>(number);
  if (const auto value = FindOption(words, "value")) content.value = std::stod(*value);
  const std::string step = FindOption(words, "step").value_or(std::to_string(number * 100));
  if (step != "none") content.step = std::stoll(step);
  content.shards = std::stoul(FindOption(words, "shards").value_or("1"));
  content.fits = FindOption(words, "fits").value_or("yes") == "yes";
  return content;
}

// One file as that kind of damage leaves it; nothing: the file is missing.
Result<std::optional<std::string>> Damaged(const std::string& damage, const std::string& name,
                                           const std::string& content) {
  const bool is_index = name == ".index";
  const bool concerned = damage.ends_with("-index") == is_index;
  if (damage == "none" || !concerned) return std::optional<std::string>(content);
  if (damage == "torn-index" || damage == "short-shard") {
    return std::optional<std::string>(content.substr(0, content.size() / 2));
  }
  if (damage == "empty-index") return std::optional<std::string>("");
  if (damage == "garbage-index") return std::optional<std::string>("\xff\xfe garbage end\n");
  if (damage == "no-shard") return std::optional<std::string>();
  if (damage == "flipped-bit") {
    std::string flipped = content;
    flipped.front() = static_cast<char>(flipped.front() ^ 1);
    return std::optional<std::string>(flipped);
  }
  return Wrong("unknown damage " + damage);
}

}  // namespace

std::string Training::Path(const std::string& name) const {
  return base::JoinPath(directory_, name);
}

void Training::WriteFile(const std::string& path, const std::string& content, bool in_place) {
  if (in_place && fs_.Stat(path).ok()) {
    fs_.Overwrite(path, content);
  } else {
    fs_.Write(path, content);
  }
}

void Training::WriteState(const std::vector<std::string>& named, bool in_place) {
  watch::CheckpointState state;
  state.model_checkpoint_path = named.back();
  state.all_model_checkpoint_paths = named;
  WriteFile(Path("checkpoint"), watch::FormatCheckpointState(state), in_place);
}

Status Training::Delete(const std::string& name) {
  // The index goes first, as CheckpointManager deletes.
  SIDECAR_RETURN_IF_ERROR(fs_.Remove(Path(name + ".index")));
  SIDECAR_ASSIGN_OR_RETURN(const std::vector<std::string> files, fs_.List(directory_));
  for (const std::string& file : files) {
    if (file.starts_with(name + ".data-")) SIDECAR_RETURN_IF_ERROR(fs_.Remove(Path(file)));
  }
  return {};
}

Status Training::Write(const std::vector<std::string>& words) {
  const std::string damage = FindOption(words, "damage").value_or("none");
  const bool in_place = FindOption(words, "in-place").value_or("no") == "yes";
  const bool only_index = FindOption(words, "only").value_or("") == "index";
  for (const auto& [name, content] : FakeFiles(ContentOf(words))) {
    if (only_index && name != ".index") continue;
    SIDECAR_ASSIGN_OR_RETURN(const std::optional<std::string> left, Damaged(damage, name, content));
    if (left) WriteFile(Path(words[1] + name), *left, in_place && name == ".index");
  }
  return {};
}

// As CheckpointManager.save(): files, state, deletion, state again.
Status Training::Publish(const std::vector<std::string>& words) {
  SIDECAR_RETURN_IF_ERROR(Write(words));
  kept_.erase(std::remove(kept_.begin(), kept_.end(), words[1]), kept_.end());
  kept_.push_back(words[1]);
  WriteState(kept_, false);
  const std::size_t keep = std::stoul(FindOption(words, "keep").value_or("1000000"));
  if (kept_.size() <= keep) return {};
  while (kept_.size() > keep) {
    SIDECAR_RETURN_IF_ERROR(Delete(kept_.front()));
    kept_.erase(kept_.begin());
  }
  WriteState(kept_, false);
  return {};
}

Status Training::Execute(const std::vector<std::string>& words) {
  const std::string& verb = words.front();
  const auto need = [&](std::size_t count) {
    return words.size() > count
               ? Status()
               : Wrong(verb + ": expected " + std::to_string(count) + " or more words after it");
  };
  if (verb == "mkdir") return fs_.CreateDirectories(directory_);
  if (verb == "publish" || verb == "write" || verb == "delete" || verb == "names" ||
      verb == "remove" || verb == "state") {
    SIDECAR_RETURN_IF_ERROR(need(1));
  }
  if (verb == "publish") return Publish(words);
  if (verb == "write") return Write(words);
  if (verb == "remove") return fs_.Remove(Path(words[1]));
  if (verb == "delete") return Delete(words[1]);
  if (verb == "names") {
    kept_.assign(words.begin() + 1, words.end());
    WriteState(kept_, false);
    return {};
  }
  if (verb == "state") {
    WriteFile(Path("checkpoint"), words[1], words.size() > 2 && words[2] == "in-place");
    return {};
  }
  if (verb == "file") {
    SIDECAR_RETURN_IF_ERROR(need(2));
    fs_.Write(words[1].starts_with('/') ? words[1] : Path(words[1]), words[2]);
    return {};
  }
  return {StatusCode::kNotFound, "unknown command " + verb};
}

}  // namespace sidecar::scenarios
