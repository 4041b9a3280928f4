// institution: joining, being listed, changing, succeeding and leaving.
#include <algorithm>
#include <memory>

#include "ledger/meaning/facts_meaning.h"
#include "wallet/accreditation/doubtful_names.h"
#include "wallet/cli/commands/commands.h"
#include "wallet/cli/commands/successions.h"
#include "wallet/cli/description/facts_changes.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/files/institution_file.h"
#include "wallet/cli/flow/accreditation_import.h"
#include "wallet/cli/flow/transaction_flow.h"
#include "wallet/cli/terminal.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

struct InstitutionOptions {
  Given<std::string> file;
  Given<std::string> listed;
  Given<std::vector<std::string>> key_directories;
  SuccessionOptions succession;
  DraftOptions draft;
};

// What is on the ledger stays there, so that a second entry of one institution is refused before it
// is one. `itself` is like itself; zero: new. Who has the name in another country, or nearly the
// name, is named, and so is a name that hardly is one: one sentence each.
Attempt<std::vector<std::string>> check_likeness(IssuerSession& session,
                                                 const tx::InstitutionFacts& facts,
                                                 const InstitutionId& itself = {}) {
  TM_TRY(const auto answer, asked(session.client.institutions()));
  auto others = parties_in(answer);
  std::erase_if(others, [&](const auto& party) { return party.id == itself; });
  if (const auto alike = find_lookalike(facts, others))
    return Failure{
        ExitCode::kUsage,
        *alike + ": nothing was sent. If another institution is meant, its name must say so"};
  auto warnings = find_namesakes(facts, others);
  for (auto& near : find_near(facts, others)) warnings.push_back(std::move(near));
  for (auto& doubt : doubts_about_names(facts)) warnings.push_back(std::move(doubt));
  return warnings;
}

// Whoever registers as a listed institution gets its entry and what was said of it, for good: the
// facts must be of the same one, and what they change of it is said.
Attempt<std::vector<std::string>> check_listed(IssuerSession& session, const InstitutionId& listed,
                                               const tx::InstitutionFacts& facts) {
  TM_TRY(const auto answer, asked(session.client.institution(listed, false)));
  const std::string whose = described({listed, answer.facts});
  const auto country = [](const tx::InstitutionFacts& of) {
    return ledger::meant_country(of.country)
        .value_or(of.country);  // ledgers of old may have EL or UK
  };
  if (country(answer.facts) != country(facts))
    return error("--listed: " + whose + " is in " + answer.facts.country +
                 ", and the file's institution in " + facts.country +
                 ": it is another one. Nothing was sent");
  if (!facts_agree(answer.facts, facts)) {
    return error("--listed: the file has neither a name nor the domain nor a number of " + whose +
                 ", whose entry and accreditations it would get: nothing was sent. If it is the "
                 "same institution, register it under a name that it has there, and let it change "
                 "its facts then");
  }

  std::vector<std::string> warnings;
  for (const auto& line : facts_changes(answer.facts, facts))
    warnings.push_back("other than in the listed entry: " + line);
  return warnings;
}

// ---- joining

Outcome join(Context& context, const InstitutionOptions& options) {
  TM_TRY(auto content, read_institution_file(options.file));

  TransactionRequest request;
  for (const auto& directory : *options.key_directories) {
    auto keys = read_key_directory(directory);
    if (!keys.ok()) return Failure{ExitCode::kUsage, "--keys: " + keys.message()};
    for (auto& held : *keys) request.keys.push_back(std::move(held));
  }

  TM_TRY(auto session, open_acting_session(context, "institution"));

  if (!options.listed->empty()) {
    TM_TRY(content.listed, institution_named(session.client, "--listed", options.listed));
    TM_TRY(request.description.warnings, check_listed(session, content.listed, content.facts));
  }
  TM_TRY(const auto namesakes, check_likeness(session, content.facts, content.listed));
  auto& warnings = request.description.warnings;
  warnings.insert(warnings.end(), namesakes.begin(), namesakes.end());

  request.command = "institution register";
  request.make = [&content](const tx::Envelope& envelope) { return tx::build(envelope, content); };
  request.done = std::string(tx::best_text(content.facts.legal_names)) + " is registered";
  // The id follows from the transaction, so that it is known only once that is built.
  request.complete_description = [&content](const tx::UnsignedTransaction& built,
                                            const DescriptionContext&,
                                            Description& description) -> Attempt<void> {
    const auto id = to_text(tx::registered_id(built.id, content));
    description.text += "\nIts id will be " + id + ".";
    description.facts["institution"] = id;
    return {};
  };

  return confirm_sign_send(session, std::move(request), options.draft);
}

Outcome list(Context& context, const InstitutionOptions& options) {
  TM_TRY(const auto facts, read_facts_file(options.file));

  TM_TRY(auto session, open_acting_session(context, "institution"));

  TransactionRequest request;
  TM_TRY(request.description.warnings, check_likeness(session, facts));
  request.command = "institution list";
  request.make = [&facts](const tx::Envelope& envelope) {
    return tx::build(envelope, tx::InstitutionListContent{facts});
  };
  request.done = std::string(tx::best_text(facts.legal_names)) + " is listed";

  request.complete_description = [](const tx::UnsignedTransaction& built, const DescriptionContext&,
                                    Description& description) -> Attempt<void> {
    const auto id = to_text(InstitutionId::prefix_of(built.id.view()));
    description.text += "\nIts id will be " + id + ".";
    description.facts["institution"] = id;
    return {};
  };

  return confirm_sign_send(session, std::move(request), options.draft);
}

// ---- one's own

