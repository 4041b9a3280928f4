// The files and folders that a configuration names, and whether two names are one file. What lies
// there is never written over by a command, and no two keys may share it. Looks at the disk;
// changes nothing; any thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "node/config/config.h"

namespace testamur::node {

struct NamedFile {
  std::string key;  // as "keys.consensus"
  std::filesystem::path path;
};
// The configuration itself first; empty paths are left out. A key that waits for its turn
// (`<file>.next`) counts as well.
std::vector<NamedFile> named_files(const NodeConfig& config);

// Whether two paths lead to one file, by links or by two names of it; also where nothing is yet.
bool is_same_file(const std::filesystem::path& one, const std::filesystem::path& other);
// Whether a path is the folder or lies in it.
bool is_inside(const std::filesystem::path& path, const std::filesystem::path& folder);

// A sentence for every two keys of which one would destroy what the other names.
std::vector<std::string> file_clashes(const NodeConfig& config);

}  // namespace testamur::node
