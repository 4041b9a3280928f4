// governance propose: each action, from the words of a person to a transaction.
#include <algorithm>
#include <charconv>
#include <memory>
#include <set>

#include "common/visible.h"
#include "ledger/parameters.h"
#include "wallet/cli/commands/proposals.h"
#include "wallet/cli/commands/successions.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/flow/proposal_obstacles.h"
#include "wallet/cli/flow/transaction_flow.h"
#include "wallet/cli/terminal.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

constexpr const char* kUsualVoting = "+7d";

struct ProposeOptions {
  Given<std::string> voting_ends{kUsualVoting};
  Given<std::string> effective;
  Given<std::string> institution;
  Given<std::string> admitted_to;
  Given<std::string> ready;
  Given<std::vector<std::string>> values;
  Given<std::string> public_file;
  Given<unsigned> version{0};
  Given<std::uint64_t> height{0};
  Given<bool> retroactive;
  SuccessionOptions succession;
  DraftOptions draft;
};

// What an action needs besides the ledger.
struct Proposed {
  tx::ProposedAction action;
  std::vector<std::string> warnings;
};
using Make =
    std::function<Attempt<Proposed>(IssuerSession& session, const ProposeOptions& options)>;

Attempt<InstitutionId> party_of(IssuerSession& session, const ProposeOptions& options) {
  return institution_named(session.client, "institution", options.institution);
}

// Only of an accreditor there is a role that can be taken back from its beginning.
Attempt<void> check_retroactive(IssuerSession& session, const InstitutionId& id) {
  TM_TRY(const auto answer, asked(session.client.institution(id, false)));
  if (answer.institution_class == tx::InstitutionClass::kAccreditor) return {};
  return error("--retroactive would have no effect here: " + party_text(answer.name) +
               " is no accreditor, and has no role to lose from its beginning. Leave it out; "
               "nothing was sent");
}

Attempt<Proposed> admission(IssuerSession& session, const ProposeOptions& options) {
  constexpr std::pair<std::string_view, tx::InstitutionClass> kClasses[] = {
      {"issuer", tx::InstitutionClass::kIssuer},
      {"accreditor", tx::InstitutionClass::kAccreditor},
      {"validator", tx::InstitutionClass::kValidator}};
  for (const auto& [name, value] : kClasses) {
    if (name != *options.admitted_to) continue;
    TM_TRY(const auto id, party_of(session, options));
    if (*options.retroactive) TM_TRY_STATUS(check_retroactive(session, id));
    return Proposed{tx::AdmissionContent{id, value, options.retroactive}, {}};
  }
  return error("--class: \"" + *options.admitted_to + "\" is none (issuer, accreditor, validator)");
}

// ---- the validator set

Attempt<std::vector<tx::Seat>> seats_now(Client& client) {
  TM_TRY(const auto answer, asked(client.validators()));
  std::vector<tx::Seat> seats;
  for (const auto& seat : answer.seats) {
    // A set that loses a member by an answer that lost it would be voted on as the next one.
    if (!seat.institution.is_named() || !seat.consensus_key) {
      return Failure{ExitCode::kFailure,
                     "the node does not say who sits in the validator set with which key"};
    }
    seats.push_back({seat.institution.id, *seat.consensus_key, TransactionId{}});
  }
  return seats;
}

// The `ready` that the option names, of this institution and not lapsed.
Attempt<ReadyAnswer> ready_of(Client& client, const InstitutionId& institution,
                              const std::string& text) {
  const auto id = parse_transaction_id(text);
  if (!id.ok()) return error("--ready: " + id.message());

  TM_TRY(const auto answer, asked(client.ready(institution)));

  for (const auto& entry : answer.ready) {
    if (entry.id != *id || entry.institution.id != institution) continue;
    if (!entry.consensus_key)
      return error("--ready: the node does not say of which consensus key it is");
    if (entry.lapsed) {
      return error("--ready: it lapsed on " + moment_text(entry.lapses_ms) +
                   "; run testamurd ready at that node again");
    }
    return entry;
  }

  return error("--ready: " + text + " is not the newest ready of a consensus key of " +
               to_text(institution) + " (testamur governance ready " + to_text(institution) + ")");
}

