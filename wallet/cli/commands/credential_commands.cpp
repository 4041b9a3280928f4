// credential: what a learner holds and shows.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>

#include "common/visible.h"
#include "wallet/cli/commands/commands.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/description/disclosure.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/files/output.h"
#include "wallet/cli/files/request_file.h"
#include "wallet/cli/flow/awards/replacements.h"
#include "wallet/cli/flow/follow_ledger.h"
#include "wallet/cli/flow/open_wallet.h"
#include "wallet/cli/flow/own_credentials.h"
#include "wallet/cli/joined.h"
#include "wallet/cli/option.h"
#include "wallet/client/facts.h"
#include "wallet/client/proven_facts.h"
#include "wallet/credential/claim_file.h"
#include "wallet/credential/credential.h"
#include "wallet/credential/verifier_request.h"
#include "wallet/keystore/bip39.h"
#include "wallet/keystore/file.h"
#include "wallet/verify/verify.h"

namespace testamur::wallet {
namespace {

constexpr std::uint64_t kMaxStatusAgeMs = 600'000;

struct ImportOptions {
  Given<std::string> file;
  Given<std::string> code_file;
};
struct PresentOptions {
  Given<std::string> reference;
  Given<std::vector<std::string>> claims;
  Given<std::string> audience;
  Given<std::string> nonce;
  Given<std::string> request;
  Given<std::string> until;
  Given<std::string> out;
};
// What became of a credential that the wallet holds, for its learner. Nothing is printed and
// nothing fails: where no node answers it says so.
class Condition {
 public:
  struct Words {
    std::string word;  // of to_text(Standing), or not_asked (no node to ask), or no_answer
    std::string text;
    std::uint64_t anchored_ms = 0;  // when the ledger took it; 0: not known
  };

  explicit Condition(Context& context)
      : context_(context), client_(context.client()), trust_(context.path("ledgers")) {
    problem_ = follow_ledger(context, client_, trust_);
  }

  Words of(const StoredCredential& stored, const CredentialView& view) {
    const auto& ends_s = view.head.expires_at_s;
    if (ends_s && *ends_s <= context_.now_ms() / 1000) return {"expired", "expired"};

    if (problem_ && problem_->unreachable()) return nobody_said();
    if (problem_) return {"cannot_tell", "cannot tell: " + problem_->message};

    auto facts = gather_facts(client_, view, "", named_ledger(trust_, view.head.reference));
    if (const auto lie = prove_facts(client_, trust_, view, facts))
      return {"cannot_tell", "cannot tell: " + lie->message};

    const auto verdict = verify_presentation(
        stored.sd_jwt, facts, {context_.now_ms(), kMaxStatusAgeMs, {}, false, false});
    const auto what = standing(verdict);
    const bool is_placed = facts.slots && !facts.slots->empty();
    const auto anchored_ms = is_placed ? facts.slots->front().anchor_time_ms : 0;

    const auto* status = find(verdict, Topic::kStatus);
    if (what == Standing::kGenuine && status != nullptr)
      return {"genuine", "in force: " + status->text, anchored_ms};

    return {std::string(to_text(what)), headline(verdict), anchored_ms};
  }

 private:
  // Who asked and was not answered should look at the nodes; who has none to ask need not.
  Words nobody_said() const {
    const auto& endpoints = client_.endpoints();
    if (endpoints.empty()) return {"not_asked", "not asked: offline"};
    return {"no_answer", "no node answered: " + joined(endpoints, ", ")};
  }

