#include "wallet/cli/files/ceremony_files.h"

#include "files/toml_reader.h"
#include "ledger/protocol.h"
#include "wallet/cli/dates.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMaxFileBytes = 1 << 20;

// Milliseconds as a number, or a day, with or without quotes; 0 where there is none.
std::uint64_t read_time(const TomlReader& reader, const toml::table& table) {
  const auto* node = table.get("time");
  if (node != nullptr && node->is_integer()) return reader.number("time", 0, 0, INT64_MAX);

  std::string day;
  if (auto date = node == nullptr ? std::nullopt : toml_date_text(*node)) {
    day = *std::move(date);
  } else if (node != nullptr && !node->is_string()) {
    reader.mistake("time", "must be a day, as 2026-11-30, or milliseconds since 1970 as a number");
  } else {
    day = reader.text("time", "");
  }
  const auto time_ms = parse_date_or(day, 0);
  if (!time_ms.ok()) reader.mistake("time", time_ms.message());
  return time_ms.ok() ? *time_ms : 0;
}

void read_parameters(const TomlReader& parameters, const toml::table& table,
                     ledger::Parameters& out) {
  for (const auto& [key, node] : table) {
    const auto* row = ledger::find_parameter(key.str());
    const auto value = node.is_integer() ? node.value_or(std::int64_t{-1}) : -1;
    if (row == nullptr) {
      parameters.mistake(key.str(), "is no parameter of a ledger");
    } else if (value < 0) {
      parameters.mistake(key.str(), "must be a whole number");
    } else if (const auto set = out.set(row->id, static_cast<std::uint64_t>(value)); !set.ok()) {
      parameters.mistake(key.str(), set.message());
    }
  }
}

}  // namespace

Result<ledger::GenesisInput> parse_genesis_settings(std::string_view text,
                                                    const std::string& file) {
  TM_TRY(const auto table, parse_toml(text, file));
  TomlErrors errors(file);
  const TomlReader reader(table, "", errors);
  reader.only({"time", "protocol_version", "parameters"});

  ledger::GenesisInput input;
  const auto version = reader.number("protocol_version", ledger::kNewestProtocol, 0, INT64_MAX);
  if (version == 0 || version > ledger::kNewestProtocol) {
    reader.mistake("protocol_version", "is " + std::to_string(version) +
                                           ", and this program knows 1 to " +
                                           std::to_string(ledger::kNewestProtocol) +
                                           ": write one of these, or leave it out for the newest");
  }
  input.protocol_version = static_cast<std::uint16_t>(version);
  input.time_ms = read_time(reader, table);
  if (const auto* parameters = reader.table("parameters"))
    read_parameters(TomlReader(*parameters, "parameters", errors), *parameters, input.parameters);

  if (!errors.empty()) return errors.take();
  return input;
}

Result<ledger::GenesisInput> read_genesis_settings(const std::string& file) {
  TM_TRY(auto text, read_file(file, kMaxFileBytes));
  return parse_genesis_settings(as_text(text), file);
}

Result<CeremonyFile> parse_ceremony_file(std::string_view text, const std::string& file) {
  TM_TRY(const auto table, parse_toml(text, file));
  CeremonyFile read;
  if (table.contains("chain")) {
    TM_TRY(read.node_keys, parse_node_keys_file(text, file));
  } else {
    TM_TRY(read.party, parse_party_file(text, file, Possession::kRead));
  }
  return read;
}

Result<CeremonyFile> read_ceremony_file(const std::string& file) {
  TM_TRY(auto text, read_file(file, kMaxFileBytes));
  return parse_ceremony_file(as_text(text), file);
}

}  // namespace testamur::wallet
