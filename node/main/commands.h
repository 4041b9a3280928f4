// The commands of testamurd, each a function from its options to an exit code; they print their own results.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace testamur::node {

// 0 done · 1 failed · 2 usage.
int run_node(const std::string& config_file);

struct DevOptions {
  std::string directory;  // empty: a fresh temporary one
  std::string api = "127.0.0.1:7601";
  bool sample_data = true;
};
int run_dev(const DevOptions& options);

struct InitArguments {
  std::string directory, name, language = "en", country, domain, ror, eter, lei, deqar;
  std::string peer_address, api_address, metrics_address, issuer_keys;
  bool observer = false, accreditor = false;
};
int init(const InitArguments& arguments);

int check_config(const std::string& config_file);
int version();
// A consistent copy of a running node's store. Keys and journal are not part of it.
int backup(const std::string& config_file, const std::string& directory);
// Puts a backup in the place of a node's data, which must be gone; the node then starts in quarantine.
int restore(const std::string& config_file, const std::string& directory);
// A fresh consensus or transport key of the running node, and the file by which its institution registers it.
int new_key(const std::string& config_file, const std::string& purpose, const std::string& out);
// Declares the running node ready to vote with its new consensus key.
int ready(const std::string& config_file, bool dry_run);
int resume_voting(const std::string& config_file, bool sure);

int genesis_assemble(const std::vector<std::string>& parties, const std::vector<std::string>& parameters,
                     std::uint64_t time_ms, const std::string& out);
int genesis_sign(const std::string& genesis, const std::vector<std::string>& keys);
int genesis_finish(const std::string& genesis, const std::string& out);
int genesis_join(const std::string& directory, const std::string& record, const std::vector<std::string>& parties);
int genesis_show(const std::string& record);

}  // namespace testamur::node
