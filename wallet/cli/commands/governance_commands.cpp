// governance: what the validators decide together (docs/governance.md). Proposals are in
// governance_proposals.cpp.
#include <algorithm>
#include <map>
#include <memory>

#include "common/visible.h"
#include "ledger/tx/kinds.h"
#include "ledger/tx/transaction.h"
#include "wallet/cli/commands/commands.h"
#include "wallet/cli/commands/proposals.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/description/named_parties.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/flow/proposal_obstacles.h"
#include "wallet/cli/flow/transaction_flow.h"
#include "wallet/cli/short_id.h"
#include "wallet/cli/terminal.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

// ---- voting

struct VoteOptions {
  Given<std::string> proposal;
  Given<std::string> answer;
  DraftOptions draft;
};

// A proposal as its transaction says it: the id that is voted on is the digest of these bytes, so
// that nobody votes on words that a node made up. Where the node no longer holds the transaction
// its word is all there is.
struct FoundProposal {
  ProposalAnswer view;
  bool is_proven = false;
};
Attempt<FoundProposal> find_proposal(Client& client, const ChainId& chain,
                                     const std::string& typed) {
  std::string text = typed;
  if (is_short_id(typed, "tmx")) {
    TM_TRY(const auto list, asked(client.proposals(false)));
    std::vector<std::string> ids;
    for (const auto& each : list.proposals) ids.push_back(to_text(each.id));
    TM_TRY(text, complete_id("proposal", typed, "tmx", ids, "testamur governance list"));
  }
  const auto id = parse_transaction_id(text);
  if (!id.ok())
    return Failure{ExitCode::kUsage, id.message() + " (testamur governance list shows the ids)"};
  TM_TRY(auto view, asked(client.proposal(*id)));
  TM_TRY(const auto carried, asked(client.transaction(*id)));

  const auto decoded = tx::decode(chain, carried.carried);
  const auto* transaction = std::get_if<tx::SharedTransaction>(&decoded);
  const bool is_it = transaction != nullptr && (*transaction)->id() == *id;
  if (!is_it) return FoundProposal{std::move(view), false};

  // The id is that of something else: what the node shows beside it is not what is voted on.
  const auto* content = std::get_if<tx::ProposalContent>(&(*transaction)->content());
  if (content == nullptr) {
    return Failure{ExitCode::kFailure,
                   text + " is no proposal but a transaction of kind " +
                       std::string(tx::name((*transaction)->kind())) +
                       ", which the node shows as a proposal. Ask another node"};
  }
  view.content = *content;
  return FoundProposal{std::move(view), true};
}

// The ledger that the node serves.
Attempt<ChainId> served_chain(Client& client) {
  TM_TRY(const auto status, asked(client.status()));
  if (status.chain) return *status.chain;
  return Failure{ExitCode::kFailure, "the node does not say which ledger it serves"};
}

// What it does, in words, and what to beware of.
struct ProposalWords {
  std::string text = kUnknownProposal;
  std::vector<std::string> warnings;
  NamesById names;
};
Attempt<ProposalWords> words_for(Client& client, const ProposalAnswer& view,
                                 std::set<InstitutionId> parties) {
  if (!view.content) return ProposalWords{};
  parties.merge(named_parties(*view.content));
  TM_TRY(const auto known, asked(fetch_description_context(client, std::move(parties))));
  return ProposalWords{describe_proposal(*view.content, known),
                       proposal_warnings(*view.content, known), known.names};
}

constexpr const char* kUnprovenProposal =
    "what the proposal says is the node's word: it does not show the transaction that proposed it. "
    "Ask another node";

