#include "wallet/client/decode_parts.h"

#include "wallet/client/message_json.h"

namespace testamur::wallet::parts {

std::string word(int value, const google::protobuf::EnumDescriptor& type) {
  const auto* known = type.FindValueByNumber(value);
  return known == nullptr || known->number() == 0 ? std::string{} : enumerator_text(*known);
}

PartyName party_from(const v1::InstitutionName& name) {
  return {id_or_zero<InstitutionId>(name.id()), name.name_now(), name.name_then(), name.domain(),
          name.country()};
}

std::optional<AsOf> as_of_from(bool present, const v1::AsOf& as_of) {
  if (!present || as_of.time_ms() == 0) return std::nullopt;
  return AsOf{Height{as_of.height()}, as_of.time_ms(), to_hex(as_bytes(as_of.block_id())),
              Basis::kSaid};
}

std::optional<AnchorAnswer> anchor_from(bool present, const v1::Anchor& anchor) {
  if (!present || !anchor.has_height() || !anchor.has_log_index() || anchor.time_ms() == 0)
    return std::nullopt;
  return AnchorAnswer{Height{anchor.height()}, anchor.time_ms(), LogIndex{anchor.log_index()}};
}

AchievementId achievement_from(const v1::AchievementName& name) {
  if (name.version() > 0xffff) return {};
  return {id_or_zero<InstitutionId>(name.institution_id()), name.number(),
          static_cast<std::uint16_t>(name.version())};
}

LedgerStatus status_from(v1::CredentialStatus status) {
  switch (status) {
    case v1::CREDENTIAL_STATUS_VALID: return LedgerStatus::kValid;
    case v1::CREDENTIAL_STATUS_REVOKED: return LedgerStatus::kRevoked;
    case v1::CREDENTIAL_STATUS_SUSPENDED: return LedgerStatus::kSuspended;
    case v1::CREDENTIAL_STATUS_SUPERSEDED: return LedgerStatus::kSuperseded;
    default: return LedgerStatus::kUnknown;
  }
}

Acceptance outcome_from(v1::DecisionOutcome outcome) {
  switch (outcome) {
    case v1::DECISION_OUTCOME_ACCEPT: return Acceptance::kAccept;
    case v1::DECISION_OUTCOME_REFUSE: return Acceptance::kRefuse;
    case v1::DECISION_OUTCOME_BLOCKED: return Acceptance::kBlocked;
    default: return Acceptance::kUnknown;
  }
}

Listing listing_from(v1::Finding finding, bool has_slots) {
  switch (finding) {
    case v1::FINDING_FOUND: return has_slots ? Listing::kFound : Listing::kUnknown;
    case v1::FINDING_NOT_LISTED: return has_slots ? Listing::kUnknown : Listing::kNotListed;
    default: return Listing::kUnknown;
  }
}

}  // namespace testamur::wallet::parts
