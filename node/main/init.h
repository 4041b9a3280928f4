// Making a node's directory: configuration, keys, a fresh vote store and the party file.
//
// Directory after init: testamurd.toml, keys/{consensus,transport}.key (0600), data/journal (the
// vote store, marked fresh), party.toml. After join: genesis.bin, and the other parties as [[peer]]
// in testamurd.toml. The configuration may lie elsewhere, as /etc wants it; it then names the
// directory's files by their whole paths.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/result.h"
#include "ledger/genesis.h"
#include "node/config/config.h"

namespace testamur::node {

struct InitOptions {
  std::filesystem::path directory;
  std::filesystem::path config;  // empty: testamurd.toml in the directory
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

// The file that init writes the configuration to.
std::filesystem::path config_path(const InitOptions& options);

// What the institution brings to a genesis, as party.toml says it too.
Result<ledger::GenesisParty> init_node(const InitOptions& options);

// A directory for a node of an institution that is on a ledger already, with fresh keys and no
// party file; its keys.
using OwnKeys = std::vector<std::pair<KeyPurpose, SecretKey>>;
Result<OwnKeys> init_replacement(const InitOptions& options, const InstitutionId& institution);

// A directory for a further node of such an institution, which follows and never votes: its
// transport key.
Result<SecretKey> init_follower(const InitOptions& options, const InstitutionId& institution);

// Puts a genesis record where a node's configuration wants it and the other parties' addresses into
// the configuration; and the institution's id, where a registration gave it another one than the
// founders' facts.
// `notes` (may be null) receives a sentence for each party file that led to nothing, or not yet.
Status join_ledger(const std::filesystem::path& config, const std::filesystem::path& genesis,
                   const std::vector<std::filesystem::path>& parties,
                   const std::optional<InstitutionId>& institution = std::nullopt,
                   std::vector<std::string>* notes = nullptr);

// A ledger whose founders are all here: every party of the class validator has a seat. Checked as
// every node will.
Result<ledger::Genesis> found_ledger(std::vector<ledger::GenesisParty> parties,
                                     const std::vector<const SecretKey*>& roots,
                                     std::uint64_t time_ms, const ledger::Parameters& parameters);

// init, genesis and join in one, for a ledger of one node.
Result<InstitutionId> make_single_node(const InitOptions& options, std::uint64_t time_ms);

}  // namespace testamur::node