Outcome vote(Context& context, const VoteOptions& options) {
  const bool yes = *options.answer == "yes";
  if (!yes && *options.answer != "no") {
    return Failure{ExitCode::kUsage, "vote yes or no, not \"" + *options.answer + "\""};
  }

  TM_TRY(auto session, open_acting_session(context, "governance"));
  TM_TRY(const auto found, find_proposal(session.client, session.profile.chain, options.proposal));

  TM_TRY(const auto status, asked(session.client.status()));
  TM_TRY(const auto validators, asked(session.client.validators()));
  TM_TRY(const auto own, asked(session.client.institution(session.profile.institution, false)));
  if (const auto obstacle = author_obstacle(own)) return failure_of(*obstacle);
  // On an idle ledger the newest block is older than the end of the voting, and the next is not.
  const auto now_ms = now_with_ledger(context, status.as_of);
  if (const auto obstacle =
          vote_obstacle(found.view, yes, session.profile.institution, validators, now_ms))
    return failure_of(*obstacle);

  TransactionRequest request;
  request.command = "governance vote";
  request.make = [&](const tx::Envelope& envelope) {
    return tx::build(envelope, tx::VoteContent{found.view.id, yes, false});
  };
  if (found.view.content) request.of_use_until_ms = found.view.content->voting_ends_ms;
  request.of_use_text = "the voting ends";
  request.done = std::string("voted ") + (yes ? "yes" : "no");

  // The words are those of the proposal's own transaction where the node shows it; else a warning
  // says so.
  request.complete_description = [&](const tx::UnsignedTransaction&, const DescriptionContext&,
                                     Description& description) -> Attempt<void> {
    TM_TRY(auto words, words_for(session.client, found.view, {session.profile.institution}));
    description.text += "\nWhat it is about: " + words.text;
    description.text += "\nSo far: " + tally_text(found.view) + ".";
    description.warnings = std::move(words.warnings);
    if (!found.is_proven) description.warnings.push_back(kUnprovenProposal);
    if (auto replaced = replaced_vote(found.view, session.profile.institution, yes))
      description.warnings.push_back(std::move(*replaced));
    return {};
  };

  auto voted = confirm_sign_send(session, std::move(request), options.draft);
  const Reply* reply = voted.reply();
  if (reply == nullptr || reply->already || !options.draft.file->empty()) return voted;

  // What the vote has caused; that it was cast stands, whether a node answers now or not.
  const auto after = session.client.proposal(found.view.id);
  const auto* view = std::get_if<ProposalAnswer>(&after);
  if (view == nullptr) return voted;
  Reply said = *reply;
  said.json["proposal"] = to_text(found.view.id);
  said.json["approvals"] = view->approvals;
  said.json["passed"] =
      view->state == ProposalState::kPassed || view->state == ProposalState::kDone;
  said.text += view->state == ProposalState::kPassed
                   ? "  the proposal has passed, and takes effect " + due_text(*view) +
                         "; on an idle ledger that is the next heartbeat\n"
                   : "  so far " + tally_text(*view) + "\n";
  return said;
}

Outcome veto(Context& context, const VoteOptions& options) {
  TM_TRY(auto session, open_acting_session(context, "governance"));

  TM_TRY(const auto found, find_proposal(session.client, session.profile.chain, options.proposal));
  if (!found.view.content) {
    return Failure{ExitCode::kFailure, *options.proposal +
                                           " cannot be read: the node does not show what it "
                                           "proposes. Ask another one with --endpoint"};
  }
  const auto* replacement = std::get_if<tx::RootReplacementContent>(&found.view.content->action);

  // Checked here too, so that nobody carries a draft to the root holders that the ledger refuses.
  if (replacement == nullptr || replacement->institution != session.profile.institution) {
    return Failure{ExitCode::kUsage,
                   "only the replacement of one's own root can be vetoed; " + *options.proposal +
                       " is no proposal to replace the root of " + session.profile.name};
  }

  TransactionRequest request;
  request.command = "governance veto";
  request.purpose = KeyPurpose::kRoot;
  request.make = [&](const tx::Envelope& envelope) {
    return tx::build(envelope, tx::VoteContent{found.view.id, false, true});
  };
  request.done = "vetoed: the present root keys stay";

  return confirm_sign_send(session, std::move(request), options.draft);
}

// ---- reading

// One question for all of them, and none where no proposal is about somebody.
Attempt<NamesById> names_in(Client& client, const ProposalsAnswer& proposals) {
  NamesById names;
  const bool names_somebody = std::ranges::any_of(proposals.proposals, [](const auto& view) {
    return view.content && !named_parties(*view.content).empty();
  });
  if (!names_somebody) return names;
  TM_TRY(const auto all, asked(client.institutions()));
  for (const auto& each : all.institutions) names[to_text(each.name.id)] = each.name.name_now;
  return names;
}

// Asked for only where a proposal would change it.
Attempt<std::optional<ValidatorsAnswer>> set_in_force(Client& client,
                                                      const ProposalsAnswer& proposals) {
  const bool is_asked = std::ranges::any_of(proposals.proposals, [](const auto& view) {
    return view.content && std::holds_alternative<tx::SetChangeContent>(view.content->action);
  });
  if (!is_asked) return std::optional<ValidatorsAnswer>{};
  TM_TRY(auto validators, asked(client.validators()));
  return std::optional(std::move(validators));
}

