// Facts are gathered by a node's word and marked so; proven_facts.h replaces them by what a receipt
// proves. What could not be asked stays absent, with the reason in `problem`: an empty list would
// say that there is nothing.
#include "wallet/client/facts.h"

#include <algorithm>

#include "common/day.h"

namespace testamur::wallet {
namespace {

void add_issuer(Client& client, const InstitutionId& id, RegistryFacts& facts) {
  auto answer = client.issuer(id);
  if (auto* failure = std::get_if<CallError>(&answer)) {
    if (failure->kind != CallFailure::kNotFound) facts.problem = failure->message;
    return;
  }
  auto& said = std::get<IssuerAnswer>(answer);
  if (!said.issuer || said.issuer->id != id) {
    facts.problem = facts.answered_by + " does not say who the issuer is";
    return;
  }
  facts.issuer = std::move(said.issuer);
  facts.keys = std::move(said.keys);
}

void add_achievement(Client& client, const AchievementId& id, RegistryFacts& facts) {
  auto answer = client.achievement(id);
  if (auto* said = std::get_if<AchievementAnswer>(&answer))
    facts.achievement = std::move(said->record);
}

// The slot that the credential names, where the look-up by commitment did not bring it: then
// another stands there.
void add_reference_slot(Client& client, const CredentialView& credential,
                        const std::string& purpose, RegistryFacts& facts) {
  const Reference& reference = credential.head.reference;
  const auto is_named = [&](const SlotRecord& slot) {
    return slot.issuer == reference.issuer && slot.index == reference.index;
  };
  if (!reference.is_of_chain(facts.chain) || std::ranges::any_of(*facts.slots, is_named)) return;
  auto answer = client.check(reference, {purpose, false, 0});
  const auto* found = std::get_if<CheckAnswer>(&answer);
  if (found != nullptr && found->listing == Listing::kFound)
    facts.slots->push_back(found->slots.front().slot);
}

// Of several slots of the issuer the least accepted one counts, as the worst status does; one
// without a decision leaves the whole open.
void add_decisions(const SlotAnswer& slot, RegistryFacts& facts) {
  auto acceptance = slot.acceptance.value_or(AcceptanceRecord{});
  acceptance.by_word_of = facts.answered_by;
  acceptance.as_of = facts.as_of;
  if (facts.acceptance &&
      worse(facts.acceptance->outcome, acceptance.outcome) == facts.acceptance->outcome)
    return;
  facts.acceptance = std::move(acceptance);
  facts.decisions = slot.decisions;
}

// The ledger that the reference names: the one that answers, or one that it continues. A wrong word
// of the node only gives a commitment that nobody lists.
ChainId chain_named(const Reference& reference, const StatusAnswer& status) {
  const ChainId present = status.chain.value_or(ChainId{});
  if (reference.is_of_chain(present)) return present;
  const auto found = std::ranges::find_if(
      status.continues, [&](const ChainId& chain) { return reference.is_of_chain(chain); });
  return found == status.continues.end() ? present : *found;
}

}  // namespace

std::optional<std::uint64_t> claimed_date_ms(const CredentialView& credential) {
  const auto claim = credential.disclosed.find(ClaimId::kAwardDate);
  if (claim == credential.disclosed.end()) return std::nullopt;
  const auto* text = std::get_if<std::string>(&claim->second);
  return text == nullptr ? std::nullopt : parse_day(*text);
}

DecisionRecord undecided_claim(bool governs) {
  DecisionRecord record;
  record.point = "at the claimed date";
  record.explanation = "the award date was not shown";
  record.governs = governs;
  return record;
}

std::string speaker(Client& client, const std::string& institution) {
  std::string text = client.answering();
  if (!institution.empty()) text += " (which calls itself \"" + institution + "\")";
  return text;
}

RegistryFacts gather_facts(Client& client, const CredentialView& credential,
                           const std::string& purpose, const std::optional<ChainId>& named) {
  RegistryFacts facts;
  auto status = client.status();
  if (auto* failure = std::get_if<CallError>(&status)) {
    facts.problem = failure->message;
    return facts;
  }
  const auto& who = std::get<StatusAnswer>(status);
  const InstitutionId& issuer = credential.head.reference.issuer;
  facts.chain = named ? *named : chain_named(credential.head.reference, who);
  facts.answered_by = speaker(client, who.institution.name_now);

  const auto claimed_ms = claimed_date_ms(credential);
  auto checked =
      client.check(commitment_of(facts.chain, credential), {purpose, true, claimed_ms.value_or(0)});
  if (auto* failure = std::get_if<CallError>(&checked)) {
    facts.problem = failure->message;
    return facts;
  }
  const auto& answer = std::get<CheckAnswer>(checked);
  facts.as_of = answer.as_of;
  if (answer.as_of) facts.newest_known = answer.as_of->height;
  // An answer that neither lists anything nor says that nothing is listed says nothing.
  if (answer.listing == Listing::kUnknown) {
    facts.problem = facts.answered_by + " does not say whether the ledger lists it";
    return facts;
  }

  facts.slots.emplace();
  for (const auto& slot : answer.slots) {
    if (slot.slot.issuer != issuer) {
      ++facts.others_list;
      continue;
    }
    facts.slots->push_back(slot.slot);
    add_decisions(slot, facts);
  }
  if (facts.decisions && facts.acceptance && !claimed_ms)
    facts.decisions->push_back(undecided_claim(facts.acceptance->claim_governs));
  add_reference_slot(client, credential, purpose, facts);
  add_issuer(client, issuer, facts);
  add_achievement(client, credential.head.achievement, facts);
  return facts;
}

const std::vector<StolenKeys::Stolen>* StolenKeys::of(const InstitutionId& issuer) {
  if (const auto known = known_.find(issuer); known != known_.end()) return &known->second;
  const auto answer = client_.institution(issuer, false);
  const auto* institution = std::get_if<InstitutionAnswer>(&answer);
  if (institution == nullptr) return nullptr;

  std::vector<Stolen> stolen;
  for (const auto& [record, state, retired, declared] : institution->keys) {
    const bool is_one = state == KeyState::kCompromised && record.owner == issuer &&
                        record.purpose == KeyPurpose::kCredential;
    if (is_one) stolen.push_back({record.id, *record.compromised_since_ms, *record.retired_at_ms});
  }
  std::ranges::sort(stolen, std::ranges::greater{}, &Stolen::since_ms);
  return &known_.emplace(issuer, std::move(stolen)).first->second;
}

std::vector<KeyId> StolenKeys::at(const InstitutionId& issuer, std::uint64_t time_ms) {
  constexpr std::size_t kMost = 8;
  std::vector<KeyId> keys;
  const auto* stolen = of(issuer);
  if (stolen == nullptr) return keys;
  for (const auto& key : *stolen) {
    const bool may_have_signed = key.since_ms <= time_ms && time_ms < key.retired_ms;
    if (may_have_signed && keys.size() < kMost) keys.push_back(key.id);
  }
  return keys;
}

RegistryFacts facts_of_slot(Client& client, const ChainId& chain, const CheckAnswer& answer,
                            const SlotAnswer& slot) {
  RegistryFacts facts;
  facts.chain = chain;
  facts.answered_by =
      speaker(client, slot.decisions.empty() ? "" : slot.decisions.front().viewpoint);
  facts.as_of = answer.as_of;
  if (answer.as_of) facts.newest_known = answer.as_of->height;
  facts.slots = {slot.slot};
  add_decisions(slot, facts);
  return facts;
}

}  // namespace testamur::wallet
