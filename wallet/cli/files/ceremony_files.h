// The TOML files that go into a genesis record: its settings, parties, and keys of replaced nodes
// (docs/cli.md). All mistakes of a file are told, with line and key; what the values must keep to
// is ledger/genesis.h's to say.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"
#include "files/party_file.h"
#include "ledger/genesis.h"

namespace testamur::wallet {

// time (date or milliseconds; absent: 0), protocol_version, [parameters].
Result<ledger::GenesisInput> parse_genesis_settings(std::string_view text, const std::string& file);
Result<ledger::GenesisInput> read_genesis_settings(const std::string& file);

// Whichever of the two the file is: one has facts, the other names a chain.
struct CeremonyFile {
  std::optional<PartyFile> party;
  std::optional<NodeKeysFile> node_keys;
};
Result<CeremonyFile> parse_ceremony_file(std::string_view text, const std::string& file);
Result<CeremonyFile> read_ceremony_file(const std::string& file);

}  // namespace testamur::wallet