Outcome list(Context& context, bool open_only) {
  Client client = context.client();
  TM_TRY(const auto answer, asked(client.proposals(open_only)));
  std::string text;
  TM_TRY(const auto names, names_in(client, answer));
  TM_TRY(const auto in_force, set_in_force(client, answer));
  for (const auto& view : answer.proposals)
    text += proposal_line(view, names, context.now_ms(), in_force ? &*in_force : nullptr);
  if (text.empty()) text = open_only ? "no proposal is open\n" : "nothing was ever proposed\n";
  return Reply{answer.shown.json(), text};
}

Outcome show(Context& context, const std::string& text) {
  Client client = context.client();

  TM_TRY(const auto chain, served_chain(client));
  TM_TRY(const auto found, find_proposal(client, chain, text));
  const auto& view = found.view;

  TM_TRY(const auto words, words_for(client, view, {}));

  std::string out = proposal_line(view, words.names, context.now_ms()) + words.text + "\n";
  if (!found.is_proven) out += toned(Tone::kDoubt, "Warning: ") + kUnprovenProposal + "\n";

  for (const auto& each : view.votes) {
    out += "  " + moment_text(each.time_ms) + "  " + party_text(each.validator) + " votes " +
           (each.approve ? toned(Tone::kGood, "yes") : toned(Tone::kBad, "no")) +
           (each.counts ? "" : " (no longer a validator: does not count)") + "\n";
  }

  Json json = view.shown.json();
  json["says"] = words.text;
  json["proven"] = found.is_proven;
  return Reply{json, out};
}

std::string key_or_unknown(const std::optional<KeyId>& key) {
  return key ? to_text(*key) : "unknown";
}

std::string ready_line(const ReadyAnswer& ready) {
  return to_text(ready.id) + "  " + party_text(ready.institution) + ", key " +
         key_or_unknown(ready.consensus_key) + ", software " + one_line(ready.software_version) +
         ", protocol " + std::to_string(ready.protocol_version) +
         (ready.lapsed ? ", lapsed " : ", until ") + moment_text(ready.lapses_ms) + "\n";
}

Outcome validators(Context& context) {
  Client client = context.client();

  TM_TRY(const auto answer, asked(client.validators()));
  const auto n = answer.seats.size();
  std::string text = "epoch " + std::to_string(answer.epoch) + ": " + std::to_string(n) +
                     (n == 1 ? " validator; " : " validators; ") + std::to_string(quorum_of(n)) +
                     " sign a block, " + std::to_string(tolerated_failures(n)) + " may fail, " +
                     std::to_string(votes_needed(n)) + " decide a vote\n";

  for (const auto& seat : answer.seats) {
    text += "  " + party_text(seat.institution) + " (" + to_text(seat.institution.id) + "), key " +
            key_or_unknown(seat.consensus_key) + "\n";
    if (seat.ready) text += "    ready " + ready_line(*seat.ready);
  }

  text += "protocol version " + std::to_string(answer.protocol_in_force);
  if (answer.protocol_activating != 0) {
    text += "; version " + std::to_string(answer.protocol_activating) + " from block " +
            std::to_string(answer.activation_height.value);
  }

  return Reply{answer.shown.json(), text + "\n"};
}

Outcome ready(Context& context, const std::string& institution) {
  Client client = context.client();
  std::optional<InstitutionId> only;
  if (!institution.empty()) {
    TM_TRY(only, institution_named(client, "institution", institution));
  }
  TM_TRY(const auto answer, asked(client.ready(only)));
  std::string text;
  for (const auto& each : answer.ready) text += ready_line(each);
  return Reply{answer.shown.json(), text.empty() ? "no node has declared itself ready\n" : text};
}

Outcome evidence(Context& context) {
  Client client = context.client();

  TM_TRY(const auto answer, asked(client.evidence()));
  std::string text;

  for (const auto& each : answer.evidence) {
    text += party_text(each.validator) + ", epoch " + std::to_string(each.epoch) + ", view " +
            std::to_string(each.view) + ": " + one_line(each.contradiction) + "\n  " +
            (each.anchored_ms
                 ? "on the ledger since " + moment_text(*each.anchored_ms)
                 : "seen by this node " + moment_text(each.seen_ms) + ", not on the ledger yet") +
            "\n";
  }

  if (!text.empty())
    text +=
        "Nothing happens by itself: governance propose suspend, or validator-set remove or "
        "replace, is a vote.\n";

  return Reply{answer.shown.json(),
               text.empty() ? "no validator was seen to contradict itself\n" : text};
}

