#include "wallet/cli/commands/successions.h"

#include <algorithm>

#include "wallet/cli/context.h"

namespace testamur::wallet {

namespace tx = ledger::tx;

namespace {

Attempt<std::vector<InstitutionId>> ids_of(Client& client, const std::vector<std::string>& names) {
  std::vector<InstitutionId> ids;
  for (const auto& name : names) {
    TM_TRY(const auto id, institution_named(client, "institution", name));
    ids.push_back(id);
  }
  std::ranges::sort(ids);
  return ids;
}

}  // namespace

Attempt<tx::SuccessionContent> read_succession(Client& client, tx::SuccessionKind kind,
                                               const SuccessionOptions& options) {
  tx::SuccessionContent content;
  content.kind = kind;

  TM_TRY(auto others, ids_of(client, options.others));

  if (!options.heir->empty()) {
    TM_TRY(content.heir, institution_named(client, "--heir", options.heir));
  }

  if (kind == tx::SuccessionKind::kMerge) {
    content.predecessors = std::move(others);
    content.successors = {content.heir};
    return content;
  }

  TM_TRY(const auto predecessor, institution_named(client, "predecessor", options.predecessor));
  content.predecessors = {predecessor};
  content.successors = std::move(others);

  if (kind == tx::SuccessionKind::kRename) content.heir = content.successors.front();
  if (kind == tx::SuccessionKind::kSplit) content.closes = options.closes;
  return content;
}

void add_successions(SuccessionOptions& options, const MakeSuccession& make) {
  auto merging =
      make("merge", "Predecessors close and become part of an heir", tx::SuccessionKind::kMerge);
  option(merging, "predecessor", options.others, "Ids (tmi…) or domains").required();
  option(merging, "--heir", options.heir, "Into which").required();
  auto splitting =
      make("split", "A predecessor is succeeded by several", tx::SuccessionKind::kSplit);
  option(splitting, "predecessor", options.predecessor, "Id (tmi…) or domain").required();
  option(splitting, "successor", options.others, "Ids or domains").required();
  option(splitting, "--heir", options.heir,
         "To which of them trust passes, where the predecessor closes");
  flag(splitting, "--closes", options.closes, "The predecessor closes");
  auto renaming = make("rename", "The same legal entity goes on under a new registration",
                       tx::SuccessionKind::kRename);
  option(renaming, "predecessor", options.predecessor, "The old registration").required();
  option(renaming, "successor", options.others, "The new one").required().expected(1);
  auto custody = make("custody", "A predecessor closes and leaves its records to a custodian",
                      tx::SuccessionKind::kCustody);
  option(custody, "predecessor", options.predecessor, "Id (tmi…) or domain").required();
  option(custody, "custodian", options.others, "Who keeps the records").required().expected(1);
}

}  // namespace testamur::wallet
