// The list of keys below is the only one: the file that `testamurd init` writes, the defaults and
// the check for unknown keys follow it. Mistakes are collected with their lines while reading goes
// on, so that an operator is told all of them at once; a configuration with any mistake is not
// used.
#include "node/config/config.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

#include "common/access.h"
#include "common/address.h"
#include "files/paths.h"
#include "files/toml_reader.h"
#include "node/config/policy_section.h"
#include "node/log/log.h"

namespace testamur::node {
namespace {

constexpr ConfigKey kKeys[] = {
    {"node", "institution", "\"\"",
     "The institution that this node belongs to (tmi1...). Must be there. Empty: an observer that "
     "belongs to nobody, with keys.consensus = \"\" as well."},
    {"node", "data_dir", "\"data\"",
     "Where the store and the consensus journal live. Relative paths start at this file's "
     "directory."},
    {"node", "genesis", "\"genesis.bin\"", "The genesis record of the ledger to follow."},
    {"keys", "consensus", "\"keys/consensus.key\"",
     "The validator's voting key. It belongs to this node and its journal: never copy it to a "
     "second machine. "
     "Empty: a node that only follows."},
    {"keys", "transport", "\"keys/transport.key\"",
     "The key of this node's connections to its peers."},
    {"peers", "listen", "\"127.0.0.1:7600\"",
     "Where other nodes connect. Empty: only outgoing connections."},
    {"api", "listen", "\"127.0.0.1:7601\"", "The gRPC API for wallets, issuers and verifiers."},
    {"api", "tls", "\"auto\"",
     "auto: off on loopback addresses, on elsewhere. on, off: always, never."},
    {"api", "certificate", "\"\"", "PEM chain for TLS; needed when TLS is on."},
    {"api", "private_key", "\"\"",
     "PEM key of the certificate; closed to all but its owner and its group."},
    {"api", "max_message_bytes", "4194304", "The largest request that is read."},
    {"api", "rate_per_second", "0",
     "Calls a second that one address (IPv6: one /64) may make (docs/limits.md). 0: 200, and no "
     "limit on loopback."},
    {"api", "rate_burst", "2000",
     "Calls that one address may make at once before the rate counts."},
    {"api", "max_connections", "512",
     "Connections at once, of one address a quarter of them (on loopback all). Fewer where few "
     "files may be open."},
    {"api", "admin_socket", "\"admin.sock\"",
     "Unix socket of the operator's API, readable by the owner only. Empty: none."},
    {"metrics", "listen", "\"\"",
     "Prometheus text metrics over HTTP, for example 127.0.0.1:7602. Empty: none."},
    {"log", "level", "\"info\"", "trace, debug, info, warn or error."},
    {"log", "format", "\"logfmt\"", "logfmt or json."},
    {"log", "file", "\"\"",
     "Empty: standard error. Its folder must be there, and what is there must be a log."},
    {"mempool", "max_bytes", "134217728", "Transactions that wait take at most this much memory."},
    {"mempool", "max_transactions", "200000", "At most this many transactions wait."},
    {"mempool", "max_per_author", "100000", "At most this many of one institution wait."},
    {"chain", "block_bytes", "2097152",
     "The largest block that this node proposes; the ledger's own limit counts as well."},
    {"chain", "base_timeout_ms", "250",
     "Base of the view timers. All validators of a ledger should use the same."},
    {"chain", "verify_threads", "0",
     "Threads that verify signatures. 0: one for each processor, at most 4."},
    {"store", "cache_bytes", "134217728", "Memory for blocks of the database."},
    {"decisions", "viewpoints", "[]",
     "Institutions (tmi1...) for which this node keeps tables of decisions beside its own, by its "
     "own policy."},
    {"decisions", "files", "16",
     "How many files of counted decisions are kept (docs/operating.md). 0: none are written."},
    {"decisions", "file_bytes", "8388608",
     "A file of counted decisions that is as large is followed by the next."},
    {"policy", "preset", "\"friends\"",
     "Whose awards the institution accepts. friends; strict: only whom it trusts itself; "
     "accredited: friends and an "
     "agency."},
    {"policy", "threshold", "120", "The trust that must arrive: 120 is one full statement."},
    {"policy", "independent_paths", "1",
     "How many chains without a common institution must exist."},
    {"policy", "path_floor", "40",
     "The least amount of a statement that counts as part of an independent path (1 to 120)."},
    {"policy", "ceilings", "[]",
     "How much one chain of one, two, three statements may carry; -1: no ceiling. Empty: as the "
     "preset says."},
    {"policy", "vetoers", "[]", "Institutions (tmi1...) whose distrust blocks as well."},
    {"policy", "veto_quorum", "1",
     "How many of the vetoers must distrust an institution to block it."},
    {"policy", "governs", "\"anchor\"",
     "Which time decides: anchor (when the ledger took the credential in), today, or both."},
    {"policy", "max_anchor_lag_days", "0",
     "How long after the claimed award an issuer may anchor it. 0: the claimed date does not "
     "count."},
    {"policy", "follow_successors_days", "730",
     "How long trust in a closed institution passes to its heir."},
    {"policy", "separate_assessor", "false",
     "Who teaches and who assesses must differ and have no common parent."},
    {"policy", "joint", "\"all\"",
     "Which awarding bodies of a joint award must be accepted: all, or any one of them."},
    {"policy", "salt", "\"\"",
     "64 hexadecimal digits that keep [[policy.statement]] unguessable: docs/formats/policy.md."},
};

constexpr std::string_view kPeerComment =
    "# [[peer]] for every node to connect to. pin: SHA-256 of its transport key's SPKI in hex; "
    "without it the\n"
    "# transport keys that the ledger lists for the institution count.\n"
    "#\n"
    "# [[peer]]\n"
    "# institution = \"tmi1...\"\n"
    "# address = \"node.example.org:7600\"\n"
    "# pin = \"...\"\n";

std::string default_text(std::string_view section, std::string_view name) {
  for (const auto& key : kKeys) {
    if (key.section == section && key.name == name) {
      auto value = std::string(key.value);
      return value.size() >= 2 && value.front() == '"' ? value.substr(1, value.size() - 2) : value;
    }
  }
  TM_CHECK(false, "no such configuration key:", section, name);
  return {};
}

// One section of the file; asks for each key's default by its name.
class Section {
 public:
  Section(const toml::table& root, std::string_view name, TomlErrors& errors)
      : name_(name), reader_(find(root, name, errors), std::string(name), errors) {
    check_known(errors, root);
  }
  std::string text(std::string_view key) const {
    return reader_.text(key, default_text(name_, key));
  }
  std::string path(std::string_view key) const {
    auto path = text(key);
    if (const auto slip = home_slip(path); !slip.empty()) reader_.mistake(key, "is " + slip);
    return path;
  }
  std::uint64_t number(std::string_view key, std::uint64_t low, std::uint64_t high) const {
    return reader_.number(key, std::stoull(default_text(name_, key)), low, high);
  }
  const TomlReader& reader() const { return reader_; }