Outcome parameters(Context& context) {
  Client client = context.client();
  TM_TRY(const auto answer, asked(client.parameters()));
  std::string text;
  for (const auto& [name, value] : answer.values) {
    text += one_line(name) + " = " + std::to_string(value) +
            (name.ends_with("_ms") ? "  (" + duration_text(value) + ")" : "") + "\n";
  }
  return Reply{answer.shown.json(), text};
}

}  // namespace

namespace {

std::string name_in(const NamesById& names, const InstitutionId& party) {
  const auto known = names.find(to_text(party));
  return known == names.end() || known->second.empty() ? to_text(party) : one_line(known->second);
}

// "adds X; removes Y; gives Z another key": most seats stay, and are not worth a word. A seat of
// which the node does not say whose it is or with which key could be any: nothing is compared then.
std::string changes_text(const tx::SetChangeContent& set, const ValidatorsAnswer& in_force,
                         const NamesById& names) {
  std::map<InstitutionId, KeyId> before;
  for (const auto& seat : in_force.seats) {
    if (!seat.institution.is_named() || !seat.consensus_key) return {};
    before.emplace(seat.institution.id, *seat.consensus_key);
  }
  if (before.empty()) return {};

  std::string added, rekeyed, removed;
  const auto add = [&](std::string& list, const char* word, const InstitutionId& party) {
    list += (list.empty() ? word : std::string(", ")) + name_in(names, party);
  };
  for (const auto& seat : set.seats) {
    const auto found = before.find(seat.institution);
    if (found == before.end()) {
      add(added, "adds ", seat.institution);
      continue;
    }
    if (found->second != seat.consensus_key)
      add(rekeyed, "gives another key to ", seat.institution);
    before.erase(found);
  }
  for (const auto& [party, key] : before) add(removed, "removes ", party);

  std::string text;
  for (const auto& part : {added, removed, rekeyed}) {
    if (!part.empty()) text += (text.empty() ? "" : "; ") + part;
  }
  return text.empty() ? "changes nothing" : text;
}

// Of an open proposal the set in force is what it would change. One that has ended was about the
// set of its day, which is not at hand.
std::string whom_text(const ProposalAnswer& view, const NamesById& names,
                      const ValidatorsAnswer* in_force) {
  const auto& content = *view.content;
  if (const auto* set = std::get_if<tx::SetChangeContent>(&content.action)) {
    const bool is_open =
        view.state == ProposalState::kVoting || view.state == ProposalState::kPassed;
    const std::string changes =
        is_open && in_force != nullptr ? changes_text(*set, *in_force, names) : "";
    return " to " + counted(set->seats.size(), "validator") +
           (changes.empty() ? "" : " (" + changes + ")");
  }
  std::string text;
  for (const auto& party : named_parties(content))
    text += (text.empty() ? " of " : ", ") + name_in(names, party);
  return text;
}

}  // namespace

std::string tally_text(const ProposalAnswer& view) {
  const auto against = std::ranges::count_if(
      view.votes, [](const VoteAnswer& vote) { return vote.counts && !vote.approve; });
  return std::to_string(view.approvals) + " of the " +
         (view.approvals_needed == 0 ? "unknown number of"
                                     : std::to_string(view.approvals_needed)) +
         " yes votes that are needed, " + std::to_string(against) + " no";
}

std::string due_text(const ProposalAnswer& view) {
  return view.due_ms == 0 ? "at an unknown time"
                          : "with the first block at or after " + moment_text(view.due_ms);
}

std::optional<std::string> coming_admission(const ProposalsAnswer& open,
                                            const InstitutionId& institution,
                                            tx::InstitutionClass institution_class) {
  for (const auto& view : open.proposals) {
    const auto* admission =
        view.content ? std::get_if<tx::AdmissionContent>(&view.content->action) : nullptr;
    const bool is_it = admission != nullptr && admission->institution == institution &&
                       admission->institution_class == institution_class;
    if (!is_it) continue;
    if (view.state == ProposalState::kPassed)
      return "the proposal " + to_text(view.id) + " has passed and takes effect " + due_text(view);
    if (view.state == ProposalState::kVoting) {
      return "the validators vote on it until " + moment_text(view.content->voting_ends_ms) +
             ", proposal " + to_text(view.id);
    }
  }
  return std::nullopt;
}