// Whether a node that answers is connected to the incoming one: no rule of the ledger, but a reason
// to wait.
void warn_if_unreachable(Client& client, const InstitutionId& institution,
                         std::vector<std::string>& warnings) {
  auto answer = client.status();
  const auto* status = std::get_if<StatusAnswer>(&answer);
  if (status == nullptr || status->institution.id == institution) return;
  const bool connected = std::ranges::any_of(status->peers, [&](const PeerAnswer& peer) {
    return peer.institution.id == institution && peer.connected;
  });
  if (connected) return;
  warnings.push_back(
      "the node that was asked is not connected to the incoming node now: a validator that the "
      "others do not reach "
      "counts as failed");
}

Attempt<Proposed> put_seat(IssuerSession& session, const ProposeOptions& options,
                           bool must_be_new) {
  TM_TRY(const auto id, party_of(session, options));
  TM_TRY(auto seats, seats_now(session.client));
  TM_TRY(const auto ready, ready_of(session.client, id, options.ready));

  TM_TRY(auto content,
         edit_set(std::move(seats), {tx::Seat{id, *ready.consensus_key, ready.id}, std::nullopt},
                  must_be_new));

  Proposed proposed{std::move(content), {}};

  // Whether the ready still lives is judged when the change is due, not when it is proposed.
  TM_TRY(const auto ends_ms, parse_time(options.voting_ends, session.context.now_ms()));
  auto due_ms = ends_ms;
  if (!options.effective->empty()) {
    TM_TRY(due_ms, parse_time(options.effective, session.context.now_ms()));
  }

  if (ready.lapses_ms <= due_ms) {
    proposed.warnings.push_back("the ready lapses on " + moment_text(ready.lapses_ms) +
                                ", which may be before the change is due: then the change is void");
  }

  warn_if_unreachable(session.client, id, proposed.warnings);
  return proposed;
}

Attempt<Proposed> add_seat(IssuerSession& session, const ProposeOptions& options) {
  return put_seat(session, options, true);
}
Attempt<Proposed> replace_seat(IssuerSession& session, const ProposeOptions& options) {
  return put_seat(session, options, false);
}

Attempt<Proposed> remove_seat(IssuerSession& session, const ProposeOptions& options) {
  TM_TRY(const auto id, party_of(session, options));
  TM_TRY(auto seats, seats_now(session.client));
  TM_TRY(auto content, edit_set(std::move(seats), {std::nullopt, id}, false));
  return Proposed{std::move(content), {}};
}

// ---- the others

Result<std::uint64_t> parse_value(const std::string& text, const std::string& name) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec == std::errc{} && read.ptr == end) return value;
  return error(in_quotes(text) + " is no value of " + name + ": write a whole number");
}

Attempt<Proposed> parameters(IssuerSession&, const ProposeOptions& options) {
  const std::vector<std::string>& values = options.values;
  if (values.empty() || values.size() % 2 != 0)
    return error("write NAME VALUE, or several such pairs");

  tx::ParameterChangeContent content;

  for (std::size_t i = 0; i < values.size(); i += 2) {
    const auto& name = values[i];
    const auto* row = ledger::find_parameter(name);
    if (row == nullptr)
      return error(in_quotes(name) + " is no parameter (testamur governance parameters)");
    TM_TRY(const auto value, parse_value(values[i + 1], name));
    if (value < row->least || value > row->most) {
      return error(name + " is from " + std::to_string(row->least) + " to " +
                   std::to_string(row->most) + ", not " + std::to_string(value));
    }
    content.values.push_back({row->id, value});
  }

  std::ranges::sort(content.values);
  return Proposed{std::move(content), {}};
}

