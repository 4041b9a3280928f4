// What is on the ledger stays there, so a file is read strictly: every key is known, and form and
// meaning of the facts are judged here, where a mistake still has a line. The first mistake is the
// one that is told.
#include "wallet/cli/files/institution_file.h"

#include <algorithm>
#include <array>

#include "common/toml_text.h"
#include "common/visible.h"
#include "ledger/tx/facts_meaning.h"
#include "wallet/cli/files/key_files.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

constexpr std::size_t kMaxFileBytes = 256 * 1024;
constexpr std::size_t kMaxKeys = 256;

constexpr std::array<std::string_view, 8> kFactKeys = {
    "country", "domain", "ror", "eter", "lei", "deqar", "parent", "legal_names"};
// What only a party file has: read here, or (from "institution" on) written for a genesis and of no
// use here.
constexpr std::array<std::string_view, 7> kPartyKeys = {
    "root_threshold", "key", "institution", "class", "validator", "peer_address", "api_address"};

// The first mistake, by file and line.
struct Reading {
  std::string file;
  std::string wrong;

  void complain(const toml::node& at, std::string_view key, const std::string& what) {
    if (!wrong.empty()) return;
    wrong = file + ", line " + std::to_string(at.source().begin.line) + ": " + one_line(key) +
            (key.empty() ? "" : ": ") + what;
  }
  std::string text(const toml::table& table, std::string_view key) {
    const auto* node = table.get(key);
    if (node == nullptr) return {};
    if (!node->is_string()) complain(*node, key, "is a text");
    return node->value_or(std::string{});
  }
};

Result<toml::table> parse(const std::string& file) {
  TM_TRY(auto raw, read_file(file, kMaxFileBytes));
  return parse_toml(as_text(raw), file);
}

void check_keys(Reading& reading, const toml::table& table, bool with_keys) {
  for (const auto& [key, node] : table) {
    const bool fact = std::ranges::find(kFactKeys, key.str()) != kFactKeys.end();
    const bool party = std::ranges::find(kPartyKeys, key.str()) != kPartyKeys.end();
    if (fact || (party && with_keys)) continue;
    reading.complain(node, key.str(),
                     party ? "has no place here: only a registration has keys"
                           : "is not a key of an institution (country, domain, ror, eter, lei, "
                             "deqar, parent, legal_names)");
  }
}

tx::InstitutionFacts read_facts(Reading& reading, const toml::table& table,
                                const tx::InstitutionFacts& standing = {}) {
  tx::InstitutionFacts facts;
  facts.country = reading.text(table, "country");
  facts.domain = reading.text(table, "domain");
  facts.ror = reading.text(table, "ror");
  facts.eter = reading.text(table, "eter");
  facts.lei = reading.text(table, "lei");
  facts.deqar = reading.text(table, "deqar");
  if (const auto parent = reading.text(table, "parent"); !parent.empty()) {
    const auto id = parse_institution_id(parent);
    if (id.ok()) facts.parent = *id;
    if (!id.ok()) reading.complain(*table.get("parent"), "parent", id.message());
  }
  const auto* names = table.get("legal_names");
  const auto* by_language = names != nullptr ? names->as_table() : nullptr;
  if (by_language == nullptr) {
    reading.complain(names != nullptr ? *names : static_cast<const toml::node&>(table),
                     "legal_names",
                     "is a table of names by language: [legal_names], then en = \"…\"");
    return facts;
  }
  for (const auto& [language, node] : *by_language) {
    facts.legal_names.push_back(
        {std::string(language.str()), reading.text(*by_language, language.str())});
  }
  std::ranges::sort(facts.legal_names);
  const std::string before = reading.wrong;
  if (const auto broken = tx::form_error(facts)) {
    const auto* at = table.get(broken->field.substr(0, broken->field.find_first_of("[.")));
    reading.complain(at != nullptr ? *at : static_cast<const toml::node&>(table), broken->field,
                     std::string(tx::rule(broken->code)) +
                         (broken->detail.empty() ? "" : " (" + broken->detail + ")"));
  }
  // By meaning too: what is on the ledger stays there. Its cause is said before that of the form,
  // which knows less.
  if (const auto problem = tx::meaning_problem(facts, standing)) {
    const auto* at = table.get(problem->field);
    reading.wrong = before;
    reading.complain(at != nullptr ? *at : static_cast<const toml::node&>(table), problem->field,
                     problem->why);
  }
  return facts;
}