  Context& context_;
  Client client_;
  LedgerTrust trust_;
  LedgerOutcome problem_;
};

Json credential_json(const StoredCredential& stored, const CredentialView& view,
                     const Condition::Words& condition) {
  Json claims = Json::object();
  for (const auto& [id, value] : view.disclosed)
    claims[std::string(kind_of(id).name)] =
        std::visit([](const auto& held) { return Json(held); }, value);
  Json json{{"reference", to_text(view.head.reference)},
            {"title", signed_title(view)},
            {"issuer", view.head.issuer_domain},
            {"status", condition.word},
            {"status_text", condition.text},
            {"holder_key", stored.holder_key.derived_index ? "holder-made" : "issuer-made"},
            {"imported_at_ms", stored.imported_at_ms},
            {"claims", claims}};
  if (!stored.name.empty()) json["name"] = stored.name;
  if (view.head.expires_at_s) json["expires_at_s"] = *view.head.expires_at_s;
  return json;
}

std::string credential_text(const StoredCredential& stored, const CredentialView& view,
                            const Condition::Words& condition, bool with_claims) {
  const std::string title = one_line(signed_title(view));
  std::string text =
      toned(Tone::kStrong, title.empty() ? "credential" : title) + ", " +
      one_line(view.head.issuer_domain) + "\n" +
      (stored.name.empty() ? "" : "  called \"" + one_line(stored.name) + "\"\n") + "  " +
      to_text(view.head.reference) + "\n  " +
      toned(condition.word == "genuine" ? Tone::kGood : Tone::kDoubt, one_line(condition.text)) +
      "\n";
  if (const auto& ends_s = view.head.expires_at_s)
    text += "  last day: " + last_day_text(*ends_s * 1000) + "\n";
  if (!with_claims) return text;

  text += "  holder key: " +
          std::string(stored.holder_key.derived_index ? "holder-made" : "issuer-made") + "\n";

  for (const auto& [id, value] : view.disclosed) {
    text += "  " + std::string(kind_of(id).label) + ": " +
            one_line(to_display(kind_of(id), value)) + "\n";
  }

  return text;
}

ClaimOutcome open_claim(ByteView file, const WalletContents& contents,
                        const Given<std::string>& code_file) {
  ClaimOutcome requested = open_requested_claim_file(file, contents);
  if (requested.claim) return requested;

  // There is no code for what was sealed to a wallet, and nobody is asked for one.
  if (const auto kind = age::inspect(file); kind.ok() && *kind == age::FileKind::kRecipients)
    return requested;
  auto code = code_file->empty() ? ask_secret({"Claim code: ", "the claim code", "--code-file"})
                                 : read_secret_file(*code_file);
  if (!code.ok()) return ClaimOutcome{std::nullopt, true, code.message()};
  return open_claim_file(file, code->text());
}

// What mail and file managers make of a claim file on its way.
std::string what_it_may_be(std::string_view raw) {
  if (raw.starts_with("PK")) return ". It is a zip archive: unpack it, and import what is in it";
  if (raw.starts_with("\x1f\x8b")) return ". It is compressed (gzip): unpack it first";
  if (raw.starts_with("%PDF")) return ". It is a PDF";
  if (raw.starts_with("\xef\xbb\xbf") || raw.starts_with("age-encryption.org"))
    return ". It was saved anew as a text, which damages it: ask its sender for the file, as an "
           "attachment";
  return ". Ask its sender for the file, as an attachment";
}

// Other files of a wallet, which look like a claim file that is sealed to somebody else.
std::string other_kind_of(const Context& context, const std::string& file, ByteView raw,
                          const WalletContents& wallet) {
  std::error_code ignored;
  if (std::filesystem::equivalent(file, wallet_file(context), ignored))
    return "the vault of this home";
  if (open_backup(raw, seed_from_entropy(wallet.entropy.view()).view()).ok())
    return "a backup of this wallet: testamur wallet restore reads it, in a home of its own";
  return {};
}

// Empty where no other credential of the wallet has its key.
std::string shared_key_text(const WalletContents& wallet, const StoredCredential& stored) {
  if (!shares_holder_key(wallet, stored)) return {};
  return "  always    the holder key, which another credential of this wallet has too: who sees "
         "both can tell that they are one person's\n";
}

Outcome import(Context& context, const ImportOptions& options) {
  const std::string file = options.file;
  auto read = read_file(file, age::kMaxFileBytes);
  if (!read.ok()) return fail(context, ExitCode::kUsage, read.message());
  const auto raw = age::take_off_armour(std::move(read).value());
  if (!raw.ok()) return fail(context, ExitCode::kUsage, file + ": " + raw.message());
  if (const auto kind = age::inspect(*raw); !kind.ok()) {
    return fail(context, ExitCode::kUsage,
                file + " is no claim file: " + kind.message() + what_it_may_be(as_text(*raw)));
  }
  auto wallet = OpenWallet::open_to_change(context, "credential import");
  if (!wallet) return wallet.code();
  if (const auto other = other_kind_of(context, file, *raw, wallet.contents()); !other.empty())
    return fail(context, ExitCode::kUsage, file + " is no claim file, but " + other);
  ClaimOutcome outcome = open_claim(*raw, wallet.contents(), options.code_file);
  if (!outcome.claim) {
    return outcome.wrong_code
               ? fail(context, ExitCode::kPassphrase, outcome.failure)
               : fail(context, ExitCode::kInvalid,
                      file + ": " + outcome.failure + ": ask its sender for the file again");
  }
  // What was sealed to a request needs no code.
  if (const auto unread = refuse_unread_options(context); !unread.ok())
    return report(context, unread.failure());
  // Imported before: the wallet has what it was to have.
  if (auto again = read_credential(outcome.claim->sd_jwt); again.ok()) {
    if (const auto held = find_credential(wallet.contents(), to_text(again->head.reference))) {
      const auto condition = Condition(context).of(**held, *again);
      auto json = credential_json(**held, *again, condition);
      json["already"] = true;
      print(context, json,
            "in the wallet already, nothing was changed: " +
                credential_text(**held, *again, condition, true));
      return ExitCode::kFailure;  // no fault of the credential, but nothing was imported
    }
  }
  if (auto imported = import_claim(wallet.contents(), std::move(*outcome.claim), context.now_ms());
      !imported.ok()) {
    return fail(context, ExitCode::kInvalid, imported.message());
  }
  if (const ExitCode saved = wallet.save(context); saved != ExitCode::kOk) return saved;
  const StoredCredential& stored = wallet.contents().credentials.back();
  auto view = read_credential(stored.sd_jwt);
  if (!view.ok()) return fail(context, ExitCode::kInvalid, view.message());
  const auto condition = Condition(context).of(stored, *view);
  auto json = credential_json(stored, *view, condition);
  json["already"] = false;
  json["holder_key_shared"] = shares_holder_key(wallet.contents(), stored);
  return Reply{std::move(json),
               "imported " + credential_text(stored, *view, condition, true) +
                   shared_key_text(wallet.contents(), stored),
               ExitCode::kOk, false, wallet.reminder()};
}

Outcome list(Context& context) {
  auto wallet = OpenWallet::open(context);
  if (!wallet) return wallet.code();

  Json all = Json::array();
  std::string text;
  std::optional<Condition> asked;

  for (const auto& stored : wallet.contents().credentials) {
    auto view = read_credential(stored.sd_jwt);
    if (!view.ok()) continue;

    // The ledger is followed once for all, and not at all where there is nothing to ask about.
    if (!asked) asked.emplace(context);

    const auto condition = asked->of(stored, *view);
    all.push_back(credential_json(stored, *view, condition));
    text += credential_text(stored, *view, condition, false);
  }

  return Reply{Json{{"credentials", all}},
               all.empty() ? "no credentials yet: testamur credential import FILE\n" : text,
               ExitCode::kOk, false, wallet.reminder()};
}

// Which credential of this wallet took the place of this one, and of which this one did: those of
// the same achievement are asked about, and no others.
void add_replacements(Condition& asked, const WalletContents& wallet, const CredentialView& shown,
                      const Condition::Words& condition, Json& json, std::string& text) {
  const auto& achievement = shown.head.achievement;
  const std::string own = to_text(shown.head.reference);
  std::vector<PlacedAward> placed;
  std::vector<std::string> references;
  for (const auto& stored : wallet.credentials) {
    const auto view = read_credential(stored.sd_jwt);
    if (!view.ok()) continue;
    const auto& head = view->head;
    const bool is_same_award = head.achievement.institution == achievement.institution &&
                               head.achievement.number == achievement.number &&
                               head.reference.issuer == shown.head.reference.issuer;
    if (!is_same_award) continue;
    placed.push_back({"", head.achievement, head.reference.index.value, false, 0, false});
    references.push_back(to_text(head.reference));
    // What is known of the one that is shown is not asked again.
    const auto known = references.back() == own ? condition : asked.of(stored, *view);
    placed.back().superseded = known.word == "superseded";
    placed.back().revoked = known.word == "revoked";
    placed.back().issue = known.anchored_ms;
  }

  // A guess is called one: the ledger names no successor.
  bool is_guessed = false;
  for (const auto& [old, fresh] : replacements(placed)) {
    if (references[old] == own) {
      is_guessed = true;
      json["perhaps_replaced_by"] = references[fresh];
      text += "  replaced, perhaps by " + references[fresh] +
              " of this wallet: the ledger does not say by which\n";
    }
    if (references[fresh] == own) {
      json["perhaps_replaces"] = references[old];
      text += "  replaces, perhaps, " + references[old] + " of this wallet\n";
    }
  }
  if (condition.word == "superseded" && !is_guessed)
    text += "  replaced by another award: the ledger does not say by which; ask who issued it\n";
}

Outcome show(Context& context, const std::string& reference) {
  auto wallet = OpenWallet::open(context);
  if (!wallet) return wallet.code();
  const auto found = find_credential(wallet.contents(), reference);
  if (!found.ok()) return report(context, found.failure());
  const StoredCredential* stored = *found;
  auto view = read_credential(stored->sd_jwt);
  if (!view.ok()) return fail(context, ExitCode::kInvalid, view.message());
  Condition asked(context);
  const auto condition = asked.of(*stored, *view);
  Json json = credential_json(*stored, *view, condition);
  std::string text = credential_text(*stored, *view, condition, true);
  add_replacements(asked, wallet.contents(), *view, condition, json, text);

  json["shown"] = Json::array();
  for (const auto& grant : grants_of(wallet.contents(), to_text(view->head.reference))) {
    json["shown"].push_back(grant_json(wallet.contents(), grant));
    text += grant_text(wallet.contents(), grant, true);
  }
  return Reply{json, text};
}

struct RenameOptions {
  Given<std::string> old;
  Given<std::string> name;
};

Outcome rename(Context& context, const RenameOptions& options) {
  const std::string old = options.old;
  const std::string name = options.name;

  auto wallet = OpenWallet::open_to_change(context, "credential rename");
  if (!wallet) return wallet.code();

  const auto renamed = rename_credential(wallet.contents(), old, name);
  if (!renamed.ok()) return report(context, renamed.failure());
  const auto view = read_credential((*renamed)->sd_jwt);
  if (!view.ok()) return fail(context, ExitCode::kInvalid, view.message());

  if (const ExitCode saved = wallet.save(context); saved != ExitCode::kOk) return saved;

  const auto& given = (*renamed)->name;
  const std::string reference = to_text(view->head.reference);
  return Reply{Json{{"reference", reference}, {"name", given}, {"title", signed_title(*view)}},
               one_line(signed_title(*view)) + ", " + reference + "\n  is called \"" +
                   one_line(given) + "\" in this wallet, and nowhere else\n"};
}

// To whom and what, by the options or by the verifier's request.
struct Answering {
  PresentationRequest what;
  Disclosure disclosure;
  std::string said_by_verifier;     // for the question
  std::vector<ClaimId> unanswered;  // asked for, and left out by the claims that were named by hand
  Json request = Json::object();    // what it says besides, for programs
};

Result<Answering> read_answering(Context& context, const PresentOptions& options,
                                 const CredentialView& view) {
  Answering answering;
  auto& what = answering.what;

  TM_TRY(what.claims, parse_claim_names(options.claims, "--claim"));
  what.now_s = context.now_ms() / 1000;

  if (options.request->empty()) {
    if (options.audience->empty() || options.nonce->empty()) {
      return error(
          "say to whom: --request FILE (of testamur verifier request), or --audience and --nonce "
          "as the verifier gave "
          "them");
    }
    what.audience = options.audience;
    what.nonce = options.nonce;
  } else {
    // The request says both, and the answer is judged by it (decision 1170).
    if (!options.audience->empty() || !options.nonce->empty())
      return error("--audience and --nonce stand in the request: leave them out beside --request");
    TM_TRY(const auto request, read_request_file(options.request));

    const std::string until = moment_text(request.until_s * 1000);
    if (what.now_s > request.until_s)
      return error(*options.request + ": the request ended on " + until +
                   ": ask the verifier for a new one");

    what.audience = request.audience();
    what.nonce = request.nonce;
    auto& unanswered = answering.unanswered;
    answering.request = Json{{"purpose", request.purpose}, {"judged_until_s", request.until_s}};
    if (what.claims.empty()) {
      what.claims = request.claims;
    } else {
      std::ranges::copy_if(request.claims, std::back_inserter(unanswered), [&what](ClaimId id) {
        return std::ranges::find(what.claims, id) == what.claims.end();
      });
    }

    answering.said_by_verifier =
        (request.purpose.empty()
             ? ""
             : "  for       " + one_line(request.purpose) + ", as the request says\n") +
        "  judged    until " + until + "\n";
    // Whoever names claims by hand may think that they come on top.
    if (!unanswered.empty())
      answering.said_by_verifier += "  not shown " + claim_names(unanswered) +
                                    ", which it asks for: --claim takes the place "
                                    "of what was asked\n";
  }

  answering.disclosure = plan_disclosure(view, what.claims);

  // A verifier may ask for what the credential lacks; what the learner named by hand is an error.
  const bool is_by_hand = options.request->empty() || !options.claims->empty();
  if (is_by_hand && !answering.disclosure.lacking.empty())
    return error("the credential holds no " + claim_names(answering.disclosure.lacking) +
                 "; it holds " + claim_names(plan_disclosure(view, {}).kept) + ", " +
                 claim_names(plan_disclosure(view, {}).registry));

  what.claims = answering.disclosure.shown;
  return answering;
}

// Claims that the verifier asked for and that it will not see, in the order of display.
Json not_shown(const Answering& answering) {
  auto left_out = answering.unanswered;
  const auto& lacking = answering.disclosure.lacking;
  left_out.insert(left_out.end(), lacking.begin(), lacking.end());
  std::ranges::sort(left_out);
  Json names = Json::array();
  for (const auto id : left_out) names.push_back(std::string(kind_of(id).name));
  return names;
}

// `json` says what the question said; the presentation is added to it where it is printed.
ExitCode hand_over(Context& context, const std::string& out, const std::string& presentation,
                   Json json) {
  if (!out.empty()) return write_named_file(context, out, as_bytes(presentation + "\n"));
  json["presentation"] = presentation;
  print(context, json, presentation + "\n");
  if (standard_output_arrived()) return ExitCode::kOk;
  return fail(context, ExitCode::kFailure, "nothing was presented");
}

// What somebody may hold is booked before it leaves: cut off in between, the wallet names one that
// reached nobody, and never the other way round. What failed to leave is taken back.
ExitCode book_and_show(Context& context, OpenWallet& wallet, const Grant& grant,
                       const std::function<ExitCode()>& show) {
  wallet.contents().grants.push_back(grant);
  if (const ExitCode saved = wallet.save(context); saved != ExitCode::kOk) return saved;
  const ExitCode shown = show();
  if (shown == ExitCode::kOk) return shown;
  wallet.contents().grants.pop_back();
  (void)wallet.save(context);
  return shown;
}

// What the learner reads before being asked. `until_ms`: the end of the grant; 0: it has none.
std::string preview_of(const Answering& answering, const CredentialView& view,
                       std::uint64_t until_ms, const Condition::Words& condition) {
  const auto& request = answering.what;
  return to_text(answering.disclosure, view, request.audience) + answering.said_by_verifier +
         (until_ms == 0 ? "" : "  granted   last day: " + last_day_text(until_ms) + "\n") + "  " +
         one_line(condition.text) + "\n" +
         (request.claims.empty() ? "  no claim is named (--claim): nothing of it is shown\n" : "");
}

Result<std::string> presentation_of(const StoredCredential& stored, const WalletContents& wallet,
                                    const PresentationRequest& request) {
  TM_TRY(const auto key, holder_key_of(wallet, stored.holder_key));
  return present_credential(stored.sd_jwt, request, key);
}

Grant grant_of(const CredentialView& view, const PresentationRequest& request, std::uint64_t now_ms,
               std::uint64_t until_ms) {
  std::vector<std::string> names;
  for (const auto id : request.claims) names.emplace_back(kind_of(id).name);
  return {to_text(view.head.reference), request.audience, names, now_ms, until_ms};
}

// What the preview says, for programs.
Json presented_json(const Answering& answering, const std::string& reference,
                    const Condition::Words& condition) {
  const auto& request = answering.what;
  Json json = to_json(answering.disclosure);
  json.update(answering.request);
  json.update({{"reference", reference},
               {"audience", request.audience},
               {"status", condition.word},
               {"status_text", condition.text},
               {"not_shown", not_shown(answering)}});
  if (request.ends_at_s) json["grant_ends_at_s"] = *request.ends_at_s;
  return json;
}

Outcome present(Context& context, const PresentOptions& options) {
  const std::string out = options.out;
  // Before a passphrase is typed, and before anything is booked.
  if (!out.empty()) TM_TRY_STATUS(may_save_named_file(context, out));

  auto wallet = OpenWallet::open_to_change(context, "credential present");
  if (!wallet) return wallet.code();
  const auto found = find_credential(wallet.contents(), options.reference);
  if (!found.ok()) return report(context, found.failure());
  const StoredCredential* stored = *found;
  auto view = read_credential(stored->sd_jwt);
  if (!view.ok()) return fail(context, ExitCode::kInvalid, view.message());

  auto answering = read_answering(context, options, *view);
  if (!answering.ok()) return fail(context, ExitCode::kUsage, answering.message());
  auto& request = answering->what;
  auto until = parse_last_day(options.until, context.now_ms(), "--until");
  if (!until.ok()) return fail(context, ExitCode::kUsage, until.message());
  if (*until != 0) request.ends_at_s = *until / 1000;

  const auto condition = Condition(context).of(*stored, *view);
  const std::string preview = preview_of(*answering, *view, *until, condition) +
                              shared_key_text(wallet.contents(), *stored);
  if (!context.yes && !confirm(preview + "Present this?")) {
    return fail(context, ExitCode::kCancelled, nothing_was("presented"));
  }

  auto presentation = presentation_of(*stored, wallet.contents(), request);
  if (!presentation.ok()) return fail(context, ExitCode::kFailure, presentation.message());

  const Grant grant = grant_of(*view, request, context.now_ms(), *until);
  Json json = presented_json(*answering, grant.reference, condition);
  json["holder_key_shared"] = shares_holder_key(wallet.contents(), *stored);
  const ExitCode shown = book_and_show(
      context, wallet, grant, [&] { return hand_over(context, out, *presentation, json); });
  if (shown != ExitCode::kOk) return shown;

  if (out.empty()) return ExitCode::kOk;
  json["file"] = out;
  return Reply{json, preview + "wrote " + out + "\n"};
}

void add_holding(Command credential, Context& context, Run& run) {
  auto claim = std::make_shared<ImportOptions>();
  auto importing =
      credential.add_subcommand("import", "Take a claim file (NAME.testamur.age) into the wallet");
  option(importing, "file", claim->file, "The claim file").required();
  option(importing, "--code-file", claim->code_file,
         "Read the claim code from this file (default: asked)");
  importing.callback(
      [&context, &run, claim] { run = [&context, claim] { return import(context, *claim); }; });
  credential.add_subcommand("list", "What the wallet holds").callback([&context, &run] {
    run = [&context] { return list(context); };
  });
  auto text = std::make_shared<Given<std::string>>();
  auto showing = credential.add_subcommand("show", "One credential with all its claims");
  option(showing, "reference", *text, "urn:testamur:…, or its name (default: the only one)");
  showing.callback(
      [&context, &run, text] { run = [&context, text] { return show(context, *text); }; });

  auto names = std::make_shared<RenameOptions>();
  auto renaming =
      credential.add_subcommand("rename", "Give a credential a name of your own, in this wallet");
  option(renaming, "old", names->old, "Its name until now, or urn:testamur:…").required();
  option(renaming, "name", names->name, "Its name from now on").required();
  show_example(renaming, "testamur credential rename urn:testamur:1:tmn1…:tmi1…:5 security");
  renaming.callback(
      [&context, &run, names] { run = [&context, names] { return rename(context, *names); }; });
}

void add_presenting(Command credential, Context& context, Run& run) {
  auto options = std::make_shared<PresentOptions>();
  auto presenting = credential.add_subcommand("present", "Show chosen claims to one verifier");
  option(presenting, "reference", options->reference,
         "urn:testamur:…, or its name (default: the only one)");
  option(presenting, "--request", options->request,
         "Answer this request of a verifier (testamur verifier request)");
  option(presenting, "--claim", options->claims,
         "A claim to show, may be given several times (default: those asked for): " + claim_names())
      .allow_extra_args(false);
  option(presenting, "--audience", options->audience,
         "Without a request: the verifier, as it names itself");
  option(presenting, "--nonce", options->nonce, "Without a request: the verifier's challenge");
  option(presenting, "--until", options->until,
         "Last day of the grant, YYYY-MM-DD, to its end in UTC; binds honest verifiers only");
  option(presenting, "--out", options->out, "File to write (default: standard output)");
  presenting.callback([&context, &run, options] {
    run = [&context, options] { return present(context, *options); };
  });
}

}  // namespace

void add_credential_commands(Command app, Context& context, Run& run) {
  auto credential = app.add_subcommand("credential", "Credentials: import, show, present, verify");
  credential.require_subcommand(1);
  add_holding(credential, context, run);
  add_presenting(credential, context, run);
  add_verify_commands(app, credential, context, run);
}

}  // namespace testamur::wallet