Attempt<Proposed> protocol(IssuerSession& session, const ProposeOptions& options) {
  const unsigned version = options.version;
  if (version == 0 || version > 0xffff) return error("a protocol version is from 1 to 65535");

  Proposed proposed{
      tx::ProtocolActivationContent{static_cast<std::uint16_t>(version), Height{options.height}},
      {}};

  TM_TRY(const auto answer, asked(session.client.validators()));
  const auto& seats = answer.seats;
  std::size_t know = 0;
  for (const auto& seat : seats) {
    know += seat.ready && !seat.ready->lapsed && seat.ready->protocol_version >= version ? 1 : 0;
  }

  // Readiness is asked on the day (decision 0904): until then this is a reason to wait, no fault.
  if (know < quorum_of(seats.size())) {
    proposed.warnings.push_back(
        "only " + std::to_string(know) + " of " + std::to_string(seats.size()) +
        " validators have declared by `testamurd ready` that their node knows version " +
        std::to_string(version) + "; " + std::to_string(quorum_of(seats.size())) +
        " must have on its day, otherwise it is void");
  }

  return proposed;
}

Attempt<Proposed> suspend(IssuerSession& session, const ProposeOptions& options) {
  TM_TRY(const auto id, party_of(session, options));
  return Proposed{tx::SuspensionContent{id, false}, {}};
}

Attempt<Proposed> lift(IssuerSession& session, const ProposeOptions& options) {
  TM_TRY(const auto id, party_of(session, options));
  return Proposed{tx::SuspensionContent{id, true}, {}};
}

Attempt<Proposed> replace_root(IssuerSession& session, const ProposeOptions& options) {
  TM_TRY(const auto file, read_public_key_file(options.public_file));
  TM_TRY(const auto id, party_of(session, options));
  if (file.chain != session.profile.chain)
    return error(*options.public_file + " is for another ledger, " + to_text(file.chain));
  if (file.institution != id)
    return error(*options.public_file + " is for another institution, " +
                 to_text(file.institution));
  if (file.content.purpose != KeyPurpose::kRoot) {
    return error(*options.public_file + " holds a " + std::string(to_text(file.content.purpose)) +
                 " key, not a root key");
  }
  return Proposed{tx::RootReplacementContent{id, file.content.key, file.content.possession}, {}};
}

// A time to come, by the option `name`.
Attempt<std::uint64_t> time_of(const Context& context, const char* name, const std::string& text) {
  const auto time_ms = parse_time(text, context.now_ms());
  if (!time_ms.ok()) return Failure{ExitCode::kUsage, std::string(name) + ": " + time_ms.message()};
  if (*time_ms <= context.now_ms()) {
    return Failure{ExitCode::kUsage,
                   std::string(name) + ": " + text + " has passed; give a time to come"};
  }
  return *time_ms;
}

// Whom it is about: of a new set only those who have no seat yet.
std::set<InstitutionId> parties_about(const tx::ProposedAction& action,
                                      const ValidatorsAnswer& validators) {
  if (const auto* admission = std::get_if<tx::AdmissionContent>(&action))
    return {admission->institution};
  if (const auto* suspension = std::get_if<tx::SuspensionContent>(&action))
    return {suspension->institution};
  if (const auto* replacement = std::get_if<tx::RootReplacementContent>(&action))
    return {replacement->institution};
  if (const auto* succession = std::get_if<tx::SuccessionContent>(&action))
    return {succession->successors.begin(), succession->successors.end()};

  std::set<InstitutionId> entering;
  if (const auto* change = std::get_if<tx::SetChangeContent>(&action)) {
    for (const auto& seat : change->seats) entering.insert(seat.institution);
    for (const auto& seat : validators.seats) entering.erase(seat.institution.id);
  }
  return entering;
}

// A root is replaced some days after the vote at the earliest, so that its holder can speak up: a
// day before that would have no effect.
Status refuse_useless_day(const tx::ProposalContent& said, const GovernanceFacts& facts) {
  if (said.effective_ms == 0 || !std::holds_alternative<tx::RootReplacementContent>(said.action))
    return {};
  const auto delay = facts.parameters.values.find("root_replacement_delay_ms");
  if (delay == facts.parameters.values.end()) return {};
  if (said.effective_ms > facts.now_ms + delay->second) return {};
  return error("--effective: " + moment_text(said.effective_ms) +
               " would have no effect: a root is replaced at least " +
               duration_text(delay->second) + " after the vote has passed; nothing was sent");
}

