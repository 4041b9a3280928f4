// `testamurd --dev`: a ledger of one node, for trying. It takes no port that something else has,
// and prints what to type next with a home of its own: a home trusts one ledger, and this is none
// that anybody should trust for longer than a try.
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>

#include "common/address.h"
#include "common/clock.h"
#include "files/paths.h"
#include "node/config/genesis_file.h"
#include "node/config/named_files.h"
#include "node/main/commands.h"
#include "node/main/complaint.h"
#include "node/main/init.h"
#include "node/main/preflight.h"
#include "node/main/sample_data.h"
#include "node/main/serve.h"

namespace testamur::node {

namespace fs = std::filesystem;

namespace {

constexpr char kUsualApi[] = "127.0.0.1:7601";
constexpr char kAnyApi[] = "127.0.0.1:0";
constexpr char kDomain[] = "dev.example";
constexpr std::size_t kMaxSampleBytes = 4096;
constexpr char kSampleFile[] = "sample.txt";

// A fresh directory that goes when this does: there are keys in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::error_code failure;
    std::string pattern = (fs::temp_directory_path(failure) / "testamur-dev-XXXXXX").string();
    if (!failure && ::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const fs::path& path() const { return path_; }  // empty: none could be made

 private:
  fs::path path_;
};

Status make_ledger(const fs::path& directory) {
  InitOptions options;
  options.directory = directory;
  options.facts.legal_names = {{"en", "Development University"}};
  options.facts.country = "EU";
  options.facts.domain = kDomain;
  options.api_address = kUsualApi;
  options.issuer_keys = directory / "issuer-keys";

  const SystemClock clock;
  const auto made = make_single_node(options, clock.now_ms());
  return made.ok() ? Status{} : Status(made.failure());
}

// A node of a real institution would run without its peers, and its keys be taken for those of a
// try. The ledger of one party with the domain that nobody has is one that --dev made.
Status check_made_for_trying(const fs::path& directory) {
  const auto genesis = load_genesis(directory / "genesis.bin");
  if (genesis.ok() && genesis->content.parties.size() == 1 &&
      genesis->content.parties.front().facts.domain == kDomain)
    return {};
  return error("--dir " + directory.string() +
               " holds a node that --dev did not make: nothing was changed. Run it with testamurd "
               "run --config " +
               (directory / "testamurd.toml").string() + ", or name another folder");
}

// A configuration that was changed to name the keys, the record or the data of a real node: they
// would be used in the place of those that --dev made.
Status check_own_files(const fs::path& directory, const NodeConfig& config) {
  const std::pair<const char*, const fs::path*> named[] = {
      {"node.data_dir", &config.data_dir},
      {"node.genesis", &config.genesis},
      {"keys.consensus", &config.consensus_key},
      {"keys.transport", &config.transport_key}};
  for (const auto& [key, path] : named) {
    if (path->empty() || is_inside(*path, directory)) continue;
    return error(std::string(key) + " of " + config.file.string() + " is " + path->string() +
                 ", outside the folder that --dev made: nothing was changed. Run it with testamurd "
                 "run --config " +
                 config.file.string() + ", or name another folder");
  }
  return {};
}

// An address that was asked for is the one that counts; that of the ledger gives way where
// something else listens on it.
void choose_api_address(NodeConfig& config, const std::string& asked) {
  if (!asked.empty()) {
    config.api.listen = asked;
  } else if (!check_listen("api.listen", config.api.listen, true).ok()) {
    config.api.listen = kAnyApi;
  }
}

// What to type in another window.
std::string next_commands(const fs::path& directory, int api_port, const std::string& sample) {
  const auto word = sample.find("commitment  ");
  const std::string commitment = word == std::string::npos ? "" : sample.substr(word + 12, 64);
  std::string text = sample +
                     "\nIn another window, with a home of its own that is for this ledger only:\n" +
                     "  export TESTAMUR_HOME=" + (directory / "home").string() + "\n" +
                     "  testamur connect 127.0.0.1:" + std::to_string(api_port) + "\n";
  text += commitment.empty() ? "  testamur registry institutions\n"
                             : "  testamur check " + commitment + "\n";
  return text;
}

// The sample data of a fresh ledger, or what it was told to be when the ledger was fresh.
Result<std::string> sample_of(Node& node, const fs::path& directory, bool fresh) {
  const fs::path file = directory / kSampleFile;
  if (!fresh) {
    std::ifstream kept(file);
    std::string text(kMaxSampleBytes, '\0');
    kept.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(kept.gcount()));
    return text;
  }

  const SystemClock clock;
  TM_TRY(auto text, submit_sample_data(node.chain(), directory / "issuer-keys", clock));
  std::ofstream(file) << text;
  return text;
}

// What is printed of the sample data; nothing where there are none.
std::string describe_sample(Node& node, Log& log, const fs::path& directory, bool wanted) {
  // A first start that failed has left a ledger on which nothing was written yet.
  const bool empty = node.chain().head()->header.height == Height{0};
  if (!wanted && !empty && is_there(directory / kSampleFile)) {
    complain("note: the ledger in " + directory.string() +
             " has its sample data already, and keeps them: --no-sample-data is for a fresh one");
  }
  if (!wanted && empty) return {};

  auto sample = sample_of(node, directory, empty);
  if (sample.ok()) return *sample;
  log.warn("no_sample_data", {{"cause", sample.message()}});
  return {};
}

}  // namespace

int run_dev(const DevOptions& options) {
  if (!options.api.empty()) {
    const auto address = parse_host_port(options.api);
    if (!address.ok()) return complain("--api: " + address.message(), kUsage);
  }

  std::optional<TemporaryDirectory> temporary;
  fs::path directory = options.directory;
  if (directory.empty()) {
    directory = temporary.emplace().path();
    if (directory.empty()) return complain("no temporary directory can be made");
  }
  directory = whole_path(directory);

  // A directory that is there goes on: the ledger of a developer survives a restart.
  const bool fresh = !is_there(directory / "testamurd.toml");
  if (fresh) {
    if (const auto made = make_ledger(directory); !made.ok()) return complain(made.message());
  } else if (const auto ours = check_made_for_trying(directory); !ours.ok()) {
    complain(ours.message());
    return kUsage;
  }

  auto config = load_config(directory / "testamurd.toml");
  if (!config.ok()) return complain(config.message());
  if (const auto own = check_own_files(directory, *config); !own.ok())
    return complain(own.message(), kUsage);
  config->peer_listen.clear();  // there is nobody else
  choose_api_address(*config, options.api);

  std::cout << "ledger of one node in " << directory.string()
            << (temporary ? ", removed when this ends" : "") << ", issuer keys in "
            << (directory / "issuer-keys").string() << "\n"
            << std::flush;

  return serve(*config, [&](Node& node, Log& log) {
    const auto text = describe_sample(node, log, directory, options.sample_data);
    std::cout << next_commands(directory, node.api_port(), text) << std::flush;
  });
}

}  // namespace testamur::node
