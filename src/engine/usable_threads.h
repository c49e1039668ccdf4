// How many CPUs this process may use.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/file_system.h"

namespace sidecar::engine {

/// The CPUs that the cgroup's quota is worth, or nothing where there is none. Reads cgroup v2's
/// cpu.max of the process's group and all groups above it (the least counts), or cgroup v1's
/// cpu.cfs_quota_us and cpu.cfs_period_us. `cgroup_of_process` is the content of /proc/self/cgroup.
std::optional<double> CgroupCpus(base::FileSystem& fs, std::string_view cgroup_of_process,
                                 const std::string& cgroup_root = "/sys/fs/cgroup");

}  // namespace sidecar::engine