// Told before the question: what the ledger would refuse.
Attempt<void> refuse_what_cannot_hold(IssuerSession& session, const tx::ProposalContent& said) {
  GovernanceFacts facts;
  facts.author = session.profile.institution;
  TM_TRY(const auto own, asked(session.client.institution(facts.author, false)));
  if (const auto obstacle = author_obstacle(own)) return failure_of(*obstacle);
  TM_TRY(const auto status, asked(session.client.status()));
  facts.now_ms = now_with_ledger(session.context, status.as_of);
  if (status.as_of) facts.height = status.as_of->height;
  TM_TRY(facts.validators, asked(session.client.validators()));
  TM_TRY(facts.parameters, asked(session.client.parameters()));
  for (const auto& id : parties_about(said.action, facts.validators)) {
    const bool with_history = std::holds_alternative<tx::SuccessionContent>(said.action);
    TM_TRY(facts.parties[id], asked(session.client.institution(id, with_history)));
  }
  TM_TRY_STATUS(refuse_useless_day(said, facts));
  if (const auto obstacle = proposal_obstacle(said, facts)) return failure_of(*obstacle);
  return {};
}

// What is open already is voted on; a second proposal of the same takes one more place and splits
// the votes. A person is asked, a script refused.
Attempt<std::vector<std::string>> proposed_already_warnings(IssuerSession& session,
                                                            const tx::ProposalContent& said) {
  TM_TRY(const auto open, asked(session.client.proposals(true)));
  const auto* same = proposed_already(said, open);
  if (same == nullptr) return std::vector<std::string>{};
  const std::string text = "the same is proposed already, by " + party_text(same->proposer) +
                           " on " + moment_text(same->proposed_ms) + ": " + to_text(same->id);
  if (session.context.yes || !input_is_terminal())
    return error(text + ". Nothing was sent. Vote on it: testamur governance vote " +
                 to_text(same->id) + " yes");
  return std::vector<std::string>{text};
}

Outcome propose(Context& context, const ProposeOptions& options, const Make& make) {
  TM_TRY(const auto ends_ms, time_of(context, "--voting-ends", options.voting_ends));
  std::uint64_t effective_ms = 0;
  if (!options.effective->empty()) {
    TM_TRY(effective_ms, time_of(context, "--effective", options.effective));
  }

  TM_TRY(auto session, open_acting_session(context, "governance propose"));
  TM_TRY(const auto proposed, make(session, options));

  TransactionRequest request;
  request.command = "governance propose";
  const tx::ProposalContent said{ends_ms, effective_ms, proposed.action};
  TM_TRY_STATUS(refuse_what_cannot_hold(session, said));
  TM_TRY(const auto repeated, proposed_already_warnings(session, said));

  request.make = [&](const tx::Envelope& envelope) { return tx::build(envelope, said); };
  request.of_use_until_ms = ends_ms;
  request.of_use_text = "the voting ends";
  request.done = "proposed; the validators vote with: testamur governance vote PROPOSAL yes|no";

  request.complete_description = [&](const tx::UnsignedTransaction& built,
                                     const DescriptionContext& known,
                                     Description& description) -> Attempt<void> {
    description.warnings = proposal_warnings(said, known);
    description.warnings.insert(description.warnings.end(), repeated.begin(), repeated.end());
    description.warnings.insert(description.warnings.end(), proposed.warnings.begin(),
                                proposed.warnings.end());
    description.facts["proposal"] = to_text(built.id);
    return {};
  };

  return confirm_sign_send(session, std::move(request), options.draft);
}

struct Adding {
  Context& context;
  Run& run;
  std::shared_ptr<ProposeOptions> options;

  Command command(Command parent, const char* name, const char* about, const Make& make) const {
    auto made = parent.add_subcommand(name, about);
    option(made, "--voting-ends", options->voting_ends,
           "Until when votes count: YYYY-MM-DDTHH:MM (UTC) or +7d (the default)");
    option(made, "--effective", options->effective,
           "From when it holds, once passed (default: at once)");
    add_draft_options(made, options->draft);
    made.callback([this_options = options, &shared = context, &chosen = run, make] {
      chosen = [&shared, this_options, make] { return propose(shared, *this_options, make); };
    });
    return made;
  }
  Command about_party(Command parent, const char* name, const char* about, const Make& make) const {
    auto made = command(parent, name, about, make);
    option(made, "institution", options->institution, "Id (tmi…) or domain").required();
    return made;
  }
};

}  // namespace

