// Pieces that the decoders share. Private to wallet/client. Pure; any thread.
#pragma once

#include <google/protobuf/descriptor.h>

#include "testamur/v1/types.pb.h"
#include "testamur/v1/verify_service.pb.h"
#include "wallet/client/answers.h"

namespace testamur::wallet::parts {

template <class Id>
std::optional<Id> id_of(const std::string& bytes) {
  return Id::from(as_bytes(bytes));
}
// A number that is a position or says something by being zero: nothing where it is absent or too
// large.
template <class Small>
std::optional<Small> small_number(bool present, std::uint64_t value, std::uint64_t most) {
  return present && value <= most ? std::optional(static_cast<Small>(value)) : std::nullopt;
}
// Zero, which is nobody's, where the bytes are no id.
template <class Id>
Id id_or_zero(const std::string& bytes) {
  return id_of<Id>(bytes).value_or(Id{});
}

// Empty for the unspecified one and for a number without a name.
std::string word(int value, const google::protobuf::EnumDescriptor& type);

PartyName party_from(const v1::InstitutionName& name);
std::optional<AsOf> as_of_from(bool present, const v1::AsOf& as_of);
std::optional<AnchorAnswer> anchor_from(bool present, const v1::Anchor& anchor);
AchievementId achievement_from(const v1::AchievementName& name);
LedgerStatus status_from(v1::CredentialStatus status);
Acceptance outcome_from(v1::DecisionOutcome outcome);
Listing listing_from(v1::Finding finding, bool has_slots);

}  // namespace testamur::wallet::parts
