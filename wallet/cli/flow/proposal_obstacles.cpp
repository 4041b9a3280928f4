#include "wallet/cli/flow/proposal_obstacles.h"

#include <algorithm>

#include "ledger/parameters.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/description/render.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;
using Code = tx::RejectionCode;
using Found = std::optional<Obstacle>;
using Class = tx::InstitutionClass;

constexpr std::uint64_t kUnknownLimit = ~std::uint64_t{0};

bool is_seated(const ValidatorsAnswer& validators, const InstitutionId& id) {
  return std::ranges::any_of(validators.seats,
                             [&](const auto& seat) { return seat.institution.id == id; });
}

// Only of a set that is known, each seat by name: a seat that cannot be read may be this one.
Found not_seated(const ValidatorsAnswer& validators, const InstitutionId& author,
                 const std::string& who) {
  const bool whole =
      !validators.seats.empty() && std::ranges::all_of(validators.seats, [](const auto& seat) {
        return seat.institution.is_named();
      });
  if (!whole || is_seated(validators, author)) return std::nullopt;
  return Obstacle{Code::kNotSeated, "only an institution with a seat in the validator set " + who +
                                        ", and this one has none (testamur governance validators)"};
}

const InstitutionAnswer* party_in(const GovernanceFacts& facts, const InstitutionId& id) {
  const auto found = facts.parties.find(id);
  return found == facts.parties.end() ? nullptr : &found->second;
}

std::uint64_t limit_of(const GovernanceFacts& facts, const std::string& name) {
  const auto found = facts.parameters.values.find(name);
  return found == facts.parameters.values.end() ? kUnknownLimit : found->second;
}

bool is_too_late(std::uint64_t time_ms, std::uint64_t now_ms, std::uint64_t limit_ms) {
  return time_ms > now_ms && time_ms - now_ms > limit_ms;
}

Found time_obstacle(const tx::ProposalContent& content, const GovernanceFacts& facts) {
  const auto voting_ms = limit_of(facts, "voting_time_limit_ms");
  if (is_too_late(content.voting_ends_ms, facts.now_ms, voting_ms)) {
    return Obstacle{Code::kVotingTime,
                    "--voting-ends: " + moment_text(content.voting_ends_ms) + " is more than " +
                        duration_text(voting_ms) +
                        " ahead, the longest time that this ledger lets a vote take"};
  }
  const auto delay_ms = limit_of(facts, "effective_delay_limit_ms");
  if (is_too_late(content.effective_ms, facts.now_ms, delay_ms)) {
    return Obstacle{Code::kEffectiveTime,
                    "--effective: " + moment_text(content.effective_ms) + " is more than " +
                        duration_text(delay_ms) +
                        " ahead, the longest time that this ledger lets a decision wait"};
  }
  return std::nullopt;
}

Found listed(const InstitutionAnswer& party) {
  if (party.institution_class != Class::kListed) return std::nullopt;
  return Obstacle{
      Code::kListedInstitution,
      party_text(party.name) +
          " is only listed, and has no keys: it registers first (testamur institution register)"};
}

// ---- the actions

Found obstacle(const tx::AdmissionContent& content, const GovernanceFacts& facts) {
  const auto* party = party_in(facts, content.institution);
  if (party == nullptr) return std::nullopt;
  const auto name = party_text(party->name);
  if (auto none = listed(*party)) return none;
  if (party->institution_class == content.institution_class)
    return Obstacle{Code::kClassUnchanged,
                    name + " is of the class " + class_text(party->institution_class) + " already"};

  const bool is_raised = content.institution_class != Class::kIssuer;
  const auto standing = party->standing;
  if (standing == trust::Standing::kLeft || standing == trust::Standing::kClosed) {
    if (is_raised)
      return Obstacle{Code::kStandingNotGood, name + " has the standing \"" +
                                                  standing_text(standing) +
                                                  "\", which is for good: it takes no new role"};
  }
  if (is_raised && standing == trust::Standing::kSuspended)
    return Obstacle{Code::kStandingNotGood,
                    name + " is suspended: lift that first (testamur governance propose lift)"};
  if (is_seated(facts.validators, content.institution)) {
    return Obstacle{Code::kSeated,
                    name +
                        " has a seat in the validator set, which rests on its class: the set "
                        "changes first (testamur governance propose validator-set remove)"};
  }
  return std::nullopt;
}