 private:
  static const toml::table& find(const toml::table& root, std::string_view name,
                                 TomlErrors& errors) {
    static const toml::table kEmpty;
    const auto* found = TomlReader(root, "", errors).table(name);
    return found != nullptr ? *found : kEmpty;
  }
  void check_known(TomlErrors& errors, const toml::table& root) const {
    const auto* table = root.get_as<toml::table>(name_);
    if (table == nullptr) return;
    for (const auto& [key, node] : *table) {
      const std::string_view name = key.str();
      const bool known = std::any_of(std::begin(kKeys), std::end(kKeys), [&](const ConfigKey& k) {
        return k.section == name_ && k.name == name;
      });
      if (!known)
        errors.add(&node, std::string(name_) + "." + std::string(key.str()), "is not a known key");
    }
  }

  std::string_view name_;
  TomlReader reader_;
};

void check_address(const TomlReader& reader, std::string_view key, const std::string& address) {
  if (!parse_host_port(address).ok()) {
    reader.mistake(key, "must be host:port or [v6]:port, for example 127.0.0.1:7600, and is \"" +
                            address + "\"");
  }
}

// Of what may be empty.
void check_address(const Section& section, std::string_view key, const std::string& address) {
  if (!address.empty()) check_address(section.reader(), key, address);
}

void read_node(const toml::table& root, TomlErrors& errors, NodeConfig& config) {
  const Section node(root, "node", errors);
  config.institution = node.reader().parsed<InstitutionId>("institution", parse_institution_id);
  config.data_dir = node.path("data_dir");
  config.genesis = node.path("genesis");
  if (config.data_dir.empty())
    node.reader().mistake("data_dir", "is empty: name the folder of store and votes, as \"data\"");
  if (config.genesis.empty())
    node.reader().mistake("genesis", "is empty: name the record to follow, as \"genesis.bin\"");

  const Section keys(root, "keys", errors);
  config.consensus_key = keys.path("consensus");
  config.transport_key = keys.path("transport");

  const Section metrics(root, "metrics", errors);
  config.metrics_listen = metrics.text("listen");
  check_address(metrics, "listen", config.metrics_listen);

  const Section log(root, "log", errors);
  config.log_level = log.text("level");
  if (!log_level_from(config.log_level))
    log.reader().mistake("level", "must be trace, debug, info, warn or error");

  config.log_format = log.text("format");
  if (config.log_format != "logfmt" && config.log_format != "json") {
    log.reader().mistake("format", "must be logfmt or json");
  }

  config.log_file = log.path("file");
}

void read_api(const toml::table& root, TomlErrors& errors, ApiConfig& api) {
  const Section section(root, "api", errors);
  api.listen = section.text("listen");
  check_address(section.reader(), "listen", api.listen);

  auto tls = section.text("tls");
  if (tls == "auto") {
    api.tls = TlsMode::kAuto;
  } else if (tls == "on" || tls == "off") {
    api.tls = tls == "on" ? TlsMode::kOn : TlsMode::kOff;
  } else {
    section.reader().mistake("tls", "must be auto, on or off");
  }

  api.certificate = section.path("certificate");
  api.private_key = section.path("private_key");

  // Said at the start of the node, not by the first caller that cannot shake hands.
  if (api.tls == TlsMode::kOn && (api.certificate.empty() || api.private_key.empty())) {
    section.reader().mistake("tls", "is on: certificate and private_key must be given");
  }

  api.max_message_bytes = section.number("max_message_bytes", 65536, 64u << 20);
  api.rate_per_second = section.number("rate_per_second", 0, 10'000'000);
  api.rate_burst = section.number("rate_burst", 1, 10'000'000);
  api.max_connections = section.number("max_connections", 8, 30'000);
  api.admin_socket = section.path("admin_socket");
}

std::optional<Hash256> read_pin(const TomlReader& reader) {
  auto pin = reader.text("pin", "");
  if (pin.empty()) return std::nullopt;
  auto bytes = from_hex(pin);
  auto hash = bytes ? Hash256::from(*bytes) : std::nullopt;
  if (!hash) reader.mistake("pin", "must be 64 hexadecimal digits");
  return hash;
}

void read_peers(const toml::table& root, TomlErrors& errors, NodeConfig& config) {
  const Section section(root, "peers", errors);
  config.peer_listen = section.text("listen");
  check_address(section, "listen", config.peer_listen);

  for (const auto* table : TomlReader(root, "", errors).tables("peer")) {
    const TomlReader reader(*table, "peer", errors);
    reader.only({"institution", "address", "pin"});
    PeerEntry peer;

    auto institution = reader.parsed<InstitutionId>("institution", parse_institution_id);
    // A wrong id was told by parsed(); only one that is missing is left to tell.
    if (institution) {
      peer.institution = *institution;
    } else if (!reader.has("institution")) {
      reader.mistake("institution", "is missing");
    }

    peer.address = reader.text("address", "");
    check_address(reader, "address", peer.address);
    // It would be tried for ever.
    const auto problem = dialling_problem(peer.address);
    if (problem && parse_host_port(peer.address).ok()) reader.mistake("address", *problem);
    peer.pin = read_pin(reader);
    config.peers.push_back(std::move(peer));
  }

  // An empty key stands in a [keys] that is there.
  const bool connects = !config.peer_listen.empty() || !config.peers.empty();
  const auto* keys = root.get_as<toml::table>("keys");
  if (connects && config.transport_key.empty() && keys != nullptr) {
    TomlReader(*keys, "keys", errors)
        .mistake("transport",
                 "is empty, and the node connects to others: name its key file, as "
                 "\"keys/transport.key\"");
  }
}

void read_limits(const toml::table& root, TomlErrors& errors, NodeConfig& config) {
  const Section mempool(root, "mempool", errors);
  config.mempool_bytes = mempool.number("max_bytes", 1 << 20, std::uint64_t{1} << 40);
  config.mempool_transactions = mempool.number("max_transactions", 16, 100'000'000);
  config.mempool_per_issuer = mempool.number("max_per_author", 16, 100'000'000);
  const Section chain(root, "chain", errors);
  config.block_bytes = chain.number("block_bytes", 65536, 2 << 20);
  config.base_timeout_ms = chain.number("base_timeout_ms", 10, 8000);
  config.verify_threads = chain.number("verify_threads", 0, 256);
  const Section store(root, "store", errors);
  config.store_cache_bytes = store.number("cache_bytes", 1 << 20, std::uint64_t{1} << 40);
}

void read_decisions(const toml::table& root, TomlErrors& errors, NodeConfig& config) {
  const Section section(root, "decisions", errors);
  for (const auto& text : section.reader().texts("viewpoints")) {
    auto id = parse_institution_id(text);
    if (!id.ok()) section.reader().mistake("viewpoints", id.message());
    if (id.ok()) config.decision_viewpoints.push_back(*id);
  }
  if (config.decision_viewpoints.size() > 100)
    section.reader().mistake("viewpoints", "must be at most 100");
  config.decision_files = section.number("files", 0, 10'000);
  config.decision_file_bytes = section.number("file_bytes", 65536, std::uint64_t{1} << 30);
}

void make_absolute(NodeConfig& config) {
  auto base = whole_path(config.file).parent_path();
  for (auto* path : {&config.data_dir, &config.genesis, &config.consensus_key,
                     &config.transport_key, &config.api.certificate, &config.api.private_key,
                     &config.api.admin_socket, &config.log_file}) {
    if (!path->empty() && path->is_relative()) *path = base / *path;
  }
}

}  // namespace

const std::span<const ConfigKey> kConfigKeys = kKeys;

std::filesystem::path journal_directory(const std::filesystem::path& data) {
  return data / "journal";
}
std::filesystem::path store_directory(const std::filesystem::path& data) { return data / "store"; }
std::filesystem::path decisions_directory(const std::filesystem::path& data) {
  return data / "decisions";
}

std::string default_of(std::string_view key) {
  const auto dot = key.find('.');
  TM_CHECK(dot != std::string_view::npos, "no section in", key);
  return default_text(key.substr(0, dot), key.substr(dot + 1));
}

std::string config_text(std::span<const std::pair<std::string, std::string>> values) {
  std::string out =
      "# Configuration of testamurd. Every key is here with its default; docs/operating.md says "
      "more.\n";
  std::string_view section;

  for (const auto& key : kKeys) {
    if (key.section != section) {
      section = key.section;
      out += "\n[" + std::string(section) + "]\n";
    }

    auto full = std::string(key.section) + "." + std::string(key.name);
    std::string value(key.value);
    for (const auto& [name, replacement] : values) {
      if (name == full) value = replacement;
    }

    out += "# " + std::string(key.comment) + "\n" + std::string(key.name) + " = " + value + "\n";
  }
  return out + "\n" + std::string(kPeerComment);
}

namespace {

// In the order of the file's tables, which is that of their names.
std::vector<std::pair<std::string, std::string>> values_of(const toml::table& root) {
  std::vector<std::pair<std::string, std::string>> values;
  const auto add = [&values](std::string name, const toml::node& node) {
    std::ostringstream text;
    node.visit([&text](const auto& each) { text << each; });
    values.emplace_back(std::move(name), text.str());
  };

  for (const auto& [section, node] : root) {
    const auto* table = node.as_table();
    if (table == nullptr) add(std::string(section.str()), node);
    if (table == nullptr) continue;
    for (const auto& [key, value] : *table)
      add(std::string(section.str()) + "." + std::string(key.str()), value);
  }
  return values;
}

// Whose node it is has no default: a file that was emptied, or of which the disk kept the half,
// would else make an observer of nobody out of a validator.
Status check_says_who(const toml::table& root, const std::filesystem::path& file) {
  if (root.empty()) {
    return error("the configuration file " + file.string() +
                 " says nothing: it is empty. Put back what testamurd init wrote");
  }
  if (root["node"]["institution"]) return {};
  return error(file.string() +
               ": node.institution: is missing. Write the institution that this node belongs to "
               "(tmi1...), or \"\" for a node that only follows and belongs to nobody");
}

Result<NodeConfig> read_config(const toml::table& root, const std::filesystem::path& file) {
  TomlErrors errors(file.string());
  NodeConfig config;
  config.file = file;
  config.values = values_of(root);
  // A section that nobody knows is mostly a misspelt one, whose defaults would be used in silence.
  TomlReader(root, "", errors)
      .only({"node", "keys", "peers", "peer", "api", "metrics", "log", "mempool", "chain", "store",
             "decisions", "policy"});

  read_node(root, errors, config);
  read_api(root, errors, config.api);
  read_peers(root, errors, config);
  read_limits(root, errors, config);
  read_decisions(root, errors, config);
  config.policy = read_policy_section(root, errors);
  make_absolute(config);
  if (!errors.empty()) return errors.take();
  return config;
}

// The whole text of a regular file: a folder reads as an empty one, and a pipe not twice.
Result<std::string> read_config_file(const std::filesystem::path& file) {
  std::error_code failure;
  const auto kind = std::filesystem::status(file, failure);
  if (std::filesystem::exists(kind) && !std::filesystem::is_regular_file(kind)) {
    const bool folder = std::filesystem::is_directory(kind);
    return error("the configuration " + file.string() + " is " +
                 (folder ? "a folder: name the file in it, testamurd.toml" : "no regular file"));
  }

  std::ifstream in(file);
  const int refused = in ? 0 : errno;
  const std::string cause = refused == 0 ? "" : std::strerror(refused);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  if (in) return text.str();
  // An empty file gives nothing to copy, and that counts as a failure of the copy.
  if (in.is_open() && !in.bad() && text.str().empty()) return std::string();
  const auto cure = access_cure(refused, file.string());
  return error("the configuration file " + file.string() + " cannot be read" +
               (cause.empty() ? "" : ": " + cause) +
               (cure.empty() ? "; testamurd init writes one" : cure));
}

}  // namespace

Result<NodeConfig> parse_config(std::string_view text, const std::filesystem::path& file) {
  TM_TRY(const auto root, parse_toml(text, file.string()));
  return read_config(root, file);
}

std::string changed_keys(const NodeConfig& before, const NodeConfig& after) {
  std::map<std::string, std::pair<std::string, std::string>> values;
  for (const auto& [key, value] : before.values) values[key].first = value;
  for (const auto& [key, value] : after.values) values[key].second = value;

  std::string keys;
  for (const auto& [key, value] : values) {
    if (key == "peer" || value.first == value.second) continue;
    keys += (keys.empty() ? "" : ", ") + key;
  }
  return keys;
}

Result<NodeConfig> load_config(const std::filesystem::path& file) {
  TM_TRY(const auto text, read_config_file(file));
  TM_TRY(const auto root, parse_toml(text, file.string()));
  TM_TRY(auto config, read_config(root, file));
  TM_TRY_STATUS(check_says_who(root, file));
  return config;
}

}  // namespace testamur::node
