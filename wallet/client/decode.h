// From the messages of the API to plain values, failing closed: an absent field, an enumerator that
// this program does not know and bytes of another length are *unknown*, never the good value. One
// overload for each message that is answered; an answer that lacks the message which it is about
// gives a value that names nobody (an id of zero), and the client refuses that one. Pure; any
// thread.
#pragma once

#include "testamur/v1/governance_service.pb.h"
#include "testamur/v1/ledger_service.pb.h"
#include "testamur/v1/log_service.pb.h"
#include "testamur/v1/registry_service.pb.h"
#include "testamur/v1/trust_service.pb.h"
#include "testamur/v1/verify_service.pb.h"
#include "wallet/client/answers.h"
#include "wallet/client/governance_answers.h"
#include "wallet/client/registry_answers.h"
#include "wallet/client/trust_answers.h"

namespace testamur::wallet {

// ---- decode.cpp: what verdicts are decided from ----
CheckAnswer decode(const v1::CheckHashResponse& answer);
CheckAnswer decode(const v1::CheckReferenceResponse& answer);
BulkAnswer decode(const v1::CheckBulkResponse& answer);
IssuerAnswer decode_issuer(const v1::GetInstitutionResponse& answer);
std::vector<Bytes> decode(const v1::GetReceiptResponse& answer);
// Nothing where a hash has another length.
std::optional<ledger::merkle::Path> decode(const v1::GetConsistencyProofResponse& answer);
InclusionAnswer decode(const v1::GetInclusionProofResponse& answer);
KeyRecord decode(const v1::KeyView& view);
AchievementAnswer decode(const v1::AchievementView& view);
AchievementAnswer decode(const v1::GetAchievementResponse& answer);
AchievementsAnswer decode(const v1::ListAchievementsResponse& answer);

// ---- decode_ledger.cpp: the node and its log ----
StatusAnswer decode(const v1::GetStatusResponse& answer);
SetChangesAnswer decode(const v1::GetSetChangesResponse& answer);
TransactionState state_from(v1::TransactionState state);
TransactionAnswer decode(const v1::GetTransactionResponse& answer);
LogEntriesAnswer decode(const v1::GetEntriesResponse& answer);
ParametersAnswer decode(const v1::GetParametersResponse& answer);
IndexesAnswer decode(const v1::GetIssuerIndexesResponse& answer);

// ---- decode_registry.cpp: institutions, statements and what follows from them ----
InstitutionAnswer decode(const v1::InstitutionView& view);
InstitutionAnswer decode(const v1::GetInstitutionResponse& answer);
InstitutionsAnswer decode(const v1::ListInstitutionsResponse& answer);
OwnedKeyAnswer decode(const v1::GetKeyResponse& answer);
SuccessionAnswer decode(const v1::SuccessionView& view);
SuccessionsAnswer decode(const v1::ListSuccessionsResponse& answer);
StatementAnswer decode(const v1::StatementView& view);
StatementsAnswer decode(const v1::ListStatementsResponse& answer);
DecisionAnswer decode(const v1::DecideResponse& answer);
DecisionAnswer decode(const v1::PathsResponse& answer);

// ---- decode_governance.cpp ----
ValidatorsAnswer decode(const v1::GetValidatorsResponse& answer);
ReadyListAnswer decode(const v1::ListReadyResponse& answer);
ProposalAnswer decode(const v1::GetProposalResponse& answer);
ProposalsAnswer decode(const v1::ListProposalsResponse& answer);
EvidenceListAnswer decode(const v1::ListEvidenceResponse& answer);

// What a record of the registry says in enumerators, as words; empty for none.
std::string word_of(v1::AssessmentType value);
std::string word_of(v1::ParticipationForm value);
std::string word_of(v1::IdentityCheck value);
std::string word_of(v1::Stackability value);
std::string word_of(v1::QualityAssuranceScheme value);

}  // namespace testamur::wallet
