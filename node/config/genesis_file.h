// The TOML form of a genesis on its way: parties, parameters, validators and the founders' signatures.
//
// Everybody who has the same file computes the same chain id. The ledger follows only the binary record that comes out
// at the end (docs/formats/genesis.md). Pure functions over text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "ledger/genesis.h"
#include "node/config/party_file.h"

namespace testamur::node {

class TomlReader;
class TomlErrors;

struct GenesisFile {
  std::uint64_t time_ms = 0;
  std::vector<std::pair<std::string, std::uint64_t>> parameters;  // those that differ from the standard
  std::vector<PartyFile> parties;
  std::vector<ledger::FounderSignature> signatures;
};

std::string genesis_text(const GenesisFile& genesis);
Result<GenesisFile> parse_genesis(std::string_view text, const std::string& file);
Result<GenesisFile> read_genesis_file(const std::filesystem::path& file);

// The checked record, signatures included as far as they are there.
Result<ledger::Genesis> to_genesis(const GenesisFile& file);

// A checked genesis record from a file.
Result<ledger::Genesis> load_genesis(const std::filesystem::path& file);

// Private to node/config: one party as a table of a larger file.
PartyFile read_party_table(const TomlReader& reader, TomlErrors& errors);
std::string party_text(const PartyFile& file, std::string_view table_name);

}  // namespace testamur::node