void read_key(Reading& reading, const toml::table& table, tx::InstitutionRegisterContent& content) {
  for (const auto& [key, node] : table) {
    const bool known = key.str() == "purpose" || key.str() == "algorithm" ||
                       key.str() == "public_key" || key.str() == "possession";
    if (!known)
      reading.complain(node, key.str(),
                       "is not a key of [[key]] (purpose, algorithm, public_key, possession)");
  }

  const auto purpose = parse_key_purpose(reading.text(table, "purpose"));
  const auto algorithm = parse_key_algorithm(reading.text(table, "algorithm"));
  auto bytes = from_hex(reading.text(table, "public_key"));

  if (!purpose)
    return reading.complain(table, "purpose",
                            "is root, issue, govern, consensus, transport, credential or cosign");
  if (!algorithm || !allowed(*purpose, *algorithm)) {
    return reading.complain(
        table, "algorithm",
        "is not one that a " + std::string(to_text(*purpose)) + " key can have");
  }

  PublicKey key{*algorithm, bytes.value_or(Bytes{})};
  if (!is_valid(key))
    return reading.complain(table, "public_key", "is no public key of this algorithm");

  content.keys.push_back({*purpose, std::move(key)});
}

void read_keys(Reading& reading, const toml::table& table,
               tx::InstitutionRegisterContent& content) {
  if (const auto* threshold = table.get("root_threshold")) {
    // The library makes a number of true, too.
    const auto value = threshold->is_integer() ? threshold->value_or(std::int64_t{0}) : 0;
    if (value < 1 || value > 255)
      reading.complain(*threshold, "root_threshold", "is a number from 1 to 255");
    content.root_threshold = static_cast<std::uint8_t>(std::clamp<std::int64_t>(value, 1, 255));
  }
  const auto* node = table.get("key");
  const auto* list = node != nullptr ? node->as_array() : nullptr;
  if (list == nullptr || list->size() > kMaxKeys) {
    return reading.complain(
        node != nullptr ? *node : static_cast<const toml::node&>(table), "key",
        "a registration needs its public keys, a table [[key]] each (at most 256)");
  }

  for (const auto& entry : *list) {
    const auto* key = entry.as_table();
    if (key == nullptr)
      return reading.complain(entry, "key", "is a list of tables: each public key is a [[key]]");
    read_key(reading, *key, content);
  }
  // Lists of the ledger ascend (not_sorted); whoever writes the file need not know in which order.
  std::ranges::sort(content.keys, [](const auto& a, const auto& b) {
    return std::pair(a.purpose, key_id(a.purpose, a.key)) <
           std::pair(b.purpose, key_id(b.purpose, b.key));
  });
}

}  // namespace

Result<tx::InstitutionRegisterContent> read_institution_file(const std::string& file) {
  TM_TRY(const auto table, parse(file));
  Reading reading{file, {}};
  check_keys(reading, table, true);
  tx::InstitutionRegisterContent content;
  content.facts = read_facts(reading, table);
  read_keys(reading, table, content);
  if (!reading.wrong.empty()) return error(reading.wrong);
  return content;
}

Result<tx::InstitutionFacts> read_facts_file(const std::string& file,
                                             const tx::InstitutionFacts& standing) {
  TM_TRY(const auto table, parse(file));
  Reading reading{file, {}};
  check_keys(reading, table, false);
  auto facts = read_facts(reading, table, standing);
  if (!reading.wrong.empty()) return error(reading.wrong);
  return facts;
}

}  // namespace testamur::wallet
