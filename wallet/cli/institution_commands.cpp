// institution: joining, being listed, changing, succeeding and leaving.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "wallet/cli/accreditation_import.h"
#include "wallet/cli/commands.h"
#include "wallet/cli/explain_command.h"
#include "wallet/cli/institution_file.h"
#include "wallet/cli/orders.h"
#include "wallet/cli/render.h"
#include "wallet/cli/successions.h"
#include "wallet/cli/terminal.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

struct InstitutionOptions {
  std::string file;
  std::string listed;
  std::vector<std::string> key_directories;
  SuccessionOptions succession;
  DraftOptions draft;
};

// What is on the ledger stays there, so that a second entry of one institution is refused before it is one.
ExitCode refuse_lookalike(Desk& desk, const tx::InstitutionFacts& facts) {
  const auto parties = fetch_parties(desk.client);
  if (!parties.ok()) return fail(desk.context, ExitCode::kUnreachable, parties.message());
  const auto alike = find_lookalike(facts, *parties);
  if (!alike) return ExitCode::kOk;
  return fail(desk.context, ExitCode::kUsage,
              *alike + ": nothing was sent. If another institution is meant, its name must say so");
}

// ---- joining ---------------------------------------------------------------------------------------------------

ExitCode join(Context& context, const InstitutionOptions& options) {
  auto content = read_institution_file(options.file);
  if (!content.ok()) return fail(context, ExitCode::kUsage, content.message());
  Errand errand;
  for (const auto& directory : options.key_directories) {
    auto keys = read_key_directory(directory);
    if (!keys.ok()) return fail(context, ExitCode::kUsage, "--keys: " + keys.message());
    for (auto& held : *keys) errand.keys.push_back(std::move(held));
  }
  Desk desk = sit_down(context);
  if (desk.code != ExitCode::kOk) return desk.code;
  if (!options.listed.empty()) {
    auto id = id_of_institution(desk.client, options.listed);
    if (!id.ok()) return fail(context, ExitCode::kUnknown, "--listed: " + id.message());
    content->listed = *id;
  }
  // One that was listed and registers now is like itself.
  if (const ExitCode alike = options.listed.empty() ? refuse_lookalike(desk, content->facts) : ExitCode::kOk;
      alike != ExitCode::kOk) {
    return alike;
  }
  errand.command = "institution register";
  errand.make = [&content](const tx::Envelope& envelope) { return tx::build(envelope, *content); };
  errand.done = std::string(tx::best_text(content->facts.legal_names)) + " is registered";
  errand.look = [&content](const tx::UnsignedTransaction& built, const Surroundings&, Order& order) {
    const auto id = to_text(tx::registered_id(built.id, *content));
    order.words += "\nIts id will be " + id + ".";
    order.facts["institution"] = id;
  };
  return run_errand(desk, std::move(errand), options.draft);
}

ExitCode list(Context& context, const InstitutionOptions& options) {
  auto facts = read_facts_file(options.file);
  if (!facts.ok()) return fail(context, ExitCode::kUsage, facts.message());
  Desk desk = sit_down(context);
  if (desk.code != ExitCode::kOk) return desk.code;
  Errand errand;
  if (const ExitCode alike = refuse_lookalike(desk, *facts); alike != ExitCode::kOk) return alike;
  errand.command = "institution list";
  errand.make = [&facts](const tx::Envelope& envelope) {
    return tx::build(envelope, tx::InstitutionListContent{*facts});
  };
  errand.done = std::string(tx::best_text(facts->legal_names)) + " is listed";
  errand.look = [](const tx::UnsignedTransaction& built, const Surroundings&, Order& order) {
    const auto id = to_text(InstitutionId::prefix_of(built.id.view()));
    order.words += "\nIts id will be " + id + ".";
    order.facts["institution"] = id;
  };
  return run_errand(desk, std::move(errand), options.draft);
}

// ---- one's own -------------------------------------------------------------------------------------------------

ExitCode update(Context& context, const InstitutionOptions& options) {
  auto facts = read_facts_file(options.file);
  if (!facts.ok()) return fail(context, ExitCode::kUsage, facts.message());
  Desk desk = sit_down(context);
  if (desk.code != ExitCode::kOk) return desk.code;
  Errand errand;
  errand.command = "institution update";
  errand.purpose = KeyPurpose::kRoot;
  errand.make = [&facts](const tx::Envelope& envelope) {
    return tx::build(envelope, tx::InstitutionUpdateContent{*facts});
  };
  errand.done = "the public facts are changed";
  return run_errand(desk, std::move(errand), options.draft);
}

