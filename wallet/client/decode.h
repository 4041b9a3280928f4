// From the messages of the API to plain values, failing closed: an absent field, an enumerator that
// this program does not know and bytes of another length are *unknown*, never the good value. Pure;
// any thread.
#pragma once

#include "testamur/v1/ledger_service.pb.h"
#include "testamur/v1/log_service.pb.h"
#include "testamur/v1/registry_service.pb.h"
#include "testamur/v1/verify_service.pb.h"
#include "wallet/client/answers.h"

namespace testamur::wallet {

StatusAnswer decode(const v1::GetStatusResponse& answer);
CheckAnswer decode(const v1::CheckHashResponse& answer);
CheckAnswer decode(const v1::CheckReferenceResponse& answer);
IssuerAnswer decode(const v1::GetInstitutionResponse& answer);
// Nothing where the answer names no achievement.
std::optional<AchievementAnswer> decode(const v1::GetAchievementResponse& answer);
std::vector<Bytes> decode(const v1::GetReceiptResponse& answer);
SetChangesAnswer decode(const v1::GetSetChangesResponse& answer);
// Nothing where a hash has another length.
std::optional<ledger::merkle::Path> decode(const v1::GetConsistencyProofResponse& answer);

KeyRecord decode(const v1::KeyView& view);
// What a record of the registry says in enumerators, as words; empty for none.
std::string word_of(v1::AssessmentType value);
std::string word_of(v1::ParticipationForm value);
std::string word_of(v1::IdentityCheck value);
std::string word_of(v1::Stackability value);
std::string word_of(v1::QualityAssuranceScheme value);

}  // namespace testamur::wallet
