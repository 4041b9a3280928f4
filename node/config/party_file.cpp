#include "node/config/party_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "node/config/genesis_file.h"
#include "node/config/toml_reader.h"

namespace testamur::node {

namespace tx = ledger::tx;

namespace {

constexpr std::size_t kAddressLimitBytes = 262;  // a name of 255, a colon and a port

// host:port or [v6]:port as far as its letters go; it ends up in the configuration of other nodes.
std::string read_address(const TomlReader& reader, std::string_view key) {
  auto text = reader.text(key, "");
  const bool known = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view(".:-_[]").find(c) != std::string_view::npos;
  });
  if (!known || text.size() > kAddressLimitBytes) reader.mistake(key, "must be host:port");
  return text;
}

constexpr std::pair<std::string_view, tx::InstitutionClass> kClasses[] = {
    {"listed", tx::InstitutionClass::kListed},
    {"issuer", tx::InstitutionClass::kIssuer},
    {"accreditor", tx::InstitutionClass::kAccreditor},
    {"validator", tx::InstitutionClass::kValidator},
};

void read_class(const TomlReader& reader, ledger::GenesisParty& party) {
  auto text = reader.text("class", "validator");
  for (const auto& [name, value] : kClasses) {
    if (name == text) {
      party.institution_class = value;
      return;
    }
  }
  reader.mistake("class", "must be listed, issuer, accreditor or validator");
}

void read_facts(const TomlReader& reader, tx::InstitutionFacts& facts, TomlErrors& errors) {
  facts.country = reader.text("country", "");
  facts.domain = reader.text("domain", "");
  facts.ror = reader.text("ror", "");
  facts.eter = reader.text("eter", "");
  facts.lei = reader.text("lei", "");
  facts.deqar = reader.text("deqar", "");
  if (auto parent = reader.parsed<InstitutionId>("parent", parse_institution_id)) facts.parent = *parent;
  if (const auto* names = reader.table("legal_names")) {
    TomlReader texts(*names, "legal_names", errors);
    for (const auto& [language, node] : *names) {  // a TOML table is ordered by key
      facts.legal_names.push_back({std::string(language.str()), texts.text(language.str(), "")});
    }
  }
  if (auto broken = tx::form_error(facts)) reader.mistake("legal_names", to_text(*broken));
}

template <class Fixed>
std::optional<Fixed> read_hex(const TomlReader& reader, std::string_view key) {
  auto bytes = from_hex(reader.text(key, ""));
  auto value = bytes ? Fixed::from(*bytes) : std::nullopt;
  if (!value) reader.mistake(key, "must be " + std::to_string(Fixed::kSize * 2) + " hexadecimal digits");
  return value;
}

std::optional<KeyPurpose> purpose_named(std::string_view text) {
  for (std::uint8_t value = 1; purpose_from(value); ++value) {
    if (to_text(*purpose_from(value)) == text) return purpose_from(value);
  }
  return std::nullopt;
}

std::optional<SignatureAlgorithm> algorithm_named(std::string_view text) {
  for (std::uint8_t value = 1; algorithm_from(value); ++value) {
    if (to_text(*algorithm_from(value)) == text) return algorithm_from(value);
  }
  return std::nullopt;
}

void read_key(const TomlReader& reader, ledger::GenesisParty& party) {
  reader.only({"purpose", "algorithm", "public_key", "possession"});
  auto purpose = purpose_named(reader.text("purpose", ""));
  auto algorithm = algorithm_named(reader.text("algorithm", ""));
  if (!purpose) reader.mistake("purpose", "must be root, issue, govern, consensus, transport, credential or cosign");
  if (!algorithm) reader.mistake("algorithm", "is not known");
  auto bytes = from_hex(reader.text("public_key", ""));
  auto possession = read_hex<Signature>(reader, "possession");
  if (!purpose || !algorithm || !possession) return;
  PublicKey key{*algorithm, bytes.value_or(Bytes{})};
  if (!is_valid(key)) {
    reader.mistake("public_key", "is not a public key of this algorithm");
    return;
  }
  party.keys.push_back({*purpose, std::move(key), *possession});
}