Outcome update(Context& context, const InstitutionOptions& options) {
  // Mistakes of the file are told without a node. What the ledger says already of the institution
  // is none: a country or number that was written otherwise once can never be changed there.
  const auto strict = read_facts_file(options.file);
  TM_TRY(auto session, open_acting_session(context, "institution"));
  const auto& own = session.profile.institution;
  const auto answer = asked(session.client.institution(own, false));
  if (!answer.ok() && !strict.ok()) return error(strict.message());
  TM_TRY(const auto now, answer);
  TM_TRY(const auto facts, read_facts_file(options.file, now.facts));
  if (now.facts == facts)
    return error(*options.file + " says what the ledger says of " + party_text(now.name) +
                 " already: nothing would change, and nothing was sent");

  TransactionRequest request;
  const bool renamed = now.facts.legal_names != facts.legal_names;
  TM_TRY(auto namesakes, check_likeness(session, facts, own));
  if (renamed) request.description.warnings = std::move(namesakes);
  if (!now.parent_known)
    request.description.warnings.emplace_back(
        "the node does not say which parent stands: compare it with the file");

  const auto changes = facts_changes(now.facts, facts);
  request.description.text = "\nWhat changes:";
  for (const auto& line : changes) request.description.text += "\n  " + line;
  request.description.facts["changes"] = changes;

  request.command = "institution update";
  request.purpose = KeyPurpose::kRoot;
  request.make = [&facts](const tx::Envelope& envelope) {
    return tx::build(envelope, tx::InstitutionUpdateContent{facts});
  };
  request.done = "the public facts are changed";
  return confirm_sign_send(session, std::move(request), options.draft);
}

Outcome leave(Context& context, const InstitutionOptions& options) {
  TM_TRY(auto session, open_acting_session(context, "institution"));
  TransactionRequest request;
  request.command = "institution leave";
  request.purpose = KeyPurpose::kRoot;
  request.make = [](const tx::Envelope& envelope) {
    return tx::build(envelope, tx::InstitutionLeaveContent{});
  };
  request.done = session.profile.name + " has left the ledger";
  return confirm_sign_send(session, std::move(request), options.draft);
}

// ---- successions

Outcome succeed(Context& context, tx::SuccessionKind kind, const InstitutionOptions& options) {
  TM_TRY(auto session, open_acting_session(context, "institution"));
  TM_TRY(const auto content, read_succession(session.client, kind, options.succession));
  TransactionRequest request;
  request.command = "institution succeed";
  request.purpose = KeyPurpose::kRoot;
  request.make = [&content](const tx::Envelope& envelope) { return tx::build(envelope, content); };
  request.done =
      session.profile.name + " has agreed; every other party runs the same command in its own name";
  return confirm_sign_send(session, std::move(request), options.draft);
}

// ---- reading

Outcome show(Context& context, const std::string& institution) {
  Client client = context.client();
  TM_TRY(const auto who, named_or_own(context, client, institution));
  TM_TRY(const auto answer, asked(find_institution(client, who, true)));
  return Reply{answer.shown.json(),
               institution_text(answer) + toned(Tone::kQuiet, as_of_text(answer.as_of)) + "\n"};
}

using Action = std::function<Outcome(Context&, const InstitutionOptions&)>;

struct Adding {
  Context& context;
  Run& run;
  std::shared_ptr<InstitutionOptions> options;

  Command command(Command parent, const char* name, const char* about, Action action) const {
    auto made = parent.add_subcommand(name, about);
    made.callback([this_options = options, &shared = context, &chosen = run, action] {
      chosen = [&shared, this_options, action] { return action(shared, *this_options); };
    });
    add_draft_options(made, options->draft);
    return made;
  }
};

void add_succession_commands(Command institution, const Adding& adding) {
  auto succeeding =
      institution.add_subcommand("succeed",
                                 "Agree to a succession, in the name of this home's institution; "
                                 "it takes effect when all parties have");
  succeeding.require_subcommand(1);
  add_successions(adding.options->succession, [&](const char* name, const char* about,
                                                  tx::SuccessionKind kind) {
    return adding.command(succeeding, name, about,
                          [kind](Context& context, const InstitutionOptions& options) {
                            return succeed(context, kind, options);
                          });
  });
}

}  // namespace

void add_institution_commands(Command app, Context& context, Run& run) {
  auto institution =
      app.add_subcommand("institution", "Institutions: join, be listed, change, succeed, leave");
  institution.require_subcommand(1);
  const Adding adding{context, run, std::make_shared<InstitutionOptions>()};
  auto& options = *adding.options;
  auto joining = adding.command(
      institution, "register",
      "Sponsor a new institution (a validator does); its keys prove that it holds them", join);
  option(joining, "file", options.file,
         "Its facts and public keys: the party.toml of `testamurd init`")
      .required();
  option(joining, "--listed", options.listed,
         "The listed institution that it takes over, id and statements included");
  option(joining, "--keys", options.key_directories,
         "Directories of its plain key files, where they are at hand")
      .allow_extra_args(false);
  auto listing = adding.command(
      institution, "list", "Name an institution that is not on the ledger; it gets no keys", list);
  option(listing, "file", options.file, "Its facts, TOML").required();
  auto updating = adding.command(
      institution, "update", "Replace this institution's public facts; the root keys sign", update);
  option(updating, "file", options.file, "All its facts, TOML").required();
  adding.command(institution, "leave", "Leave the ledger for good; the root keys sign", leave);
  add_succession_commands(institution, adding);

  auto text = std::make_shared<Given<std::string>>();
  auto showing = institution.add_subcommand("show", "An institution with its keys and history");
  option(showing, "institution", *text, "Id (tmi…) or domain (default: this home's)");
  showing.callback(
      [&context, &run, text] { run = [&context, text] { return show(context, *text); }; });
}

}  // namespace testamur::wallet
