// The commands of testamurd, each a function from its options to an exit code; they print their own
// results.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace testamur::node {

// 0 done · 1 failed · 2 usage · 70 the disk or what is stored on it (docs/operating.md).
int run_node(const std::string& config_file);

struct DevOptions {
  std::string directory;  // empty: a fresh temporary one
  std::string api;        // empty: as the ledger was made, and on any free port where that is taken
  bool sample_data = true;
};
int run_dev(const DevOptions& options);

struct InitArguments {
  std::string directory, config, name, language = "en", country, domain, ror, eter, lei, deqar;
  std::string peer_address, api_address, metrics_address, issuer_keys;
  // Of a further node of an institution that is on a ledger already.
  std::string second_of, genesis;
  std::vector<std::string> parties;
  bool observer = false, accreditor = false;
};
int init(const InitArguments& arguments);

int check_config(const std::string& config_file);
int version();
// A consistent copy of a running node's store. Keys and journal are not part of it.
int backup(const std::string& config_file, const std::string& directory);
// Puts a backup in the place of a node's data, which must be gone; the node then starts in
// quarantine.
// `height`: of the backup to take; empty: the highest one.
int restore(const std::string& config_file, const std::string& directory,
            const std::string& height);
// A fresh consensus or transport key of the running node, and the file by which its institution
// registers it.
int new_key(const std::string& config_file, const std::string& purpose, const std::string& out);
// Declares the running node ready to vote with its new consensus key.
int ready(const std::string& config_file, bool dry_run);
// `sign_from`: the first block to be signed, which must be said on a ledger of one; empty: not
// said.
int resume_voting(const std::string& config_file, bool sure, const std::string& sign_from);

// Lets a node follow a ledger: its record, and the other parties' addresses. Of directory and
// configuration one is given.
int join(const std::string& directory, const std::string& config_file, const std::string& genesis,
         const std::vector<std::string>& parties, const std::string& institution);

struct RecoveryArguments {
  std::string config = "testamurd.toml", from, height, file;
  std::vector<std::string> keep;
};
// The draft of a record that continues this node's ledger.
int genesis_recover(const RecoveryArguments& arguments);
// Takes a signed recovery.
int recover(const std::string& config_file, const std::string& genesis, const std::string& backup,
            const std::string& height);
// A new node for an institution whose own was lost.
int replace_node(const InitArguments& arguments, const std::string& chain,
                 const std::string& institution);

}  // namespace testamur::node