ExitCode leave(Context& context, const InstitutionOptions& options) {
  Desk desk = sit_down(context);
  if (desk.code != ExitCode::kOk) return desk.code;
  Errand errand;
  errand.command = "institution leave";
  errand.purpose = KeyPurpose::kRoot;
  errand.make = [](const tx::Envelope& envelope) { return tx::build(envelope, tx::InstitutionLeaveContent{}); };
  errand.done = desk.profile.name + " has left the ledger";
  return run_errand(desk, std::move(errand), options.draft);
}

// ---- successions -----------------------------------------------------------------------------------------------

ExitCode succeed(Context& context, tx::SuccessionKind kind, const InstitutionOptions& options) {
  Desk desk = sit_down(context);
  if (desk.code != ExitCode::kOk) return desk.code;
  auto content = read_succession(desk.client, kind, options.succession);
  if (!content.ok()) return fail(context, ExitCode::kUsage, content.message());
  Errand errand;
  errand.command = "institution succeed";
  errand.purpose = KeyPurpose::kRoot;
  errand.make = [&content](const tx::Envelope& envelope) { return tx::build(envelope, *content); };
  errand.done = desk.profile.name + " has agreed; every other party runs the same command in its own name";
  return run_errand(desk, std::move(errand), options.draft);
}

// ---- reading ---------------------------------------------------------------------------------------------------

ExitCode show(Context& context, const std::string& institution) {
  Client client = context.client();
  const auto who = named_or_own(context, client, institution);
  if (!who.ok()) return fail(context, ExitCode::kFailure, who.message());
  auto answer = find_institution(client, *who, true);
  if (auto* failure = std::get_if<CallError>(&answer)) return fail(context, *failure);
  const Json& json = std::get<Json>(answer);
  print(context, json,
        institution_text(json.value("institution", Json::object())) + toned(Tone::kQuiet, as_of_text(json)) + "\n");
  return ExitCode::kOk;
}

using Action = std::function<ExitCode(Context&, const InstitutionOptions&)>;

struct Adding {
  Context& context;
  Run& run;
  std::shared_ptr<InstitutionOptions> options;

  CLI::App* command(CLI::App& parent, const char* name, const char* about, Action action) const {
    auto* made = parent.add_subcommand(name, about);
    made->callback([this_options = options, &shared = context, &chosen = run, action] {
      chosen = [&shared, this_options, action] { return action(shared, *this_options); };
    });
    add_draft_options(*made, options->draft);
    return made;
  }
};

void add_succession_commands(CLI::App& institution, const Adding& adding) {
  auto* succeeding = institution.add_subcommand(
      "succeed",
      "Agree to a succession, in the name of this home's institution; it takes effect when all parties have");
  succeeding->require_subcommand(1);
  add_successions(adding.options->succession, [&](const char* name, const char* about, tx::SuccessionKind kind) {
    return adding.command(*succeeding, name, about, [kind](Context& context, const InstitutionOptions& options) {
      return succeed(context, kind, options);
    });
  });
}

}  // namespace

void add_institution_commands(CLI::App& app, Context& context, Run& run) {
  auto* institution = app.add_subcommand("institution", "Institutions: join, be listed, change, succeed, leave");
  institution->require_subcommand(1);
  const Adding adding{context, run, std::make_shared<InstitutionOptions>()};
  auto& options = *adding.options;
  auto* joining =
      adding.command(*institution, "register",
                     "Sponsor a new institution (a validator does); its keys prove that it holds them", join);
  joining->add_option("file", options.file, "Its facts and public keys: the party.toml of `testamurd init`")
      ->required();
  joining->add_option("--listed", options.listed,
                      "The listed institution that it takes over, id and statements included");
  joining->add_option("--keys", options.key_directories, "Directories of its plain key files, where they are at hand")
      ->allow_extra_args(false);
  auto* listing =
      adding.command(*institution, "list", "Name an institution that is not on the ledger; it gets no keys", list);
  listing->add_option("file", options.file, "Its facts, TOML")->required();
  auto* updating =
      adding.command(*institution, "update", "Replace this institution's public facts; the root keys sign", update);
  updating->add_option("file", options.file, "All its facts, TOML")->required();
  adding.command(*institution, "leave", "Leave the ledger for good; the root keys sign", leave);
  add_succession_commands(*institution, adding);

  auto text = std::make_shared<std::string>();
  auto* showing = institution->add_subcommand("show", "An institution with its keys and history");
  showing->add_option("institution", *text, "Id (tmi…) or domain (default: this home's)");
  showing->callback([&context, &run, text] { run = [&context, text] { return show(context, *text); }; });
}

}  // namespace testamur::wallet
