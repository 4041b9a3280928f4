#include "node/config/genesis_file.h"

#include <algorithm>

#include "files/durable_file.h"
#include "files/paths.h"

namespace testamur::node {

namespace {

// The names of those whose signatures are all that a record lacks; empty where it is none, or lacks
// more.
std::string not_signed(ByteView record) {
  const auto draft = ledger::decode_genesis_draft(record);
  if (!draft.ok() || !ledger::find_content_faults(draft->content, 1).empty()) return {};
  std::string names;
  for (const auto& signatory : ledger::signatories(*draft)) {
    if (signatory.has_signed() || !signatory.must_sign) continue;
    names += (names.empty() ? "" : ", ") + signatory.name;
  }
  return names;
}

}  // namespace

Result<ledger::Genesis> load_genesis(const std::filesystem::path& file) {
  if (!is_there(file))
    return error(file.string() +
                 " is not there: testamurd join puts the ledger's genesis record there");
  TM_TRY(auto record, read_text(file));
  auto genesis = ledger::decode_genesis(as_bytes(record));
  if (genesis.ok()) return genesis;
  if (const auto open = not_signed(as_bytes(record)); !open.empty()) {
    return error(
        file.string() + " is not signed by all: " + open +
        " did not sign it [founder_missing]. Gather the signed copies with testamur genesis "
        "merge");
  }
  return error(file.string() + " is no genesis record: " + genesis.message());
}

bool is_founder(const ledger::Genesis& genesis, const std::optional<InstitutionId>& institution) {
  return institution && std::ranges::any_of(genesis.content.parties, [&](const auto& party) {
           return ledger::party_id(party) == *institution;
         });
}

}  // namespace testamur::node