Result<tx::SetChangeContent> edit_set(std::vector<tx::Seat> seats, const SetEdit& edit,
                                      bool must_be_new) {
  const auto at = [&seats](const InstitutionId& id) {
    return std::ranges::find(seats, id, &tx::Seat::institution);
  };

  if (edit.removed) {
    const auto seat = at(*edit.removed);
    if (seat == seats.end())
      return error(to_text(*edit.removed) +
                   " has no seat in the validator set (governance validators)");
    if (seats.size() == 1) return error("it is the last validator: without one there is no ledger");
    seats.erase(seat);
  }

  if (edit.put) {
    const auto seat = at(edit.put->institution);
    if (seat != seats.end() && must_be_new) {
      return error(to_text(edit.put->institution) +
                   " has a seat already: use validator-set replace for a new key");
    }
    if (seat == seats.end() && !must_be_new) {
      return error(to_text(edit.put->institution) +
                   " has no seat in the validator set: use validator-set add");
    }
    if (seat != seats.end() && seat->consensus_key == edit.put->consensus_key) {
      return error("the seat has this key already: testamurd new-key consensus makes another");
    }
    if (seat != seats.end()) seats.erase(seat);
    seats.push_back(*edit.put);
  }

  std::ranges::sort(seats, {}, &tx::Seat::institution);
  return tx::SetChangeContent{std::move(seats)};
}

void add_proposal_commands(Command governance, Context& context, Run& run) {
  auto proposing = governance.add_subcommand(
      "propose", "Propose something to the validators; proposing is no vote");
  proposing.require_subcommand(1);
  const Adding adding{context, run, std::make_shared<ProposeOptions>()};
  auto& options = *adding.options;
  auto admitting =
      adding.about_party(proposing, "admission", "Give a member another class", admission);
  option(admitting, "--class", options.admitted_to, "validator, accreditor or issuer").required();
  flag(admitting, "--retroactive", options.retroactive,
       "Of an accreditor that loses the role: what it accredited never counted");
  auto set = proposing.add_subcommand("validator-set", "Change who agrees on blocks");
  set.require_subcommand(1);
  for (auto seating :
       {adding.about_party(set, "add", "One validator more", add_seat),
        adding.about_party(set, "replace", "A validator votes with a new consensus key",
                           replace_seat)}) {
    option(seating, "--ready", options.ready,
           "The ready of its node (tmx…): testamurd ready, governance ready")
        .required();
  }
  adding.about_party(set, "remove", "One validator less", remove_seat);
  auto limits = adding.command(proposing, "parameter", "Change limits of the ledger", parameters);
  option(limits, "values", options.values, "NAME VALUE, or several pairs (governance parameters)")
      .required();
  auto upgrade =
      adding.command(proposing, "protocol", "Follow newer rules from a block on", protocol);
  option(upgrade, "version", options.version, "The protocol version").required();
  option(upgrade, "--height", options.height, "The first block under it").required();
  adding.about_party(proposing, "suspend", "An institution can send nothing", suspend);
  adding.about_party(proposing, "lift", "End a suspension", lift);
  auto succeeding = proposing.add_subcommand(
      "succession",
      "A succession whose predecessor's root is gone, once the successors have agreed");
  succeeding.require_subcommand(1);
  add_successions(
      options.succession, [&](const char* name, const char* about, tx::SuccessionKind kind) {
        return adding.command(
            succeeding, name, about,
            [kind](IssuerSession& session, const ProposeOptions& asked) -> Attempt<Proposed> {
              TM_TRY(auto content, read_succession(session.client, kind, asked.succession));
              return Proposed{std::move(content), {}};
            });
      });
  auto root =
      adding.about_party(proposing, "root-replacement",
                         "A new root key for an institution that lost its own", replace_root);
  option(root, "--public", options.public_file,
         "The public file of the new root key (testamur key make root)")
      .required();
}

}  // namespace testamur::wallet
