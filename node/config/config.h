// The node's configuration: one TOML file, every key with a default and a comment.
//
// kConfigKeys is the only list of keys: the file that `testamurd init` writes, the check for
// unknown keys and docs/operating.md follow it. Pure functions over text; load_config reads a file.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/hash.h"
#include "common/ids.h"
#include "common/result.h"
#include "trust/policy.h"

namespace testamur::node {

struct PeerEntry {
  InstitutionId institution;
  std::string address;  // host:port
  std::optional<Hash256>
      pin;  // SHA-256 of its transport key's SPKI; absent: the registry's keys count
};

enum class TlsMode { kAuto, kOn, kOff };  // kAuto: off on loopback, on elsewhere

struct ApiConfig {
  std::string listen;
  TlsMode tls = TlsMode::kAuto;
  std::filesystem::path certificate;
  std::filesystem::path private_key;
  std::uint64_t max_message_bytes = 0;
  std::uint64_t rate_per_second = 0;  // calls a caller a second; 0: none on loopback, 200 elsewhere
  std::uint64_t rate_burst = 0;
  std::uint64_t max_connections = 0;
  std::filesystem::path admin_socket;
};

// Paths are absolute: relative ones are taken from the directory of the configuration file.
struct NodeConfig {
  std::filesystem::path file;
  // What the file says, "section.name" and TOML value, so that a later reading can be compared.
  std::vector<std::pair<std::string, std::string>> values;
  std::filesystem::path data_dir;
  std::filesystem::path genesis;
  std::optional<InstitutionId>
      institution;                      // absent: an observer that belongs to nobody on the ledger
  std::filesystem::path consensus_key;  // empty: the node only follows
  std::filesystem::path transport_key;
  std::string peer_listen;
  std::vector<PeerEntry> peers;
  ApiConfig api;
  std::string metrics_listen;  // empty: none
  std::string log_level;
  std::string log_format;
  std::filesystem::path log_file;  // empty: standard error
  std::uint64_t mempool_bytes = 0;
  std::uint64_t mempool_transactions = 0;
  std::uint64_t mempool_per_issuer = 0;
  std::uint64_t block_bytes = 0;
  std::uint64_t base_timeout_ms = 0;
  std::uint64_t verify_threads = 0;
  std::uint64_t store_cache_bytes = 0;
  std::vector<InstitutionId> decision_viewpoints;  // ascending; beside the institution's own
  std::uint64_t decision_file_bytes = 0;
  std::uint64_t decision_files = 0;  // 0: decisions are not logged
  trust::Policy
      policy;  // [policy], [[policy.accreditation]], [[policy.statement]]: docs/formats/policy.md
};

struct ConfigKey {
  std::string_view section;  // "" = top level
  std::string_view name;
  std::string_view value;  // the default, as TOML
  std::string_view comment;
};
extern const std::span<const ConfigKey> kConfigKeys;

// Where a node's data directory holds the vote store and the database.
std::filesystem::path journal_directory(const std::filesystem::path& data);
std::filesystem::path store_directory(const std::filesystem::path& data);
std::filesystem::path decisions_directory(const std::filesystem::path& data);

// The default of a key, "section.name", without quotes. Precondition: it is one of kConfigKeys.
std::string default_of(std::string_view key);

// A complete file of all keys with their comments; `values` replaces defaults by "section.name" ->
// TOML value.
std::string config_text(std::span<const std::pair<std::string, std::string>> values);

// The keys whose values differ, but for [[peer]], which a running node takes: "api.listen,
// log.level".
std::string changed_keys(const NodeConfig& before, const NodeConfig& after);

// Fails naming file, line and key of every mistake, one a line.
Result<NodeConfig> parse_config(std::string_view text, const std::filesystem::path& file);
// As that; and fails unless it is a regular file that says whose node it is (node.institution).
Result<NodeConfig> load_config(const std::filesystem::path& file);

}  // namespace testamur::node
