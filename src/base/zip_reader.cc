#include "base/zip_reader.h"

#include <fmt/format.h>
#include <zip.h>

#include <algorithm>
#include <utility>

#include "base/buffer_file.h"
#include "base/status_macros.h"

namespace sidecar::base {
namespace {

constexpr std::size_t kVerifyBlock = std::size_t{64} << 10U;

/// What libzip reads through: a ReadableFile as a zip_source. `failure` keeps the file's own error,
/// which libzip would reduce to a number.
struct FileSource {
  std::shared_ptr<const ReadableFile> file;
  std::uint64_t size = 0;
  std::uint64_t position = 0;
  Status failure;
  zip_error_t error{};
};

zip_int64_t ReadFromFile(FileSource& source, void* data, zip_uint64_t length) {
  auto count = source.file->ReadAt(source.position, {static_cast<std::byte*>(data), length});
  if (!count.ok()) {
    source.failure = count.status();
    zip_error_set(&source.error, ZIP_ER_READ, 0);
    return -1;
  }
  source.position += *count;
  return static_cast<zip_int64_t>(*count);
}

zip_int64_t SeekInFile(FileSource& source, void* data, zip_uint64_t length) {
  const zip_int64_t target =
      zip_source_seek_compute_offset(source.position, source.size, data, length, &source.error);
  if (target < 0) return -1;
  source.position = static_cast<std::uint64_t>(target);
  return 0;
}

zip_int64_t StatFile(FileSource& source, void* data, zip_uint64_t length) {
  auto* stat = ZIP_SOURCE_GET_ARGS(zip_stat_t, data, length, &source.error);
  if (stat == nullptr) return -1;
  zip_stat_init(stat);
  stat->size = source.size;
  stat->valid = ZIP_STAT_SIZE;
  return static_cast<zip_int64_t>(sizeof(*stat));
}

// The zip_source callback (zip_source_function(3)).
zip_int64_t SourceCallback(void* user, void* data, zip_uint64_t length, zip_source_cmd_t command) {
  auto& source = *static_cast<FileSource*>(user);
  switch (command) {
    case ZIP_SOURCE_OPEN:
      source.position = 0;
      return 0;
    case ZIP_SOURCE_READ:
      return ReadFromFile(source, data, length);
    case ZIP_SOURCE_SEEK:
      return SeekInFile(source, data, length);
    case ZIP_SOURCE_TELL:
      return static_cast<zip_int64_t>(source.position);
    case ZIP_SOURCE_STAT:
      return StatFile(source, data, length);
    case ZIP_SOURCE_ERROR:
      return zip_error_to_data(&source.error, data, length);
    case ZIP_SOURCE_SUPPORTS:
      return zip_source_make_command_bitmap(
          ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR,
          ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, ZIP_SOURCE_SUPPORTS, -1);
    case ZIP_SOURCE_CLOSE:
    case ZIP_SOURCE_FREE:
      return 0;
    default:
      zip_error_set(&source.error, ZIP_ER_OPNOTSUPP, 0);
      return -1;
  }
}

}  // namespace

struct ZipReader::Archive {
  FileSource source;
  zip_t* handle = nullptr;

  Archive() { zip_error_init(&source.error); }
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;
  ~Archive() {
    if (handle != nullptr) zip_discard(handle);
    zip_error_fini(&source.error);
  }

  /// The file's error if it had one, else kDataLoss with libzip's text.
  [[nodiscard]] Status Failure(std::string_view member, const char* text) const {
    if (!source.failure.ok()) return source.failure;
    return {StatusCode::kDataLoss,
            fmt::format("{}: ZIP member '{}': {}", source.file->path(), member, text)};
  }

