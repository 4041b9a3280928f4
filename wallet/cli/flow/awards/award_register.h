// The register of an office as people look at it: batches and awards with names, ways of delivery
// and, where a node answers, statuses. Read from the encrypted files of this home; nothing is
// changed. One thread, as the client.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wallet/cli/flow/awards/award_targets.h"
#include "wallet/cli/flow/awards/batches.h"

namespace testamur::wallet {

// How a credential gets to its learner.
enum class Delivery : std::uint8_t {
  kRequest,  // sealed to the wallet that asked for it
  kCode,     // by a claim code
  kPurged,   // by a claim code that this office has forgotten
};
std::string_view to_text(Delivery delivery);

// "there", "missing", "damaged".
std::string_view to_text(ClaimFileState state);

struct RegisteredAward {
  AwardRecord award;
  std::string name;  // of the learner, as signed; empty: not in the batch's state
  std::string title;
  std::string given_name, family_name, student_number;
  Delivery delivery = Delivery::kCode;
  std::string claim_file;  // its path
  ClaimFileState file_state = ClaimFileState::kMissing;
  std::string credential;  // as it was signed, with all that it discloses
  ChainId chain;           // that its commitment is of
  std::string status;      // what a verifier is told (told_status.h); "not_listed", "not_sent",
                           // "not_asked"
  std::string on_ledger;   // of statuses_of: of the slot alone; empty: not asked
};

struct RegisteredBatch {
  std::string name;  // of the folder
  std::string id;    // of the batch, in whatever folder
  AchievementId achievement;
  std::string title;
  std::uint64_t issued_at_s = 0;
  std::optional<std::uint64_t> expires_at_s;
  bool committed = false;
  bool delivered = false;
  std::uint64_t first_index = 0;
  std::size_t slots = 0;              // with those that belong to nobody
  std::optional<UnsentBatch> unsent;  // what can be done with one that is not committed
  std::vector<RegisteredAward> awards;
};

// The batch of this name; fails as open_batch does.
Attempt<RegisteredBatch> read_batch(const Context& context,
                                    std::span<const age::Identity> identities,
                                    const std::string& name);
// All batches of this home, the oldest first; where `only` is not empty, that one.
Attempt<std::vector<RegisteredBatch>> read_batches(const Context& context,
                                                   std::span<const age::Identity> identities,
                                                   const std::string& only);

// Whose word the statuses are, or why there is none.
struct StatusSource {
  bool asked = false;
  std::string text;               // "status by the word of HOST:PORT", "status not asked: …"
  ExitCode exit = ExitCode::kOk;  // that the failure asks for
};
// Asks a node for all of them at once, and sets them to "not_asked" where none answers.
StatusSource add_statuses(Context& context, std::span<RegisteredBatch> batches);

// One learner's award in a batch, with its status where a node answers. Fails with 2, as a change
// of status does, where there is no such one.
struct OneAward {
  RegisteredAward award;
  StatusSource source;
};
Attempt<OneAward> read_one_award(Context& context, std::span<const age::Identity> identities,
                                 const std::string& batch, const std::string& student);

// Which awards are shown. An empty member is no condition.
struct AwardFilter {
  std::string student;
  std::optional<AchievementId> achievement;  // version 0: any
  std::string status;
};
bool fits(const RegisteredAward& award, const AwardFilter& filter);
// Whether it is one that nobody takes: of an award which a learner was sent as in force.
bool is_not_in_force(const RegisteredAward& award);
// The names that --status takes.
std::vector<std::string> status_names();

// Numbers of awards by status and by delivery: "28 valid, 2 revoked", "2 by request, 28 by code".
std::string counts_text(const std::vector<const RegisteredAward*>& awards, bool statuses);
Json to_json(const RegisteredAward& award);

// An achievement as people name it: <institution>/<number>.<version>, or of this home's institution
// <number>.<version>, or <number> alone for every version (0).
Result<AchievementId> achievement_named(const std::string& text, const InstitutionId& own);
// The same of one version, for commands that act on one. `what` begins the failure where none is
// named.
Result<AchievementId> version_named(const std::string& what, const std::string& text,
                                    const InstitutionId& own);

}  // namespace testamur::wallet
