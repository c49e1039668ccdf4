#include "base/file_system.h"

#include <algorithm>

#include "base/status_macros.h"

namespace sidecar::base {

Result<std::string> ReadWholeFile(const ReadableFile& file, std::uint64_t max_bytes) {
  SIDECAR_ASSIGN_OR_RETURN(FileInfo info, file.Stat());
  if (info.size > max_bytes) {
    return Status(StatusCode::kDataLoss, file.path() + ": " + std::to_string(info.size) +
                                             " bytes, at most " + std::to_string(max_bytes) +
                                             " are read from a file of this kind");
  }
  std::string content(info.size, '\0');
  SIDECAR_ASSIGN_OR_RETURN(std::size_t count,
                           file.ReadAt(0, std::as_writable_bytes(std::span(content))));
  content.resize(count);
  return content;
}

Result<std::string> ReadWholeFile(FileSystem& fs, const std::string& path,
                                  std::uint64_t max_bytes) {
  SIDECAR_ASSIGN_OR_RETURN(std::unique_ptr<ReadableFile> file, fs.OpenForRead(path));
  return ReadWholeFile(*file, max_bytes);
}

Status WriteFileAtomically(FileSystem& fs, const std::string& path, std::string_view content) {
  const std::string temporary = path + ".tmp";
  if (fs.Stat(temporary).ok())
    SIDECAR_RETURN_IF_ERROR(fs.Remove(temporary));  // left over from a killed process
  {
    SIDECAR_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file, fs.CreateNew(temporary));
    SIDECAR_RETURN_IF_ERROR(file->Append(std::as_bytes(std::span(content))));
  }
  return fs.Rename(temporary, path);
}

std::string JoinPath(std::string_view directory, std::string_view name) {
  if (directory.empty() || (!name.empty() && name.front() == '/')) return std::string(name);
  std::string path(directory);
  if (path.back() != '/') path += '/';
  path += name;
  return path;
}

std::string_view BaseName(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view DirectoryName(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return slash == 0 ? path.substr(0, 1) : path.substr(0, slash);
}

}  // namespace sidecar::base
