// The names are those of the rejections in ledger/tx/rejection.cpp; a code that says all by its
// rule has no line here.
#include "wallet/cli/description/advice.h"

#include <utility>

namespace testamur::wallet {
namespace {

constexpr std::pair<std::string_view, std::string_view> kAdvice[] = {
    {"possession",
     "the proof was made for another ledger, institution or key: make it again on the machine that "
     "holds the key"},
    {"expired",
     "its end of validity has passed: run the command again, or draft anew with a later --send-by"},
    {"valid_too_long",
     "it is too early: the ledger takes it only shortly before its end of validity; send it again "
     "then. Where no time "
     "to come was asked for, this machine's clock is ahead: set it"},
    {"replay", "it is on the ledger already"},
    {"unknown_author",
     "this home's institution is not on this ledger: look at testamur institution show, and at "
     "--endpoint"},
    {"author_not_in_good_standing",
     "the institution is suspended or has left: ask a validator to propose governance lift"},
    {"author_class",
     "its class does not allow this: testamur institution show names the class; governance propose "
     "admission raises "
     "it"},
    {"unknown_key", "the key is not registered: testamur key list shows those that are"},
    {"key_of_another", "sign with a key of the institution in whose name this is"},
    {"key_purpose", "sign with a key of the purpose that this kind needs"},
    {"key_retired",
     "the key is retired: sign with another one (testamur key list). That it had been stolen can "
     "be "
     "declared of it once, where the ledger has protocol version 4"},
    {"signature_threshold",
     "more holders of root keys must sign: use --draft FILE, testamur sign FILE, testamur send "
     "FILE"},
    {"limit", "the ledger's parameters bound this: testamur governance parameters shows them"},
    {"block_full", "try again in a moment"},
    {"later_protocol",
     "the ledger does not follow the protocol version that brings this: governance propose "
     "protocol activates it"},
    {"unknown_institution", "check the id; testamur registry institutions lists all"},
    {"achievement_exists",
     "raise version in the file and publish that; what was published before stays as it is for the "
     "credentials of it"},
    {"key_exists", "this key was registered before: make a fresh one"},
    {"compromised_in_future", "give a date that has passed"},
    {"last_key", "add another root key first (testamur key add root), then retire this one"},
    {"facts_unchanged", "the ledger says this already"},
    {"identifier_taken",
     "look who has it: testamur registry institutions; a successor takes it over by testamur "
     "institution succeed"},
    {"not_listed", "name a listed institution with --listed, or leave it out"},
    {"holds_seat",
     "first take it out of the validator set: governance propose validator-set remove"},
    {"not_a_party", "only the institutions that it names agree to a succession"},
    {"already_consented", "nothing more to do here: it waits for the other parties"},
    {"party_not_in_good_standing", "a suspended party agrees once its suspension is lifted"},
    {"not_consented", "the successors run testamur institution succeed first"},
    {"not_seated",
     "only members of the validator set propose and vote: testamur governance validators"},
    {"voting_time",
     "choose --voting-ends within the ledger's limit (testamur governance parameters)"},
    {"effective_time", "choose an earlier --effective, or none"},
    {"too_many_proposals", "wait until open ones have ended: testamur governance list --open"},
    {"unknown_proposal", "check the id: testamur governance list"},
    {"proposal_closed",
     "it has ended: testamur governance show says how; propose it again if it is still wanted"},
    {"vote_unchanged", "this vote is counted already"},
    {"not_vetoable", "a root vetoes only the replacement of itself"},
    {"veto_used", "the other validators decide now: ask them to vote no"},
    {"listed_institution", "register it first: testamur institution register FILE --listed ID"},
    {"class_unchanged", "it has this class already"},
    {"standing_not_good", "lift its suspension first: governance propose lift"},
    {"seated", "first take it out of the validator set: governance propose validator-set remove"},
    {"seat_class",
     "admit it to the class validator first: governance propose admission … --class validator"},
    {"seat_key",
     "the key is retired or of another institution: testamurd new-key consensus, testamur key add "
     "consensus, testamurd "
     "ready"},
    {"ready_needed",
     "run testamurd ready at the incoming node and name its transaction with --ready"},
    {"ready_lapsed", "run testamurd ready at the incoming node again and propose anew"},
    {"ready_protocol", "update the incoming node, then run testamurd ready there again"},
    {"set_unchanged", "the set is already like this: testamur governance validators"},
    {"parameters_unchanged", "the value is in force already: testamur governance parameters"},
    {"protocol_not_newer", "choose a newer version and a height to come"},
    {"not_ready", "more validators update and run testamurd ready, then propose again"},
    {"standing_unchanged", "its standing is already like this: testamur institution show"},
    {"last_validator", "add another validator first"},
    {"key_in_set",
     "a key that votes changes with the set: governance propose validator-set replace or remove"},
    {"nothing_to_end",
     "nothing is said in this slot: testamur registry statements --by ID shows the slots in use"},
    {"unknown_statement", "check the id: testamur registry statements --by ID --history"},
    {"statement_of_another",
     "only its author ends or voids a statement: testamur registry statements names it"},
    {"not_endable",
     "name a trust, a distrust or an accreditation: testamur registry statements --history"},
    {"about_itself", "name another institution than this home's own"},
    {"statement_limit",
     "end statements that are no longer needed (testamur trust withdraw), or use their slots"},
    {"slot_limit", "choose a smaller --slot: testamur governance parameters shows the limit"},
    {"change_rate", "the day's changes are used up: send it again tomorrow"},
    {"byte_budget",
     "what this institution may write in a day is used up: send it again at the hour that is "
     "named"},
    {"interval_empty", "the end must come after the beginning: compare --from and --until"},
    {"unknown_achievement",
     "check the id: testamur registry achievements INSTITUTION; publish it first"},
    {"achievement_version_gap",
     "publish the next version: testamur registry achievements shows the last one"},
    {"achievement_retired", "issue under another achievement, or publish a new version"},
    {"achievement_not_cosigned", "the other awarding bodies have to co-sign it first"},
    {"not_awarding_body", "only the bodies that the achievement names award or co-sign it"},
    {"already_cosigned", "nothing more to do here: it waits for the other awarding bodies"},
    {"index_overlap",
     "another batch has these indexes, for good: give this one up and issue the class again, from "
     "one home at a time"},
    {"unknown_index",
     "nothing was issued under it by this institution: name the award by --student or --reference"},
    {"status_final",
     "what is revoked or superseded stays so: where that is wrong, issue it again. Of a change "
     "that names other awards too nothing was done: give the command again, which leaves this one "
     "out"},
    {"status_unchanged",
     "it has this status already. Of a change that names other awards too nothing was done: give "
     "the command again, which leaves this one out"},
    {"reinstate_not_suspended", "only what is suspended can be reinstated"},
    {"reason_not_allowed", "choose another --reason"},
    {"no_compromise",
     "leave --with-root out: no issue key of this institution is known to be compromised"},
    {"policy_unchanged", "the ledger says this already"},
    {"about_parent", "name another institution: a part does not accredit its parent"},
    {"facts_frozen",
     "a new country is a new institution: register it, then use testamur institution succeed"},
};

}  // namespace

std::string_view advice_for(std::string_view code) {
  for (const auto& [name, advice] : kAdvice) {
    if (name == code) return advice;
  }
  return {};
}

}  // namespace testamur::wallet
