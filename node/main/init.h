// Making a node's directory: configuration, keys, a fresh vote store and the party file.
//
// Directory after init: testamurd.toml, keys/{consensus,transport}.key (0600), data/journal (the vote store, marked
// fresh), party.toml. After join: genesis.bin, and the other parties as [[peer]] in testamurd.toml.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/result.h"
#include "node/config/config.h"
#include "node/config/genesis_file.h"

namespace testamur::node {

struct InitOptions {
  std::filesystem::path directory;
  ledger::tx::InstitutionFacts facts;
  bool observer = false;
  bool accreditor = false;   // a quality agency; only with `observer`
  std::string peer_address;  // also what the node listens on, unless that is given
  std::string api_address;
  std::string metrics_address;  // may be empty
  // Where root.key, issue.key, govern.key and credential.key are written (a person seals them with
  // `testamur issuer init --keys`).
  std::filesystem::path issuer_keys;
};

// The institution's id.
Result<InstitutionId> init_node(const InitOptions& options);

// Gathers party files into a genesis file.
Result<GenesisFile> assemble_genesis(const std::vector<std::filesystem::path>& parties, std::uint64_t time_ms,
                                     const std::vector<std::pair<std::string, std::uint64_t>>& parameters);
// Adds the signature of a root key; fails when no party has this key.
Status sign_genesis(GenesisFile& file, const SecretKey& root);

// Puts a genesis record into a node's directory and the other parties' addresses into its configuration.
Status join_ledger(const std::filesystem::path& directory, const std::filesystem::path& genesis,
                   const std::vector<std::filesystem::path>& parties);

// The store from a backup and a fresh vote store in quarantine. Fails when the data directory still holds either.
Status restore_node(const NodeConfig& config, const std::filesystem::path& backup);

// init, genesis and join in one, for a ledger of one node.
Result<InstitutionId> make_single_node(const InitOptions& options, std::uint64_t time_ms);

}  // namespace testamur::node
