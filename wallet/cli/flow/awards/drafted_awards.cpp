#include "wallet/cli/flow/awards/drafted_awards.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "wallet/cli/flow/awards/award_targets.h"
#include "wallet/cli/flow/key_vault.h"
#include "wallet/cli/terminal.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

bool names(const tx::StatusChangeContent& change, const IssuerIndex& index) {
  if (const auto* list = std::get_if<std::vector<IssuerIndex>>(&change.target))
    return std::ranges::binary_search(*list, index);
  if (const auto* ranges = std::get_if<std::vector<tx::IndexRangeContent>>(&change.target))
    return std::ranges::any_of(*ranges, [&](const auto& range) {
      return index.value >= range.first.value && index.value - range.first.value < range.count;
    });
  const auto& bitmap = std::get<tx::IndexBitmap>(change.target);
  if (index.value < bitmap.first.value) return false;
  const auto bit = index.value - bitmap.first.value;
  return bit / 8 < bitmap.bits.size() && (bitmap.bits[bit / 8] >> (bit % 8) & 1) != 0;
}

}  // namespace

Attempt<std::string> drafted_awards(Context& context, const tx::StatusChangeContent& change,
                                    bool may_skip) {
  if (!is_there(context.path("issuer/issue.age")))
    return std::string(
        "  whose awards these are is in the register of the office that issued "
        "them, and not at this home\n");
  const bool can_ask = context.passphrase || !context.passphrase_file.empty() ||
                       context.passphrase_fd >= 0 || input_is_terminal();
  if (may_skip && !can_ask)
    return std::string("  whose awards these are is shown with --passphrase-file\n");

  TM_TRY(const auto vault, open_issuer_keys(context, KeyPurpose::kIssue));
  TM_TRY(auto awards, registered_awards(context, vault.register_identities));
  std::erase_if(awards, [&](const auto& award) {
    return std::ranges::none_of(award.indexes,
                                [&](const auto& index) { return names(change, index); });
  });
  TM_TRY_STATUS(add_dates(context, vault.register_identities, awards));

  // Two batches of one home may have the same places, of which one was never sent.
  const auto hit = [&change](const std::vector<AwardRecord>& of) {
    std::set<IssuerIndex> places;
    for (const auto& award : of)
      std::ranges::copy_if(award.indexes, std::inserter(places, places.end()),
                           [&](const auto& index) { return names(change, index); });
    return places.size();
  };
  const auto all = hit(awards);
  const auto others = tx::slot_count(change) - all;

  // At the places of a batch that this home never sent stand awards that it does not know.
  std::erase_if(awards, [](const auto& award) { return !award.committed; });
  const auto unsent = all - hit(awards);
  return awards_text(awards) +
         (unsent == 0 ? ""
                      : "  " + std::to_string(unsent) +
                            " at places of a batch that this home has not noted as sent: whose "
                            "they are is not known here\n") +
         (others == 0 ? "" : "  " + std::to_string(others) + " in no register of this home\n");
}

}  // namespace testamur::wallet