Found obstacle(const tx::SetChangeContent& content, const GovernanceFacts& facts) {
  for (const auto& seat : content.seats) {
    const auto* party = party_in(facts, seat.institution);
    if (party == nullptr) continue;
    const auto name = party_text(party->name);
    if (party->institution_class && party->institution_class != Class::kValidator) {
      return Obstacle{Code::kSeatClass,
                      name + " is of the class " + class_text(party->institution_class) +
                          ": it becomes a validator first (testamur governance propose admission "
                          "… --class validator)"};
    }
    if (party->standing && party->standing != trust::Standing::kGood)
      return Obstacle{Code::kSeatClass, name + " has the standing \"" +
                                            standing_text(party->standing) +
                                            "\": only one of good standing takes a seat"};
  }
  return std::nullopt;
}

Found obstacle(const tx::ParameterChangeContent& content, const GovernanceFacts& facts) {
  std::string same;
  for (const auto& value : content.values) {
    const std::string name(ledger::row_of(value.id).name);
    const auto now = facts.parameters.values.find(name);
    if (now == facts.parameters.values.end() || now->second != value.value) return std::nullopt;
    same += (same.empty() ? "" : ", ") + name + " = " + std::to_string(value.value);
  }
  return Obstacle{Code::kParametersUnchanged, "that is in force already: " + same};
}

Found obstacle(const tx::ProtocolActivationContent& content, const GovernanceFacts& facts) {
  const auto newest =
      std::max(facts.validators.protocol_in_force, facts.validators.protocol_activating);
  if (content.version <= newest)
    return Obstacle{Code::kProtocolNotNewer,
                    "version " + std::to_string(newest) + " is activated already"};
  if (content.height.value != 0 && content.height <= facts.height)
    return Obstacle{Code::kProtocolNotNewer, "--height: " + std::to_string(content.height.value) +
                                                 " is past; the ledger is at " +
                                                 std::to_string(facts.height.value)};
  return std::nullopt;
}

Found obstacle(const tx::RootReplacementContent& content, const GovernanceFacts& facts) {
  const auto* party = party_in(facts, content.institution);
  return party == nullptr ? std::nullopt : listed(*party);
}

Found obstacle(const tx::SuspensionContent& content, const GovernanceFacts& facts) {
  const auto* party = party_in(facts, content.institution);
  if (!content.lift && facts.validators.seats.size() == 1 &&
      is_seated(facts.validators, content.institution))
    return Obstacle{Code::kLastValidator,
                    "it is the only validator: without it no block is made, and nothing could "
                    "lift the suspension"};
  if (party == nullptr || !party->standing) return std::nullopt;
  const auto needed = content.lift ? trust::Standing::kSuspended : trust::Standing::kGood;
  if (party->standing == needed) return std::nullopt;
  return Obstacle{Code::kStandingUnchanged,
                  party_text(party->name) + " has the standing \"" +
                      standing_text(party->standing) + "\": only one of the standing \"" +
                      standing_text(needed) + "\" can be " +
                      (content.lift ? "given its rights again" : "suspended")};
}

std::string_view kind_word(tx::SuccessionKind kind) {
  switch (kind) {
    case tx::SuccessionKind::kMerge: return "merge";
    case tx::SuccessionKind::kSplit: return "split";
    case tx::SuccessionKind::kRename: return "rename";
    case tx::SuccessionKind::kCustody: return "custody";
  }
  return {};
}

