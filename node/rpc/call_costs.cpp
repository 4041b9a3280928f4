#include "node/rpc/call_costs.h"

#include <algorithm>

#include "common/check.h"

namespace testamur::node {
namespace {

constexpr CallCost kCosts[] = {
    {"LedgerService", "Submit", 2, Lane::kBeside},
    {"LedgerService", "SubmitMany", 2, Lane::kBeside},
    {"LedgerService", "AwaitCommit", 1, Lane::kStrand},
    {"LedgerService", "AwaitCommits", 1, Lane::kStream},
    {"LedgerService", "GetTransaction", 2, Lane::kStrand},
    {"LedgerService", "StreamBlocks", 4, Lane::kStream},
    {"LedgerService", "GetStatus", 2, Lane::kStrand},
    {"VerifyService", "CheckHash", 2, Lane::kShort},
    {"VerifyService", "CheckReference", 2, Lane::kShort},
    {"VerifyService", "CheckBulk", 2, Lane::kBeside},
    {"VerifyService", "CheckStream", 2, Lane::kStream},
    {"VerifyService", "GetSegment", 8, Lane::kBeside},
    {"VerifyService", "GetReceipt", 8, Lane::kBeside},
    {"VerifyService", "Explain", 20, Lane::kBeside},
    {"TrustService", "Decide", 1, Lane::kBeside},
    {"TrustService", "Paths", 20, Lane::kBeside},
    {"TrustService", "Graph", 20, Lane::kBeside},
    {"RegistryService", "GetInstitution", 2, Lane::kBeside},
    {"RegistryService", "ListInstitutions", 8, Lane::kBeside},
    {"RegistryService", "GetAchievement", 2, Lane::kBeside},
    {"RegistryService", "ListAchievements", 8, Lane::kBeside},
    {"RegistryService", "GetKey", 1, Lane::kDirect},
    {"RegistryService", "GetParameters", 2, Lane::kBeside},
    {"RegistryService", "ListStatements", 8, Lane::kBeside},
    {"RegistryService", "GetIssuerIndexes", 2, Lane::kDirect},
    {"RegistryService", "ListSuccessions", 8, Lane::kBeside},
    {"LogService", "GetCheckpoint", 2, Lane::kDirect},
    {"LogService", "GetInclusionProof", 2, Lane::kDirect},
    {"LogService", "GetConsistencyProof", 2, Lane::kDirect},
    {"LogService", "GetEntries", 8, Lane::kBeside},
    {"LogService", "GetSetChanges", 8, Lane::kBeside},
    {"GovernanceService", "GetValidators", 4, Lane::kBeside},
    {"GovernanceService", "ListProposals", 8, Lane::kBeside},
    {"GovernanceService", "GetProposal", 4, Lane::kBeside},
    {"GovernanceService", "ListReady", 8, Lane::kBeside},
    {"GovernanceService", "ListEvidence", 4, Lane::kBeside},
    {"ServerReflection", "ServerReflectionInfo", 2, Lane::kStream},
    {"AdminService", "SetLogLevel", 0, Lane::kOperator},
    {"AdminService", "StopNode", 0, Lane::kOperator},
    {"AdminService", "Backup", 0, Lane::kOperator},
    {"AdminService", "ResumeVoting", 0, Lane::kOperator},
    {"AdminService", "GetCounters", 0, Lane::kOperator},
    {"AdminService", "NewKey", 0, Lane::kOperator},
    {"AdminService", "Ready", 0, Lane::kOperator},
    {"AdminService", "ExportDecisions", 0, Lane::kOperator},
};

}  // namespace

std::string_view to_text(Lane lane) {
  switch (lane) {
    case Lane::kDirect: return "direct";
    case Lane::kShort: return "short";
    case Lane::kBeside: return "beside";
    case Lane::kStrand: return "strand";
    case Lane::kStream: return "stream";
    case Lane::kOperator: return "operator";
  }
  return {};
}

std::span<const CallCost> call_costs() { return kCosts; }

const CallCost& cost_of(std::string_view service, std::string_view method) {
  const auto* found = std::ranges::find_if(kCosts, [&](const CallCost& cost) {
    return cost.method == method && cost.service == service;
  });
  TM_CHECK(found != std::end(kCosts), "a call without a declared cost:", service, method);
  return *found;
}

}  // namespace testamur::node
