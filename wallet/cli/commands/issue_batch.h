// Issuing to a class, and superseding one award: what `issuer batch issue` and `issuer status
// supersede` do, for commands that do both (issuer correct). One thread, as the client.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "wallet/cli/context.h"
#include "wallet/cli/flow/awards/award_register.h"
#include "wallet/cli/flow/transaction_flow.h"
#include "wallet/cli/option.h"
#include "wallet/cli/outcome.h"
#include "wallet/credential/award_check.h"
#include "wallet/credential/class_list.h"
#include "wallet/credential/request.h"

namespace testamur::wallet {

struct IssueOptions {
  Given<std::string> csv;
  Given<std::string> achievement;
  Given<std::string> requests;
  Given<std::string> name;
  Given<std::string> expires;
  Given<std::vector<std::string>> map;
  Given<std::string> date_form;
  Given<std::string> encoding;
  Given<bool> again;
  Given<bool> dry_run;
  // Set by a command that replaces an award: who gets the new one holds it no more.
  std::optional<RegisteredAward> replaces;
  Given<bool> issued_elsewhere;  // places that no register of this home has are known
  Given<bool> drop;              // the new one may state less than the one that it replaces
  Given<bool> by_code;  // the new one may come by a code where the old one was locked to a wallet
};

// What the person said of the list's own notation. A separator is found, and what was read is shown
// before the question.
Result<ClassListReading> reading_of(const IssueOptions& options);
// An achievement, and what the ledger says of it. Fails with 1 where it cannot be issued (any
// more), saying why.
struct IssuableAchievement {
  AchievementId id;
  AchievementAnswer answer;
};
Attempt<IssuableAchievement> issuable_achievement(IssuerSession& session, const AchievementId& id);
// The newest versions of this institution's other achievements that are called alike and are not
// retired.
Attempt<std::vector<AchievementId>> achievements_alike(IssuerSession& session, std::uint32_t number,
                                                       const std::vector<std::string>& titles);
// What a list is compared with, before anything is signed.
AwardTerms terms_of(const IssuableAchievement& achievement);
// Checks, shows, asks, issues; from wherever it was interrupted `issuer batch resume` goes on.
Outcome issue_batch(Context& context, const IssueOptions& options);
// For good, with reason correction: shows the award, asks, sends.
Outcome supersede_award(Context& context, const std::string& student, const std::string& batch);

// The options that say how the list is written.
void add_reading_options(Command command, IssueOptions& options);

}  // namespace testamur::wallet
