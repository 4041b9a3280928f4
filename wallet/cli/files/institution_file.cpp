// What the ledger wants of a registration beyond what any party file says: keys, in its order.
#include "wallet/cli/files/institution_file.h"

#include <algorithm>

#include "files/party_file.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {

namespace tx = ledger::tx;

namespace {

constexpr std::size_t kMaxFileBytes = 256 * 1024;

}  // namespace

Result<tx::InstitutionRegisterContent> read_institution_file(const std::string& file) {
  TM_TRY(const auto text, read_file(file, kMaxFileBytes));
  TM_TRY(auto read, parse_party_file(as_text(text), file, Possession::kIgnored));
  if (read.party.keys.empty())
    return error(file + ": key: a registration needs its public keys, a table [[key]] each");

  tx::InstitutionRegisterContent content;
  content.facts = std::move(read.party.facts);
  content.root_threshold = std::max<std::uint8_t>(read.party.root_threshold, 1);
  for (auto& key : read.party.keys) content.keys.push_back({key.purpose, std::move(key.key)});
  // Lists of the ledger ascend (not_sorted); whoever writes the file need not know in which order.
  std::ranges::sort(content.keys, {}, [](const auto& each) {
    return std::pair(each.purpose, key_id(each.purpose, each.key));
  });
  return content;
}

Result<tx::InstitutionFacts> read_facts_file(const std::string& file,
                                             const tx::InstitutionFacts& standing) {
  TM_TRY(const auto text, read_file(file, kMaxFileBytes));
  return parse_facts_file(as_text(text), file, standing);
}

}  // namespace testamur::wallet