void check_proofs(const TomlReader& reader, const ledger::GenesisParty& party) {
  auto id = ledger::party_id(party);
  auto stated = reader.text("institution", "");
  if (!stated.empty() && stated != to_text(id)) {
    reader.mistake("institution", "is not the id of these facts and keys, which is " + to_text(id));
  }
  for (const auto& key : party.keys) {
    auto message = possession_message(ChainId{}, id, key.purpose, key.key);
    if (!verify(key.key, message.view(), key.possession)) {
      reader.mistake("key", "the possession proof of the " + std::string(to_text(key.purpose)) + " key does not hold");
    }
  }
}

}  // namespace

std::string toml_text(std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

PartyFile read_party_table(const TomlReader& reader, TomlErrors& errors) {
  reader.only({"institution", "class", "validator", "country", "domain", "ror", "eter", "lei", "deqar", "parent",
               "root_threshold", "peer_address", "api_address", "legal_names", "key"});
  PartyFile file;
  read_class(reader, file.party);
  read_facts(reader, file.party.facts, errors);
  file.party.root_threshold = static_cast<std::uint8_t>(reader.number("root_threshold", 1, 1, 255));
  file.validator = reader.flag("validator", file.party.institution_class == tx::InstitutionClass::kValidator);
  file.peer_address = read_address(reader, "peer_address");
  file.api_address = read_address(reader, "api_address");
  for (const auto* table : reader.tables("key")) read_key(TomlReader(*table, "key", errors), file.party);
  if (errors.empty()) check_proofs(reader, file.party);
  return file;
}

std::string party_text(const PartyFile& file, std::string_view table_name) {
  const auto& party = file.party;
  std::string prefix = table_name.empty() ? "" : std::string(table_name) + ".";
  std::string out;
  auto put = [&out](std::string_view key, std::string_view value) {
    if (!value.empty()) out += std::string(key) + " = " + toml_text(value) + "\n";
  };
  put("institution", to_text(ledger::party_id(party)));
  for (const auto& [name, value] : kClasses) {
    if (value == party.institution_class) put("class", name);
  }
  out += std::string("validator = ") + (file.validator ? "true" : "false") + "\n";
  put("country", party.facts.country);
  put("domain", party.facts.domain);
  put("ror", party.facts.ror);
  put("eter", party.facts.eter);
  put("lei", party.facts.lei);
  put("deqar", party.facts.deqar);
  if (!party.facts.parent.is_zero()) put("parent", to_text(party.facts.parent));
  out += "root_threshold = " + std::to_string(party.root_threshold) + "\n";
  put("peer_address", file.peer_address);
  put("api_address", file.api_address);
  out += "\n[" + prefix + "legal_names]\n";
  for (const auto& name : party.facts.legal_names) put(toml_text(name.language), name.text);
  for (const auto& key : party.keys) {
    out += "\n[[" + prefix + "key]]\n";
    put("purpose", to_text(key.purpose));
    put("algorithm", to_text(key.key.algorithm));
    put("public_key", to_hex(key.key.bytes));
    put("possession", key.possession.hex());
  }
  return out;
}

std::string party_text(const PartyFile& file) {
  return "# What this institution brings to the genesis of a ledger. Public: it may be sent to anybody.\n" +
         party_text(file, "");
}

Result<PartyFile> parse_party(std::string_view text, const std::string& file) {
  TM_TRY(auto root, parse_toml(text, file));
  TomlErrors errors(file);
  auto party = read_party_table(TomlReader(root, "", errors), errors);
  if (!errors.empty()) return errors.take();
  return party;
}

Result<PartyFile> read_party(const std::filesystem::path& file) {
  TM_TRY(auto text, read_text(file));
  return parse_party(text, file.string());
}

Result<std::string> read_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return error(file.string() + " cannot be read: " + std::strerror(errno));
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

Status write_file(const std::filesystem::path& file, ByteView content, bool replace) {
  int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (replace ? O_TRUNC : O_EXCL);
  int descriptor = ::open(file.c_str(), flags, 0644);
  if (descriptor < 0) return error(file.string() + " cannot be written: " + std::strerror(errno));
  bool good = true;
  while (good && !content.empty()) {
    auto written = ::write(descriptor, content.data(), content.size());
    good = written > 0;
    if (good) content = content.subspan(static_cast<std::size_t>(written));
  }
  good = good && ::fsync(descriptor) == 0;
  ::close(descriptor);
  if (!good) return error(file.string() + " cannot be written: " + std::strerror(errno));
  return {};
}

}  // namespace testamur::node