std::optional<std::string> replaced_vote(const ProposalAnswer& view, const InstitutionId& voter,
                                         bool approve) {
  for (const auto& vote : view.votes) {
    if (vote.validator.id != voter || vote.approve == approve) continue;
    return std::string("it takes the place of the ") + (vote.approve ? "yes" : "no") +
           " that this institution voted on " + moment_text(vote.time_ms) +
           ": the last vote counts";
  }
  return std::nullopt;
}

std::string proposal_line(const ProposalAnswer& view, const NamesById& names, std::uint64_t now_ms,
                          const ValidatorsAnswer* in_force) {
  const auto& content = view.content;
  const std::string text =
      toned(Tone::kStrong, to_text(view.id)) + "  " +
      (content ? proposal_name(*content) + whom_text(view, names, in_force) : "unknown") + ", by " +
      party_text(view.proposer) + ", " + moment_text(view.proposed_ms) + "\n  ";

  switch (view.state) {
    case ProposalState::kVoting:
      // Nothing settles it before a block comes.
      if (content && content->voting_ends_ms <= now_ms)
        return text + "the voting ended on " + moment_text(content->voting_ends_ms) +
               " and is settled with the next block: " + tally_text(view) + "\n";
      return text + "voting until " +
             (content ? moment_text(content->voting_ends_ms) : std::string("an unknown time")) +
             ": " + tally_text(view) + "\n";
    case ProposalState::kPassed:
      return text + "passed, and not in effect yet: it takes effect " + due_text(view) + "\n";
    case ProposalState::kDone:
      return text + "in effect since block " + std::to_string(view.ended_height.value) + ", " +
             moment_text(view.ended_ms) + "\n";
    case ProposalState::kVoid:
      return text + "void: on its day the ledger did not allow it any more (" +
             one_line(view.reason) + ")\n";
    case ProposalState::kVetoed: return text + "vetoed by the root that it would have replaced\n";
    case ProposalState::kLapsed:
      return text + "lapsed: the voting ended without enough yes votes\n";
    case ProposalState::kUnknown: break;
  }
  return text + "in a state that this program does not know: use a newer testamur\n";
}

void add_governance_commands(Command app, Context& context, Run& run) {
  auto governance =
      app.add_subcommand("governance", "What the validators decide together: propose, vote, look");
  governance.require_subcommand(1);
  add_proposal_commands(governance, context, run);
  auto options = std::make_shared<VoteOptions>();
  auto voting =
      governance.add_subcommand("vote", "Vote on a proposal, as a validator; the last vote counts");
  option(voting, "proposal", options->proposal, "Id (tmx…)").required();
  option(voting, "answer", options->answer, "yes or no").required();
  add_draft_options(voting, options->draft);
  voting.callback(
      [&context, &run, options] { run = [&context, options] { return vote(context, *options); }; });
  auto vetoing = governance.add_subcommand(
      "veto", "Keep this institution's root keys: stop a root-replacement");
  option(vetoing, "proposal", options->proposal, "Id (tmx…)").required();
  add_draft_options(vetoing, options->draft);
  vetoing.callback(
      [&context, &run, options] { run = [&context, options] { return veto(context, *options); }; });

  auto text = std::make_shared<Given<std::string>>();
  auto open_only = std::make_shared<Given<bool>>();
  auto listing = governance.add_subcommand("list", "Proposals, newest first");
  flag(listing, "--open", *open_only, "Only those that are voted on or wait for their day");
  listing.callback([&context, &run, open_only] {
    run = [&context, open_only] { return list(context, *open_only); };
  });
  auto showing = governance.add_subcommand("show", "One proposal in words, with its votes");
  option(showing, "proposal", *text, "Id (tmx…)").required();
  showing.callback(
      [&context, &run, text] { run = [&context, text] { return show(context, *text); }; });
  governance.add_subcommand("validators", "The set, its keys and the protocol version")
      .callback([&context, &run] { run = [&context] { return validators(context); }; });
  auto readying = governance.add_subcommand("ready", "Which nodes have declared themselves ready");
  option(readying, "institution", *text, "Of one institution: id (tmi…) or domain");
  readying.callback(
      [&context, &run, text] { run = [&context, text] { return ready(context, *text); }; });
  governance.add_subcommand("evidence", "Validators that contradicted themselves")
      .callback([&context, &run] { run = [&context] { return evidence(context); }; });
  governance.add_subcommand("parameters", "The ledger's limits").callback([&context, &run] {
    run = [&context] { return parameters(context); };
  });
}

}  // namespace testamur::wallet
