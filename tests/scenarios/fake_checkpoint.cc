#include "scenarios/fake_checkpoint.h"

#include <fmt/format.h>

#include <sstream>
#include <utility>

#include "base/status_macros.h"

namespace sidecar::scenarios {
namespace {

constexpr std::string_view kMagic = "fake-checkpoint";
constexpr std::uint64_t kMaxBytes = 1 << 20;

std::string ShardName(std::size_t shard, std::size_t shards) {
  return fmt::format(".data-{:05d}-of-{:05d}", shard, shards);
}

std::string ShardContent(const FakeContent& content, std::size_t shard) {
  return fmt::format("values {} of shard {}\n", content.content, shard);
}

Result<FakeContent> ParseIndex(const std::string& path, const std::string& text) {
  if (!text.ends_with("end\n")) {
    return Status(StatusCode::kUnavailable,
                  fmt::format("{}: {} bytes without a footer, still being written or cut off", path,
                              text.size()));
  }
  std::istringstream stream(text);
  std::string magic;
  std::string step;
  FakeContent content;
  stream >> magic >> content.content >> content.value >> step >> content.shards >> content.fits;
  if (!stream || magic != kMagic || content.shards > 9) {
    return Status(StatusCode::kDataLoss, path + ": not an index (bad magic number)");
  }
  if (step != "none") content.step = std::stoll(step);
  return content;
}

class FakeSource final : public checkpoint::VariableSource {
 public:
  FakeSource(std::string prefix, FakeContent content,
             std::vector<std::unique_ptr<base::ReadableFile>> shards, const FakeHook& hook)
      : prefix_(std::move(prefix)),
        content_(std::move(content)),
        shards_(std::move(shards)),
        hook_(hook) {}

  Result<std::vector<Tensor>> Read(std::span<const checkpoint::VariableRequest> requests) override {
    hook_("read", prefix_);
    for (std::size_t i = 0; i < shards_.size(); ++i) {
      SIDECAR_ASSIGN_OR_RETURN(const std::string text, base::ReadWholeFile(*shards_[i], kMaxBytes));
      if (text != ShardContent(content_, i)) {
        return Status(StatusCode::kDataLoss,
                      shards_[i]->path() + ": Checksum does not match at offset 0");
      }
    }
    if (!content_.fits) {
      return Status(StatusCode::kFailedPrecondition,
                    prefix_ + ": does not fit the model: 1 of 1 variables is missing",
                    {"missing: dense/kernel [1]"});
    }
    std::vector<Tensor> values;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      SIDECAR_ASSIGN_OR_RETURN(
          values.emplace_back(),
          Tensor::FromValues<float>(Shape{1}, {static_cast<float>(content_.value)}));
    }
    return values;
  }
  Result<std::optional<std::int64_t>> ReadStep() override { return content_.step; }
  [[nodiscard]] std::string digest() const override { return content_.content; }

 private:
  std::string prefix_;
  FakeContent content_;
  std::vector<std::unique_ptr<base::ReadableFile>> shards_;
  const FakeHook& hook_;
};

}  // namespace

std::vector<std::pair<std::string, std::string>> FakeFiles(const FakeContent& content) {
  std::vector<std::pair<std::string, std::string>> files;
  for (std::size_t i = 0; i < content.shards; ++i) {
    files.emplace_back(ShardName(i, content.shards), ShardContent(content, i));
  }
  files.emplace_back(
      ".index", fmt::format("{} {} {} {} {} {:d} end\n", kMagic, content.content, content.value,
                            content.step ? std::to_string(*content.step) : "none", content.shards,
                            content.fits));
  return files;
}

Result<std::unique_ptr<checkpoint::VariableSource>> OpenFakeCheckpoint(base::FileSystem& fs,
                                                                       const std::string& prefix,
                                                                       const FakeHook& hook) {
  hook("open", prefix);
  const std::string index_path = prefix + ".index";
  SIDECAR_ASSIGN_OR_RETURN(const std::string index, base::ReadWholeFile(fs, index_path, kMaxBytes));
  SIDECAR_ASSIGN_OR_RETURN(FakeContent content, ParseIndex(index_path, index));
  std::vector<std::unique_ptr<base::ReadableFile>> shards;
  for (std::size_t i = 0; i < content.shards; ++i) {
    const std::string path = prefix + ShardName(i, content.shards);
    Result<std::unique_ptr<base::ReadableFile>> shard = fs.OpenForRead(path);
    if (!shard.ok() && shard.status().code() == StatusCode::kNotFound) {
      return Status(StatusCode::kUnavailable, shard.status().message());
    }
    if (!shard.ok()) return shard.status();
    SIDECAR_ASSIGN_OR_RETURN(const base::FileInfo info, (*shard)->Stat());
    if (info.size < ShardContent(content, i).size()) {
      return Status(StatusCode::kUnavailable, path + ": is shorter than the index says");
    }
    shards.push_back(std::move(*shard));
  }
  return std::unique_ptr<checkpoint::VariableSource>(
      std::make_unique<FakeSource>(prefix, std::move(content), std::move(shards), hook));
}

}  // namespace sidecar::scenarios