bool are_same(const std::vector<PartyName>& named, const std::vector<InstitutionId>& ids) {
  return named.size() == ids.size() && std::ranges::all_of(named, [&](const auto& name) {
           return name.is_named() && std::ranges::find(ids, name.id) != ids.end();
         });
}

// The vote stands in for those who can no longer sign, never for a successor.
Found obstacle(const tx::SuccessionContent& content, const GovernanceFacts& facts) {
  for (const auto& id : content.successors) {
    const auto* party = party_in(facts, id);
    if (party == nullptr) continue;
    const bool agreed = std::ranges::any_of(party->successions, [&](const auto& each) {
      if (!each.parties_known) return true;  // it may be this one
      return each.kind == kind_word(content.kind) &&
             are_same(each.predecessors, content.predecessors) &&
             are_same(each.successors, content.successors);
    });
    if (!agreed) {
      return Obstacle{Code::kNotConsented,
                      party_text(party->name) +
                          " has not agreed to this succession: it says so first, by the same "
                          "testamur institution succeed"};
    }
  }
  return std::nullopt;
}

const char* ended_word(ProposalState state) {
  switch (state) {
    case ProposalState::kPassed: return "it has passed";
    case ProposalState::kDone: return "it is in effect";
    case ProposalState::kLapsed: return "it has lapsed";
    case ProposalState::kVoid: return "it is void";
    case ProposalState::kVetoed: return "it was vetoed";
    case ProposalState::kUnknown:
    case ProposalState::kVoting: break;
  }
  return nullptr;
}

}  // namespace

Failure failure_of(const Obstacle& obstacle) {
  return Failure{ExitCode::kFailure, obstacle.text + ". Nothing was sent",
                 std::string(tx::name(obstacle.code)), std::string(tx::rule(obstacle.code))};
}

std::optional<Obstacle> author_obstacle(const InstitutionAnswer& author) {
  if (!author.standing || author.standing == trust::Standing::kGood) return std::nullopt;
  return Obstacle{Code::kAuthorNotInGoodStanding, "this institution has the standing \"" +
                                                      standing_text(author.standing) +
                                                      "\", and nothing that it sends counts"};
}

std::optional<Obstacle> proposal_obstacle(const tx::ProposalContent& content,
                                          const GovernanceFacts& facts) {
  if (auto found = not_seated(facts.validators, facts.author, "proposes")) return found;
  if (auto found = time_obstacle(content, facts)) return found;
  return std::visit([&](const auto& action) { return obstacle(action, facts); }, content.action);
}

const ProposalAnswer* proposed_already(const tx::ProposalContent& content,
                                       const ProposalsAnswer& open) {
  for (const auto& view : open.proposals) {
    const bool is_open =
        view.state == ProposalState::kVoting || view.state == ProposalState::kPassed;
    if (is_open && view.content && view.content->action == content.action) return &view;
  }
  return nullptr;
}

std::optional<Obstacle> vote_obstacle(const ProposalAnswer& proposal, bool approve,
                                      const InstitutionId& author,
                                      const ValidatorsAnswer& validators, std::uint64_t now_ms) {
  if (auto found = not_seated(validators, author, "votes")) return found;
  if (const char* word = ended_word(proposal.state))
    return Obstacle{Code::kProposalClosed, std::string("the voting has ended: ") + word};
  if (proposal.content && proposal.content->voting_ends_ms <= now_ms)
    return Obstacle{Code::kProposalClosed,
                    "the voting has ended, on " + moment_text(proposal.content->voting_ends_ms)};
  for (const auto& vote : proposal.votes) {
    if (vote.validator.id == author && vote.approve == approve)
      return Obstacle{Code::kVoteUnchanged, std::string("this institution has voted ") +
                                                (approve ? "yes" : "no") +
                                                " already, and nothing would change"};
  }
  return std::nullopt;
}

}  // namespace testamur::wallet
