#include "wallet/client/facts.h"

#include <algorithm>

#include "trust/policy_text.h"
#include "wallet/client/json_fields.h"

namespace testamur::wallet {
namespace {

std::uint64_t number_of(const Json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_number_unsigned() ? at->get<std::uint64_t>() : 0;
}
bool flag_of(const Json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_boolean() && at->get<bool>();
}
template <class Id>
Id id_of(const Json& object, const char* name) {
  const auto bytes = from_hex(text_of(object, name));
  return bytes ? Id::prefix_of(*bytes) : Id{};
}

std::string english(const Json& texts) {
  for (const auto& text : texts) {
    if (text_of(text, "language") == "en") return text_of(text, "text");
  }
  return texts.empty() ? std::string{} : text_of(texts.front(), "text");
}

LedgerStatus status_of(const std::string& text) {
  if (text == "revoked") return LedgerStatus::kRevoked;
  if (text == "suspended") return LedgerStatus::kSuspended;
  if (text == "superseded") return LedgerStatus::kSuperseded;
  return LedgerStatus::kValid;
}

AchievementId achievement_of(const Json& name) {
  return {id_of<InstitutionId>(name, "institution_id"), static_cast<std::uint32_t>(number_of(name, "number")),
          static_cast<std::uint16_t>(number_of(name, "version"))};
}

SlotRecord to_slot(const Json& slot) {
  SlotRecord record;
  const Json& status = part_of(slot, "status");
  const Json& anchor = part_of(slot, "anchor");
  record.commitment = id_of<Hash256>(slot, "commitment");
  record.issuer = id_of<InstitutionId>(part_of(slot, "issuer"), "id");
  record.issuer_name = text_of(part_of(slot, "issuer"), "name_now");
  record.index = IssuerIndex{number_of(slot, "issuer_index")};
  record.achievement = achievement_of(part_of(slot, "achievement"));
  record.issue_key = id_of<KeyId>(part_of(slot, "key"), "id");
  record.anchor_height = Height{number_of(anchor, "height")};
  record.anchor_time_ms = number_of(anchor, "time_ms");
  record.status = status_of(text_of(status, "status"));
  record.since_ms = number_of(part_of(status, "since"), "time_ms");
  record.log_index = number_of(part_of(status, "since"), "log_index");
  if (text_of(status, "reason") != "unspecified") record.reason = text_of(status, "reason");
  return record;
}

Acceptance outcome_of(const std::string& text) {
  if (text == "accept") return Acceptance::kAccept;
  return text == "blocked" ? Acceptance::kBlocked : Acceptance::kRefuse;
}

AcceptanceRecord to_acceptance(const Json& acceptance, const std::string& viewpoint) {
  AcceptanceRecord record;
  record.outcome = outcome_of(text_of(acceptance, "outcome"));
  record.failed_rule = text_of(acceptance, "failed_rule");
  record.explanation = text_of(acceptance, "explanation");
  record.governs = text_of(acceptance, "governs");
  record.claim_governs = flag_of(acceptance, "claim_governs");
  record.viewpoint = viewpoint;
  record.policy_digest = text_of(acceptance, "policy_digest");
  record.joint = text_of(acceptance, "joint");
  for (const auto& body : part_of(acceptance, "bodies")) {
    record.bodies.push_back({text_of(part_of(body, "body"), "name_now"), outcome_of(text_of(body, "outcome")),
                             text_of(body, "failed_rule")});
  }
  return record;
}

DecisionRecord to_decision(const Json& decision) {
  DecisionRecord record;
  const std::string point = text_of(decision, "point");
  const std::string outcome = text_of(decision, "outcome");
  record.point = point == "at_anchor" ? "at anchor" : point == "at_claim" ? "at the claimed date" : point;
  record.outcome = outcome_of(outcome);
  record.governs = flag_of(decision, "governs");
  record.viewpoint = text_of(part_of(decision, "viewpoint"), "name_now");
  record.policy_digest = text_of(decision, "policy_digest");
  record.explanation = text_of(decision, "explanation");
  record.failed_rule = text_of(decision, "failed_rule");
  for (const auto& path : part_of(decision, "paths")) {
    std::string text;
    for (const auto& hop : part_of(path, "hops")) {
      if (text.empty()) text = text_of(part_of(hop, "truster"), "name_now");
      text += " > " + text_of(part_of(hop, "subject"), "name_now");
    }
    record.paths.push_back(text + " (" + std::to_string(number_of(path, "amount")) + ")");
  }
  return record;
}

KeyRecord to_key(const Json& key) {
  KeyRecord record;
  record.id = id_of<KeyId>(key, "id");
  record.owner = id_of<InstitutionId>(key, "institution_id");
  for (std::uint8_t value = 1; value <= 7; ++value) {
    if (to_text(*purpose_from(value)) == text_of(key, "purpose")) record.purpose = *purpose_from(value);
  }
  const std::string algorithm = text_of(key, "algorithm");
  if (algorithm == "ecdsa_p256") record.key.algorithm = SignatureAlgorithm::kEcdsaP256;
  if (algorithm == "ecdsa_secp256k1") record.key.algorithm = SignatureAlgorithm::kEcdsaSecp256k1;
  if (algorithm == "ed25519") record.key.algorithm = SignatureAlgorithm::kEd25519;
  record.key.bytes = from_hex(text_of(key, "public_key")).value_or(Bytes{});
  record.added_at_ms = number_of(part_of(key, "added"), "time_ms");
  if (const auto retired = number_of(part_of(key, "retired"), "time_ms"); retired != 0) record.retired_at_ms = retired;
  if (const auto since = number_of(key, "compromised_since_ms"); since != 0) record.compromised_since_ms = since;
  return record;
}

AchievementRecord to_achievement(const Json& view) {
  AchievementRecord record;
  const Json& published = part_of(view, "record");
  record.id = achievement_of(part_of(view, "name"));
  for (const auto& title : part_of(published, "titles"))
    record.titles.push_back({text_of(title, "language"), text_of(title, "text")});
  record.ects_hundredths = static_cast<std::uint32_t>(number_of(published, "ects_hundredths"));
  record.eqf_level = static_cast<std::uint8_t>(number_of(published, "eqf_level"));
  for (const auto& outcome : part_of(published, "outcomes"))
    record.learning_outcomes.push_back(english(part_of(outcome, "texts")));
  for (const auto& type : part_of(published, "assessment_types")) {
    record.assessment += (record.assessment.empty() ? "" : ", ") + type.get<std::string>();
  }
  const auto unless_unspecified = [&](const char* name) {
    const std::string text = text_of(published, name);
    return text == "unspecified" ? std::string{} : text;
  };
  record.participation = unless_unspecified("participation");
  record.identity_check = unless_unspecified("identity_check");
  record.stackability = unless_unspecified("stackability");
  const Json& quality = part_of(published, "quality_assurance");
  record.quality_assurance = text_of(quality, "scheme") == "unspecified" ? "" : text_of(quality, "scheme");
  if (const std::string more = english(part_of(quality, "texts")); !more.empty())
    record.quality_assurance += ": " + more;
  record.prerequisites = english(part_of(published, "prerequisites"));
  record.grading = english(part_of(published, "grading"));
  record.information = text_of(published, "information_url");
  return record;
}

void add_issuer(Client& client, const InstitutionId& id, RegistryFacts& facts) {
  auto answer = client.institution(id, false);
  if (auto* failure = std::get_if<CallError>(&answer)) {
    if (failure->kind != CallFailure::kNotFound) facts.problem = failure->message;
    return;
  }
  const Json& institution = part_of(std::get<Json>(answer), "institution");
  const Json& name = part_of(institution, "name");
  IssuerRecord issuer{id,
                      text_of(name, "name_now"),
                      text_of(name, "name_now"),
                      text_of(name, "country"),
                      text_of(name, "domain"),
                      InstitutionStanding::kGood};
  const std::string standing = text_of(institution, "standing");
  if (standing == "suspended") issuer.standing = InstitutionStanding::kSuspended;
  if (standing == "closed") issuer.standing = InstitutionStanding::kClosed;
  facts.issuer = issuer;
  facts.keys.emplace();
  for (const auto& key : part_of(institution, "keys")) {
    facts.keys->push_back(to_key(key));
    if (facts.keys->back().owner.is_zero()) facts.keys->back().owner = id;
  }
}

// The slot that the credential names, where the look-up by commitment did not bring it: then another stands there.
void add_reference_slot(Client& client, const CredentialView& credential, const std::string& purpose,
                        RegistryFacts& facts) {
  const Reference& reference = credential.head.reference;
  const auto is_named = [&](const SlotRecord& slot) {
    return slot.issuer == reference.issuer && slot.index == reference.index;
  };
  if (!reference.is_of_chain(facts.chain) || std::ranges::any_of(*facts.slots, is_named)) return;
  auto answer = client.check_reference(reference, {purpose, false, 0});
  const auto* found = std::get_if<Json>(&answer);
  if (found != nullptr && found->contains("slot")) facts.slots->push_back(to_slot((*found)["slot"]));
}

// Of several slots of the issuer the least accepted one counts, as the worst status does.
void add_decisions(const Json& slot, RegistryFacts& facts) {
  if (!slot.contains("acceptance")) return;
  std::vector<DecisionRecord> decisions;
  for (const auto& decision : part_of(slot, "decisions")) decisions.push_back(to_decision(decision));
  auto acceptance = to_acceptance(slot["acceptance"], decisions.empty() ? "" : decisions.front().viewpoint);
  if (facts.acceptance && facts.acceptance->outcome >= acceptance.outcome) return;
  facts.acceptance = std::move(acceptance);
  facts.decisions = std::move(decisions);
}

}  // namespace

namespace {

// The ledger that the reference names: the one that answers, or one that it continues. A wrong word of the node only
// gives a commitment that nobody lists.
ChainId chain_named(const Reference& reference, const Json& status) {
  const auto present = id_of<ChainId>(status, "chain_id");
  if (reference.is_of_chain(present)) return present;
  for (const auto& continued : part_of(status, "continues")) {
    const auto chain = id_of<ChainId>(continued, "chain_id");
    if (reference.is_of_chain(chain)) return chain;
  }
  return present;
}

}  // namespace

std::uint64_t claimed_date_ms(const CredentialView& credential) {
  const auto claim = credential.disclosed.find(ClaimId::kAwardDate);
  if (claim != credential.disclosed.end()) {
    const auto* text = std::get_if<std::string>(&claim->second);
    if (const auto day = text != nullptr ? trust::parse_date(*text) : std::nullopt) return *day;
  }
  return credential.head.issued_at_s * 1000;
}

RegistryFacts gather_facts(Client& client, const CredentialView& credential, const std::string& purpose) {
  RegistryFacts facts;
  auto status = client.status();
  if (auto* failure = std::get_if<CallError>(&status)) {
    facts.problem = failure->message;
    return facts;
  }
  facts.chain = chain_named(credential.head.reference, std::get<Json>(status));
  facts.answered_by = text_of(part_of(std::get<Json>(status), "institution"), "name_now");
  auto checked =
      client.check_hash(commitment_of(facts.chain, credential), {purpose, true, claimed_date_ms(credential)});
  if (auto* failure = std::get_if<CallError>(&checked)) {
    facts.problem = failure->message;
    return facts;
  }
  const Json& answer = std::get<Json>(checked);
  const Json& as_of = part_of(answer, "as_of");
  facts.as_of = AsOf{Height{number_of(as_of, "height")}, number_of(as_of, "time_ms"), text_of(as_of, "block_id")};
  facts.slots.emplace();
  for (const auto& slot : part_of(answer, "slots")) {
    facts.slots->push_back(to_slot(slot));
    if (facts.slots->back().issuer != credential.head.reference.issuer) continue;
    add_decisions(slot, facts);
  }
  add_reference_slot(client, credential, purpose, facts);
  add_issuer(client, credential.head.reference.issuer, facts);
  const AchievementId& achievement = credential.head.achievement;
  auto published = client.achievement(achievement.institution, achievement.number, achievement.version);
  if (auto* view = std::get_if<Json>(&published)) facts.achievement = to_achievement(part_of(*view, "achievement"));
  return facts;
}

}  // namespace testamur::wallet