  Status Open(std::shared_ptr<const ReadableFile> file) {
    source.file = std::move(file);
    SIDECAR_ASSIGN_OR_RETURN(FileInfo info, source.file->Stat());
    source.size = info.size;
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* raw = zip_source_function_create(&SourceCallback, &source, &error);
    if (raw != nullptr) handle = zip_open_from_source(raw, ZIP_RDONLY, &error);
    Status status;
    if (handle == nullptr) {
      status = source.failure.ok()
                   ? Status(StatusCode::kDataLoss,
                            fmt::format("{}: not a sound ZIP archive: {}", source.file->path(),
                                        zip_error_strerror(&error)))
                   : source.failure;
      if (raw != nullptr) zip_source_free(raw);
    }
    zip_error_fini(&error);
    return status;
  }
};

ZipReader::ZipReader(std::shared_ptr<const ReadableFile> file, std::vector<ZipMember> members,
                     std::unique_ptr<Archive> archive)
    : file_(std::move(file)), members_(std::move(members)), archive_(std::move(archive)) {}

ZipReader::~ZipReader() = default;

Result<std::unique_ptr<ZipReader>> ZipReader::Open(std::shared_ptr<const ReadableFile> file,
                                                   const ZipLimits& limits) {
  SIDECAR_ASSIGN_OR_RETURN(std::vector<ZipMember> members, ReadZipDirectory(*file, limits));
  auto archive = std::make_unique<Archive>();
  SIDECAR_RETURN_IF_ERROR(archive->Open(file));
  std::unique_ptr<ZipReader> reader(
      new ZipReader(std::move(file), std::move(members), std::move(archive)));
  SIDECAR_RETURN_IF_ERROR(reader->CheckLibzipAgrees());
  return reader;
}

Result<std::unique_ptr<ZipReader>> ZipReader::Open(FileSystem& file_system, const std::string& path,
                                                   const ZipLimits& limits) {
  SIDECAR_ASSIGN_OR_RETURN(std::unique_ptr<ReadableFile> file, file_system.OpenForRead(path));
  return Open(std::shared_ptr<const ReadableFile>(std::move(file)), limits);
}

Result<std::unique_ptr<ZipReader>> ZipReader::Open(std::span<const std::byte> bytes,
                                                   std::string name, const ZipLimits& limits) {
  return Open(std::make_shared<BufferFile>(std::move(name), bytes, nullptr), limits);
}

// Two readers that understand one archive differently are how checks are got around, so both must
// see the same members.
Status ZipReader::CheckLibzipAgrees() {
  const zip_int64_t count = zip_get_num_entries(archive_->handle, 0);
  bool agrees = std::cmp_equal(count, members_.size());
  for (std::size_t i = 0; agrees && i < members_.size(); ++i) {
    zip_stat_t stat;
    zip_stat_init(&stat);
    const ZipMember& member = members_[i];
    agrees = zip_stat_index(archive_->handle, i, ZIP_FL_ENC_RAW, &stat) == 0 &&
             member.name == stat.name && stat.size == member.size &&
             stat.comp_size == member.compressed_size && stat.crc == member.crc32 &&
             stat.comp_method == static_cast<std::uint16_t>(member.method);
  }
  if (agrees) return {};
  if (!archive_->source.failure.ok()) return archive_->source.failure;
  return {StatusCode::kDataLoss,
          file_->path() + ": not a sound ZIP archive: its directory can be read in two ways"};
}

const ZipMember* ZipReader::Find(std::string_view name) const {
  const auto found = std::ranges::find(members_, name, &ZipMember::name);
  return found == members_.end() ? nullptr : &*found;
}

Status ZipReader::ReadAll(const ZipMember& member, std::span<std::byte> buffer, bool keep) {
  zip_file_t* file = zip_fopen_index(archive_->handle, member.index, 0);
  if (file == nullptr) return archive_->Failure(member.name, zip_strerror(archive_->handle));
  std::uint64_t done = 0;
  zip_int64_t count = 0;
  while (done < member.size) {
    const std::span<std::byte> part =
        keep ? buffer.subspan(done)
             : buffer.first(std::min<std::uint64_t>(buffer.size(), member.size - done));
    count = zip_fread(file, part.data(), part.size());
    if (count <= 0) break;
    done += static_cast<std::uint64_t>(count);
  }
  // libzip compares CRC and size when it meets the end, which takes one more read.
  std::byte extra{};
  if (count >= 0 && done == member.size) count = zip_fread(file, &extra, 1);
  Status status;
  if (count < 0) {
    status = archive_->Failure(member.name, zip_file_strerror(file));
  } else if (done != member.size || count > 0) {
    status =
        archive_->Failure(member.name, fmt::format("declares {} bytes and holds {}", member.size,
                                                   count > 0 ? "more" : fmt::format("{}", done))
                                           .c_str());
  }
  zip_fclose(file);
  return status;
}

Status ZipReader::ReadMember(const ZipMember& member, std::span<std::byte> out) {
  if (out.size() != member.size) {
    return {StatusCode::kInternal,
            fmt::format("{}: ZIP member '{}' has {} bytes, given room for {}", file_->path(),
                        member.name, member.size, out.size())};
  }
  return ReadAll(member, out, true);
}

Result<std::string> ZipReader::ReadMember(std::string_view name, std::uint64_t max_bytes) {
  const ZipMember* member = Find(name);
  if (member == nullptr) {
    return Status(StatusCode::kNotFound,
                  fmt::format("{}: there is no member '{}'", file_->path(), name));
  }
  if (member->size > max_bytes) {
    return Status(StatusCode::kDataLoss,
                  fmt::format("{}: ZIP member '{}' declares {} bytes, at most {} are allowed",
                              file_->path(), name, member->size, max_bytes));
  }
  std::string content(member->size, '\0');
  SIDECAR_RETURN_IF_ERROR(ReadAll(*member, std::as_writable_bytes(std::span(content)), true));
  return content;
}

Status ZipReader::VerifyMember(const ZipMember& member) {
  std::vector<std::byte> buffer(std::min<std::uint64_t>(kVerifyBlock, member.size));
  return ReadAll(member, buffer, false);
}

std::optional<ZipReader::Extent> ZipReader::StoredExtent(const ZipMember& member) const {
  if (member.method != ZipMethod::kStored) return std::nullopt;
  return Extent{member.data_offset, member.size};
}

}  // namespace sidecar::base
