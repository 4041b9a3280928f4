#include "node/config/named_files.h"

#include <algorithm>

#include "files/paths.h"

namespace testamur::node {

namespace fs = std::filesystem;

namespace {

fs::path resolved(const fs::path& path) {
  std::error_code failure;
  const auto whole = fs::weakly_canonical(whole_path(path), failure);
  const auto& found = failure ? path : whole;
  // "data/" is the folder "data".
  return found.has_filename() ? found : found.parent_path();
}

// One PEM file may hold a certificate and its key.
bool may_share(const NamedFile& one, const NamedFile& other) {
  return one.key == "api.certificate" && other.key == "api.private_key";
}

}  // namespace

std::vector<NamedFile> named_files(const NodeConfig& config) {
  std::vector<NamedFile> all;
  const auto add = [&all](std::string key, const fs::path& path) {
    if (!path.empty()) all.push_back({std::move(key), path});
  };
  // A key that waits lies beside the one in use (docs/operating.md, "Leaving, and replacing").
  const auto add_key = [&add](const std::string& key, const fs::path& path) {
    add(key, path);
    if (!path.empty()) add(key + " (.next)", path.string() + ".next");
  };

  add("the configuration", config.file);
  add("node.data_dir", config.data_dir);
  add("node.genesis", config.genesis);
  add_key("keys.consensus", config.consensus_key);
  // What node/validator/vote_note.h keeps beside it.
  if (!config.consensus_key.empty())
    add("keys.consensus (.votes)", config.consensus_key.string() + ".votes");
  add_key("keys.transport", config.transport_key);
  add("api.certificate", config.api.certificate);
  add("api.private_key", config.api.private_key);
  add("api.admin_socket", config.api.admin_socket);
  add("log.file", config.log_file);
  return all;
}

bool is_same_file(const fs::path& one, const fs::path& other) {
  std::error_code failure;
  return fs::equivalent(one, other, failure) || resolved(one) == resolved(other);
}

bool is_inside(const fs::path& path, const fs::path& folder) {
  const auto inner = resolved(path);
  const auto outer = resolved(folder);
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

std::vector<std::string> file_clashes(const NodeConfig& config) {
  const auto files = named_files(config);
  std::vector<std::string> clashes;

  for (auto one = files.begin(); one != files.end(); ++one) {
    for (auto other = one + 1; other != files.end(); ++other) {
      if (may_share(*one, *other) || !is_same_file(one->path, other->path)) continue;
      clashes.push_back(one->key + " and " + other->key + " are one file, " + one->path.string() +
                        ": the node would write over it. Give each a path of its own");
    }

    // What the database and the journal find in their folders they take as theirs.
    for (const auto& folder :
         {store_directory(config.data_dir), journal_directory(config.data_dir)}) {
      if (one->key == "node.data_dir" || !is_inside(one->path, folder)) continue;
      clashes.push_back(one->key + " = " + one->path.string() + " lies in " + folder.string() +
                        ", which belongs to the node's data. Name a path outside");
    }
  }
  return clashes;
}

}  // namespace testamur::node
