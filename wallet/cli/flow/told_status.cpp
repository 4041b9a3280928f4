#include "wallet/cli/flow/told_status.h"

#include <algorithm>
#include <array>

#include "wallet/verify/verify.h"

namespace testamur::wallet {

Verdict verdict_if_proven(std::string_view sd_jwt, RegistryFacts facts, std::uint64_t now_ms) {
  if (facts.issuer) facts.issuer->basis = Basis::kProven;
  if (facts.achievement) facts.achievement->basis = Basis::kProven;
  if (facts.keys) {
    for (auto& key : *facts.keys) key.basis = Basis::kProven;
  }
  if (facts.slots) {
    for (auto& slot : *facts.slots) slot.basis = Basis::kProven;
  }
  facts.as_of = AsOf{facts.newest_known, now_ms, "", Basis::kProven};
  facts.others_list = 0;

  VerifyRules rules;
  rules.now_ms = now_ms;
  rules.want_acceptance = false;
  rules.need_holder = false;
  return verify_presentation(sd_jwt, facts, rules);
}

std::string told_status(const std::string& sd_jwt, const ChainId& chain, const BulkSlotAnswer& slot,
                        const IssuerAnswer& issuer, std::uint64_t now_ms) {
  // By the theft of the key that anchored it: the node judges issue keys, and shows none in bulk.
  if (slot.is_void) return std::string(to_text(EffectiveStatus::kVoid));

  const auto view = read_credential(sd_jwt);
  if (!view.ok() || !issuer.issuer) return "unknown";
  const auto& head = view->head;

  RegistryFacts facts;
  facts.chain = chain;
  facts.issuer = issuer.issuer;
  facts.keys = issuer.keys;

  // A verifier compares with the name that the issuer had at the anchor; here that of now is known.
  facts.issuer->domain = head.issuer_domain;

  SlotRecord record;
  record.commitment = commitment_of(chain, *view);
  record.issuer = issuer.issuer->id;
  record.index = slot.index;
  record.achievement = slot.achievement.institution.is_zero() ? head.achievement : slot.achievement;
  record.issue_key = head.issuer_key;
  record.anchor_time_ms = slot.anchor_time_ms;
  record.status = slot.effective_status;
  facts.slots = std::vector<SlotRecord>{record};

  const auto verdict = verdict_if_proven(sd_jwt, std::move(facts), now_ms);
  const auto is_refused = [&](Topic topic) {
    const auto* finding = find(verdict, topic);
    return finding != nullptr && finding->answer == Answer::kNotValid;
  };
  if (is_refused(Topic::kSignature) || is_refused(Topic::kContents)) return "invalid";
  if (!verdict.status) return "unknown";
  if (*verdict.status == EffectiveStatus::kValid && is_refused(Topic::kExpiry)) return "expired";
  return std::string(to_text(*verdict.status));
}

bool is_not_in_force(const std::string& told) {
  constexpr std::array<std::string_view, 6> kDead{"revoked", "superseded", "suspended",
                                                  "void",    "expired",    "invalid"};
  return std::ranges::find(kDead, told) != kDead.end();
}

}  // namespace testamur::wallet
