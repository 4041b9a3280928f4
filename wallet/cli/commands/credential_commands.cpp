// credential: what a learner holds and shows, and what a verifier is shown.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include "common/visible.h"
#include "wallet/cli/commands/commands.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/description/disclosure.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/files/output.h"
#include "wallet/cli/flow/follow_ledger.h"
#include "wallet/cli/flow/open_wallet.h"
#include "wallet/cli/flow/own_credentials.h"
#include "wallet/cli/flow/own_decision.h"
#include "wallet/cli/flow/replacements.h"
#include "wallet/cli/flow/viewpoint.h"
#include "wallet/cli/option.h"
#include "wallet/client/facts.h"
#include "wallet/client/proven_facts.h"
#include "wallet/credential/claim_file.h"
#include "wallet/credential/credential.h"
#include "wallet/credential/verifier_request.h"
#include "wallet/keystore/file.h"
#include "wallet/verify/verify.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMaxCredentialBytes = std::size_t{1} << 20;
constexpr std::uint64_t kMaxStatusAgeMs = 600'000;
constexpr std::uint64_t kDefaultMaxAgeS = 86'400;  // of a bare nonce: mail waits over a night

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
struct ReceiptOptions {
  Given<std::string> file;
  Given<std::string> out;
};
struct VerifyOptions {
  Given<std::vector<std::string>> files;
  Given<std::string> audience;
  Given<std::string> nonce;
  Given<std::string> purpose;
  Given<std::string> receipt;
  Given<std::string> policy_file;
  Given<std::string> graph_file;
  Given<std::string> request;
  Given<std::string> viewpoint;
  Given<bool> no_holder;
  Given<std::optional<std::uint64_t>> max_age_s;
  Given<std::uint64_t> max_status_age_ms{kMaxStatusAgeMs};
};

// What its claim file called it nobody signed: title and issuer are shown as the credential itself
// has them.
std::string signed_title(const CredentialView& view) {
  const auto title = view.disclosed.find(ClaimId::kTitle);
  return title == view.disclosed.end() ? std::string{}
                                       : to_display(kind_of(ClaimId::kTitle), title->second);
}

// The trusted ledger that the credential's reference names.
std::optional<ChainId> named_ledger(const LedgerTrust& trust, const CredentialView& view) {
  const auto* ledger = trust.find(view.head.reference);
  return ledger == nullptr ? std::nullopt : std::optional(ledger->genesis.chain);
}

// What became of a credential that the wallet holds, for its learner. Nothing is printed and
// nothing fails: where no node answers it says so.
class Condition {
 public:
  struct Words {
    std::string word;  // of to_text(Standing), or not_asked
    std::string text;
  };

  explicit Condition(Context& context)
      : context_(context), client_(context.client()), trust_(context.path("ledgers")) {
    problem_ = follow_ledger(context, client_, trust_);
  }

  Words of(const StoredCredential& stored, const CredentialView& view) {
    const auto& ends_s = view.head.expires_at_s;
    if (ends_s && *ends_s <= context_.now_ms() / 1000) return {"expired", "expired"};

    if (problem_ && problem_->unreachable()) return {"not_asked", "not asked: offline"};
    if (problem_) return {"cannot_tell", "cannot tell: " + problem_->message};

    auto facts = gather_facts(client_, view, "", named_ledger(trust_, view));
    if (const auto lie = prove_facts(client_, trust_, view, facts))
      return {"cannot_tell", "cannot tell: " + lie->message};

    const auto verdict = verify_presentation(
        stored.sd_jwt, facts, {context_.now_ms(), kMaxStatusAgeMs, {}, false, false});
    const auto what = standing(verdict);

    const auto* status = find(verdict, Topic::kStatus);
    if (what == Standing::kGenuine && status != nullptr)
      return {"genuine", "in force: " + status->text};

    return {std::string(to_text(what)), headline(verdict)};
  }

 private:
  Context& context_;
  Client client_;
  LedgerTrust trust_;
  LedgerOutcome problem_;
};

Json credential_json(const StoredCredential& stored, const CredentialView& view,
                     const Condition::Words& condition) {
  Json claims = Json::object();
  for (const auto& [id, value] : view.disclosed)
    claims[std::string(kind_of(id).name)] = to_display(kind_of(id), value);
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

ExitCode import(Context& context, const ImportOptions& options) {
  const std::string file = options.file;
  auto read = read_file(file, age::kMaxFileBytes);
  if (!read.ok()) return fail(context, ExitCode::kUsage, read.message());
  const auto raw = age::take_off_armour(std::move(read).value());
  if (!raw.ok()) return fail(context, ExitCode::kUsage, file + ": " + raw.message());
  if (const auto kind = age::inspect(*raw); !kind.ok()) {
    return fail(context, ExitCode::kUsage, file + " is no claim file: " + kind.message());
  }
  auto wallet = OpenWallet::open_to_change(context, "credential import");
  if (!wallet) return wallet.code();
  ClaimOutcome outcome = open_claim(*raw, wallet.contents(), options.code_file);
  if (!outcome.claim)
    return fail(context, outcome.wrong_code ? ExitCode::kPassphrase : ExitCode::kInvalid,
                outcome.failure);
  // What was sealed to a request needs no code.
  if (const auto unread = refuse_unread_options(context); !unread.ok())
    return report(context, unread.failure());
  // Imported before: the wallet has what it was to have.
  if (auto again = read_credential(outcome.claim->sd_jwt); again.ok()) {
    if (const auto held = find_credential(wallet.contents(), to_text(again->head.reference))) {
      const auto condition = Condition(context).of(**held, *again);
      print(context, credential_json(**held, *again, condition),
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
  print(context, credential_json(stored, *view, condition),
        "imported " + credential_text(stored, *view, condition, true));
  wallet.remind(context);
  return ExitCode::kOk;
}

ExitCode list(Context& context) {
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

  print(context, Json{{"credentials", all}},
        all.empty() ? "no credentials yet: testamur credential import FILE\n" : text);
  wallet.remind(context);
  return ExitCode::kOk;
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
    placed.push_back({"", head.achievement, head.reference.index.value, false});
    references.push_back(to_text(head.reference));
    // What is known of the one that is shown is not asked again.
    const auto& word = references.back() == own ? condition.word : asked.of(stored, *view).word;
    placed.back().superseded = word == "superseded";
  }

  for (const auto& [old, fresh] : replacements(placed)) {
    if (references[old] == own) {
      json["replaced_by"] = references[fresh];
      text += "  replaced by " + references[fresh] + " of this wallet\n";
    }
    if (references[fresh] == own) {
      json["replaces"] = references[old];
      text += "  replaces " + references[old] + " of this wallet\n";
    }
  }
}

ExitCode show(Context& context, const std::string& reference) {
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
  print(context, json, text);
  return ExitCode::kOk;
}

struct RenameOptions {
  Given<std::string> old;
  Given<std::string> name;
};

ExitCode rename(Context& context, const RenameOptions& options) {
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
  print(context, Json{{"reference", reference}, {"name", given}, {"title", signed_title(*view)}},
        one_line(signed_title(*view)) + ", " + reference + "\n  is called \"" + one_line(given) +
            "\" in this wallet, and nowhere else\n");
  return ExitCode::kOk;
}

Result<VerifierRequest> read_request_file(const std::string& file) {
  TM_TRY(const auto raw, read_file(file, kMaxVerifierRequestBytes));
  auto request = read_verifier_request(as_text(raw));
  if (!request.ok()) return error(file + ": " + request.message());
  return request;
}

// To whom and what, by the options or by the verifier's request.
struct Answering {
  PresentationRequest what;
  Disclosure disclosure;
  std::string said_by_verifier;  // for the question
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
    if (what.claims.empty()) what.claims = request.claims;

    answering.said_by_verifier =
        (request.purpose.empty()
             ? ""
             : "  for       " + one_line(request.purpose) + ", as the request says\n") +
        "  judged    until " + until + "\n";
  }

  answering.disclosure = plan_disclosure(view, what.claims);

  // A verifier may ask for what the credential lacks; what the learner named by hand is an error.
  if (options.request->empty() && !answering.disclosure.lacking.empty())
    return error("the credential holds no " + claim_names(answering.disclosure.lacking) +
                 "; it holds " + claim_names(plan_disclosure(view, {}).kept) + ", " +
                 claim_names(plan_disclosure(view, {}).registry));

  what.claims = answering.disclosure.shown;
  return answering;
}

ExitCode present(Context& context, const PresentOptions& options) {
  auto wallet = OpenWallet::open_to_change(context, "credential present");
  if (!wallet) return wallet.code();
  const std::string out = options.out;
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
  const std::string preview =
      to_text(answering->disclosure, *view, request.audience) + answering->said_by_verifier + "  " +
      one_line(Condition(context).of(*stored, *view).text) + "\n" +
      (request.claims.empty() ? "  no claim is named (--claim): nothing of it is shown\n" : "");
  if (!context.yes && !confirm(preview + "Present this?")) {
    return fail(context, ExitCode::kCancelled,
                "nothing was presented (without a terminal, give --yes)");
  }
  auto key = holder_key_of(wallet.contents(), stored->holder_key);
  if (!key.ok()) return fail(context, ExitCode::kFailure, key.message());
  auto presentation = present_credential(stored->sd_jwt, request, *key);
  if (!presentation.ok()) return fail(context, ExitCode::kFailure, presentation.message());
  if (out.empty()) {
    print(context, Json{{"presentation", *presentation}}, *presentation + "\n");
    if (!standard_output_arrived())
      return fail(context, ExitCode::kFailure, "nothing was presented");
  } else if (const ExitCode code = write_named_file(context, out, as_bytes(*presentation + "\n"));
             code != ExitCode::kOk) {
    return code;
  }

  // Booked only now: a presentation that reached nobody was not made.
  std::vector<std::string> names;
  for (const auto id : request.claims) names.emplace_back(kind_of(id).name);
  wallet.contents().grants.push_back(
      {to_text(view->head.reference), request.audience, names, context.now_ms(), *until});
  if (const ExitCode saved = wallet.save(context); saved != ExitCode::kOk) return saved;
  if (out.empty()) return ExitCode::kOk;
  Json json = to_json(answering->disclosure);
  json.update({{"file", out}, {"audience", request.audience}});
  print(context, json, preview + "wrote " + out + "\n");
  return ExitCode::kOk;
}

struct Asked {
  RegistryFacts facts;
  std::optional<Failure> failed;
  std::uint64_t proven_ms = 0;  // time of the newest block that this home has proven
};

// What the nodes say, proven where they prove it. Without a node everything stays unknown; a forged
// answer is refused.
Asked facts_of_nodes(Context& context, const CredentialView& view, const std::string& purpose) {
  Client client = context.client();
  LedgerTrust trust(context.path("ledgers"));
  const auto problem = follow_ledger(context, client, trust);
  if (problem && !problem->unreachable()) return {{}, failure_of(*problem)};
  Asked asked{gather_facts(client, view, purpose, named_ledger(trust, view)), std::nullopt,
              newest_proven_ms(trust)};
  if (const auto lie = prove_facts(client, trust, view, asked.facts)) return {{}, failure_of(*lie)};
  return asked;
}

Result<ledger::Receipt> read_receipt_file(const std::string& file) {
  TM_TRY(const auto raw, read_file(file, ledger::Receipt::kMaxEncodedSize));
  auto receipt = ledger::decode_receipt(raw);
  if (!receipt.ok()) return error(file + ": " + receipt.message());
  return receipt;
}

// What a receipt proves under a ledger that this home trusts; nobody is asked.
Asked facts_of_file(Context& context, const CredentialView& view, const ledger::Receipt& receipt) {
  LedgerTrust trust(context.path("ledgers"));
  if (auto problem = trust.load()) return {{}, failure_of(*problem)};

  const auto& certified = receipt.checkpoint.header.chain;
  const auto* trusted = trust.find(certified);
  const auto* named = trust.find(view.head.reference);

  if (trusted == nullptr) {
    return {{},
            Failure{ExitCode::kUnknown,
                    "the receipt is of the ledger " + to_text(certified) +
                        ", which this home does not trust: testamur ledger trust FILE "
                        "[other_ledger]"}};
  }

  auto facts =
      facts_from_receipt(receipt, *trusted, named == nullptr ? certified : named->genesis.chain);
  if (!facts.ok()) return {{}, Failure{ExitCode::kInvalid, facts.message() + " [forged_proof]"}};

  // A receipt speaks of its own block: a newer one that is known decides what of it still holds.
  facts->newest_known = std::max(facts->newest_known, floor_of(trust));
  return {std::move(facts).value(), std::nullopt, newest_proven_ms(trust)};
}

ExitCode keep_receipt(Context& context, const ReceiptOptions& options) {
  const std::string file = options.file;
  const std::string out = options.out;

  auto raw = read_file(file, kMaxCredentialBytes);
  if (!raw.ok()) return fail(context, ExitCode::kUsage, raw.message());
  auto pasted = read_pasted(as_text(*raw));
  if (!pasted.ok()) return fail(context, ExitCode::kUsage, file + ": " + pasted.message());

  auto view = read_credential(*pasted);
  if (!view.ok()) return fail(context, ExitCode::kInvalid, view.message());

  Client client = context.client();
  LedgerTrust trust(context.path("ledgers"));
  if (auto problem = follow_ledger(context, client, trust)) return fail(context, *problem);

  const auto facts = gather_facts(client, *view, "", named_ledger(trust, *view));
  auto fetched = fetch_receipt(client, *trust.current(), *view, facts.chain);

  if (fetched.failure) return fail(context, *fetched.failure);
  if (!fetched.receipt) {
    return fail(context, ExitCode::kUnknown,
                "no node shows a proof of this credential: is it anchored, and listed?");
  }

  if (const ExitCode written = write_named_file(context, out, ledger::encode(*fetched.receipt));
      written != ExitCode::kOk) {
    return written;
  }

  const auto& header = fetched.receipt->checkpoint.header;
  print(context, Json{{"file", out}, {"height", header.height.value}, {"time_ms", header.time_ms}},
        "wrote " + out + ": proves the status at block " + std::to_string(header.height.value) +
            " to whoever trusts " + to_text(header.chain) + "\n");
  return ExitCode::kOk;
}

// What is asked of every file. All options, and the files that they name, are read for it at once:
// what one of them has no say in does not hang on whether a file can be read, and a folder is
// judged by one reading.
struct VerifyQuestion {
  // Of the holder: what the request says, a bare audience and nonce, or nothing.
  std::optional<HolderRules> holder;
  std::optional<VerifierRequest> request;
  bool no_holder = false;
  std::string purpose;
  std::optional<ledger::Receipt> receipt;
  std::optional<OwnFiles> own;  // decided here by these, and not by the node's policy
  std::uint64_t max_status_age_ms = 0;
  std::optional<Viewpoint> viewpoint;
};

// By the verifier's own policy, in the place of what the node's institution decides. Nothing is
// lost where the network cannot be asked: then the decision is unknown, with the reason.
void decide_here(Client& client, const VerifyQuestion& question, const CredentialView& view,
                 RegistryFacts& facts) {
  const OwnFiles& files = *question.own;
  NodeGraph node(client);
  GraphSource& source = files.graph ? static_cast<GraphSource&>(*files.graph) : node;

  AwardQuestion award;
  award.point.achievement =
      trust::AchievementName{view.head.achievement.institution, view.head.achievement.number};

  std::string missing;
  if (files.graph) {
    if (auto known = files.graph->achievement(view.head.achievement)) {
      if (auto read = award_question(*known); read.ok()) {
        award = *read;
      } else {
        missing = files.graph_file + ": " + read.message();
      }
    } else {
      missing = "the graph file does not hold the achievement " + to_text(view.head.achievement);
    }
  } else {
    auto answer = client.achievement(view.head.achievement);
    if (auto* failure = std::get_if<CallError>(&answer)) {
      missing = failure->message;
    } else if (auto read = award_question(std::get<AchievementAnswer>(answer)); read.ok()) {
      award = *read;
    } else {
      missing = client.answering() + ": " + read.message();
    }
  }

  // Dropped even where nothing replaces them: they are not by the policy that was asked for.
  facts.decisions.reset();
  facts.acceptance.reset();

  const auto& viewpoint = question.viewpoint;
  const OwnDecision own{files, question.purpose, id_of(viewpoint),
                        viewpoint ? viewpoint->published : std::string{}};

  auto decided = missing.empty() ? decide_by_own_policy(source, own, award, view, facts)
                                 : Status(error(missing));
  if (!decided.ok() && facts.problem.empty()) facts.problem = decided.message();
}

Attempt<void> read_holder_question(const Context& context, const VerifyOptions& options,
                                   VerifyQuestion& question) {
  if (options.audience->empty() != options.nonce->empty())
    return error(
        "--audience and --nonce go together: the holder's proof is made for both. Give the other "
        "one too");

  const bool bare = !options.audience->empty();
  const std::optional<std::uint64_t> max_age_s = options.max_age_s;
  const auto now_s = context.now_ms() / 1000;

  if (!options.request->empty()) {
    if (bare || max_age_s)
      return error("--audience, --nonce and --max-age stand in the request: leave them out");
    TM_TRY(question.request, read_request_file(options.request));
    question.holder = holder_rules(*question.request, now_s);
  } else if (bare) {
    question.holder =
        HolderRules{options.audience, options.nonce, now_s, max_age_s.value_or(kDefaultMaxAgeS)};
  } else if (max_age_s) {
    return error("--max-age is the age of the holder's proof: it needs --audience and --nonce");
  }

  question.no_holder = options.no_holder;
  if (question.no_holder && question.holder)
    return error(
        "--no-holder and a question to the holder contradict each other: leave one of them out");

  return {};
}

Attempt<VerifyQuestion> read_question(Context& context, const VerifyOptions& options) {
  VerifyQuestion question;
  TM_TRY_STATUS(read_holder_question(context, options, question));
  const std::string receipt = options.receipt;
  const std::string policy_file = options.policy_file;
  const std::string graph_file = options.graph_file;
  question.max_status_age_ms = options.max_status_age_ms;

  // A receipt says nothing of acceptance: beside it only a policy asks for a purpose.
  if (receipt.empty() || !policy_file.empty()) question.purpose = options.purpose;
  if (question.purpose.empty() && question.request) question.purpose = question.request->purpose;

  // What concerns every file is looked at before any of them.
  if (!question.purpose.empty()) TM_TRY_STATUS(trust::parse_purpose(question.purpose));
  if (!policy_file.empty()) {
    TM_TRY(question.own, read_own_files(policy_file, graph_file));
  }
  if (!receipt.empty()) {
    TM_TRY(question.receipt, read_receipt_file(receipt));
  }

  if (options.viewpoint->empty()) return question;
  if (!question.own)
    return error(
        "--viewpoint needs a policy to decide by: give --policy FILE, or ask the node of that "
        "institution");

  // Asks a node, whatever else is judged without one: names and published policies stand in the
  // registry.
  Client client = context.client();
  TM_TRY(question.viewpoint, read_viewpoint(client, options.viewpoint));
  return question;
}

// What the verifier asked for and is not shown.
void add_missing(const VerifyQuestion& question, Verdict& verdict) {
  if (!question.request || !verdict.credential) return;
  add_answer(verdict, claim_names(missing_claims(*question.request, *verdict.credential)));
}

Json verdict_json(const VerifyQuestion& question, const Verdict& verdict) {
  Json json = as_json(verdict);
  if (!question.request || !verdict.credential) return json;
  json["asked_and_not_shown"] = Json::array();
  for (const auto id : missing_claims(*question.request, *verdict.credential))
    json["asked_and_not_shown"].push_back(std::string(kind_of(id).name));
  return json;
}

// One file, by what was asked of all.
Attempt<Verdict> judge_file(Context& context, const VerifyQuestion& question,
                            const std::string& file) {
  TM_TRY(const auto raw, read_file(file, kMaxCredentialBytes));
  auto pasted = read_pasted(as_text(raw));
  if (!pasted.ok()) return error(file + ": " + pasted.message());
  const VerifyRules rules{context.now_ms(), question.max_status_age_ms, question.holder, true,
                          !question.no_holder};
  RegistryFacts facts;
  if (auto view = read_credential(*pasted); view.ok()) {
    auto asked = question.receipt ? facts_of_file(context, *view, *question.receipt)
                                  : facts_of_nodes(context, *view, question.purpose);
    if (asked.failed) return *asked.failed;

    // Ages are told by this machine's clock. One that is behind a proven block is wrong, and nobody
    // else is to blame.
    if (context.now_ms() + kClockBehindMs < asked.proven_ms) {
      return Failure{ExitCode::kFailure,
                     "this machine's clock says " + moment_text(context.now_ms()) +
                         ", but the ledger has a proven block of " + moment_text(asked.proven_ms) +
                         ": set the clock; nothing was judged"};
    }
    facts = std::move(asked.facts);
    if (question.own) {
      Client client = context.client();
      decide_here(client, question, *view, facts);
    }
  }
  Verdict verdict = verify_presentation(*pasted, facts, rules);
  add_missing(question, verdict);
  return verdict;
}

// The files that are meant. A folder stands for those in it, and not for what lies deeper.
struct NamedFiles {
  std::vector<std::string> files;
  std::vector<std::string> not_looked_at;
};

std::string not_looked_at_text(const std::vector<std::string>& paths) {
  std::string text;
  for (const auto& path : paths)
    text += "  not looked at: " + one_line(path) +
            (is_folder(path) ? ", a folder: name it to have it judged\n" : ", which is no file\n");
  return text;
}

// A line for whoever reads many: what it is, and who does not recognise its issuer.
std::string verdict_line(const std::string& name, const Verdict& verdict) {
  std::string text = one_line(name) + "  " + one_line(headline(verdict));
  if (verdict_code(verdict) == VerdictCode::kNotAccepted) text += "; " + recognition(verdict);
  return text + "\n";
}

// Every file, a line each; one that is no credential is said and takes nothing from the others.
Outcome verify_files(Context& context, const VerifyQuestion& question, const NamedFiles& named) {
  const auto& files = named.files;
  Reply reply{Json{{"files", Json::array()}}, {}, ExitCode::kOk};
  std::map<std::string, std::size_t> counts;
  std::size_t not_accepted = 0;  // of the genuine ones
  Progress progress("verifying", files.size(), context.quiet || context.json);

  // Two of one name are told apart by their folders.
  std::set<std::string> names;
  for (const auto& file : files) names.insert(std::filesystem::path(file).filename().string());
  const bool by_name = names.size() == files.size();

  for (const auto& file : files) {
    const auto verdict = judge_file(context, question, file);
    const std::string name = by_name ? std::filesystem::path(file).filename().string() : file;
    progress.advance(reply.json["files"].size() + 1);
    if (!verdict.ok()) {
      // What concerns all of them ends it: no such policy, a ledger that lies, a clock that is
      // wrong.
      if (verdict.failure().exit != ExitCode::kUsage) return verdict.failure();
      ++counts["unreadable"];
      reply.text += one_line(name) + "  no credential: " + one_line(verdict.message()) + "\n";
      reply.json["files"].push_back(Json{{"file", name}, {"error", verdict.message()}});
      reply.exit = worse(reply.exit, verdict.failure().exit);
      continue;
    }
    Json json = verdict_json(question, *verdict);
    json["file"] = name;
    reply.text += verdict_line(name, *verdict);
    reply.json["files"].push_back(std::move(json));
    ++counts[std::string(to_text(standing(*verdict)))];
    not_accepted += verdict_code(*verdict) == VerdictCode::kNotAccepted ? 1 : 0;
    reply.exit = worse(reply.exit, static_cast<ExitCode>(verdict_code(*verdict)));
  }
  reply.text += std::to_string(files.size()) + (files.size() == 1 ? " file: " : " files: ");
  std::string separator;
  for (const auto& [word, count] : counts) {
    reply.text += separator + std::to_string(count) + " " + word;
    separator = ", ";
  }
  if (not_accepted > 0)
    reply.text += "; of " + std::to_string(not_accepted) + " the issuer is not accepted";
  reply.text += "\n" + not_looked_at_text(named.not_looked_at);
  reply.json["exit_code"] = static_cast<int>(reply.exit);
  reply.json["counts"] = counts;
  reply.json["not_accepted"] = not_accepted;
  reply.json["not_looked_at"] = named.not_looked_at;
  return reply;
}

Result<NamedFiles> files_named(const std::vector<std::string>& named) {
  NamedFiles all;
  for (const auto& path : named) {
    if (!is_folder(path)) {
      all.files.push_back(path);
      continue;
    }
    TM_TRY(const auto within, list_folder(path));
    const auto before = all.files.size();
    for (const auto& entry : within)
      (is_regular_file(entry) ? all.files : all.not_looked_at).push_back(entry);
    if (all.files.size() == before)
      return error(path + " holds no file\n" + not_looked_at_text(all.not_looked_at));
  }
  return all;
}

Outcome verify(Context& context, const VerifyOptions& options) {
  TM_TRY(const auto question, read_question(context, options));
  const std::vector<std::string> named = options.files;
  if (named.size() > 1 || is_folder(named.front())) {
    TM_TRY(const auto files, files_named(named));
    return verify_files(context, question, files);
  }

  TM_TRY(const auto verdict, judge_file(context, question, named.front()));
  return Reply{verdict_json(question, verdict), to_text(verdict),
               static_cast<ExitCode>(verdict_code(verdict))};
}

void add_holding(CLI::App& credential, Context& context, Run& run) {
  auto claim = std::make_shared<ImportOptions>();
  auto* importing =
      credential.add_subcommand("import", "Take a claim file (NAME.testamur.age) into the wallet");
  option(*importing, "file", claim->file, "The claim file")->required();
  option(*importing, "--code-file", claim->code_file,
         "Read the claim code from this file (default: asked)");
  importing->callback(
      [&context, &run, claim] { run = [&context, claim] { return import(context, *claim); }; });
  credential.add_subcommand("list", "What the wallet holds")->callback([&context, &run] {
    run = [&context] { return list(context); };
  });
  auto text = std::make_shared<Given<std::string>>();
  auto* showing = credential.add_subcommand("show", "One credential with all its claims");
  option(*showing, "reference", *text, "urn:testamur:…, or its name (default: the only one)");
  showing->callback(
      [&context, &run, text] { run = [&context, text] { return show(context, *text); }; });

  auto names = std::make_shared<RenameOptions>();
  auto* renaming =
      credential.add_subcommand("rename", "Give a credential a name of your own, in this wallet");
  option(*renaming, "old", names->old, "Its name until now, or urn:testamur:…")->required();
  option(*renaming, "name", names->name, "Its name from now on")->required();
  show_example(*renaming, "testamur credential rename urn:testamur:1:tmn1…:tmi1…:5 security");
  renaming->callback(
      [&context, &run, names] { run = [&context, names] { return rename(context, *names); }; });
}

void add_presenting(CLI::App& credential, Context& context, Run& run) {
  auto options = std::make_shared<PresentOptions>();
  auto* presenting = credential.add_subcommand("present", "Show chosen claims to one verifier");
  option(*presenting, "reference", options->reference,
         "urn:testamur:…, or its name (default: the only one)");
  option(*presenting, "--request", options->request,
         "Answer this request of a verifier (testamur verifier request)");
  option(*presenting, "--claim", options->claims,
         "A claim to show, may be given several times (default: those asked for): " + claim_names())
      ->allow_extra_args(false);
  option(*presenting, "--audience", options->audience,
         "Without a request: the verifier, as it names itself");
  option(*presenting, "--nonce", options->nonce, "Without a request: the verifier's challenge");
  option(*presenting, "--until", options->until,
         "Last day of the grant, YYYY-MM-DD, to its end in UTC; binds honest verifiers only");
  option(*presenting, "--out", options->out, "File to write (default: standard output)");
  presenting->callback([&context, &run, options] {
    run = [&context, options] { return present(context, *options); };
  });
}

void add_receipt(CLI::App& credential, Context& context, Run& run) {
  auto kept = std::make_shared<ReceiptOptions>();
  auto* keeping =
      credential.add_subcommand("receipt", "Keep a proof of the present status, for use offline");
  option(*keeping, "file", kept->file, "A credential or presentation")->required();
  option(*keeping, "--out", kept->out, "File to write")->required();
  keeping->callback(
      [&context, &run, kept] { run = [&context, kept] { return keep_receipt(context, *kept); }; });
}

void add_verifying(CLI::App& parent, Context& context, Run& run) {
  auto checking = std::make_shared<VerifyOptions>();
  auto* verifying = parent.add_subcommand(
      "verify", "Signature, contents, status, holder and whether the issuer is accepted");
  option(*verifying, "file", checking->files,
         "Credentials or presentations, or folders of them; several are judged a line each")
      ->required();
  option(*verifying, "--request", checking->request,
         "Judge the answer to this request: its audience, nonce, purpose and time");
  option(*verifying, "--audience", checking->audience,
         "Require a holder's proof made for this name");
  option(*verifying, "--nonce", checking->nonce, "… and this challenge");
  expect_number(*option(*verifying, "--max-age", checking->max_age_s,
                        "… not older than this many seconds, counted from when the holder made it "
                        "(default 86400)"),
                0, std::numeric_limits<std::uint64_t>::max());
  flag(*verifying, "--no-holder", checking->no_holder, "It does not matter who shows it");
  option(*verifying, "--viewpoint", checking->viewpoint,
         "… as this institution sees it (id or domain), and whether it publishes that policy");
  option(*verifying, "--max-status-age", checking->max_status_age_ms,
         "Older status is unknown, in milliseconds");
  option(*verifying, "--purpose", checking->purpose,
         "credit, access, exemption, employment, profession");
  option(*verifying, "--receipt", checking->receipt, "Ask nobody: judge by this receipt");
  auto* policy =
      option(*verifying, "--policy", checking->policy_file,
             "Decide here by this policy and not by the node's (docs/formats/policy.md)");
  option(*verifying, "--graph", checking->graph_file,
         "… from the recognitions in this file (testamur trust graph --out) and not from a node")
      ->needs(policy);
  show_example(*verifying, "testamur verify --request ask.testamur answer.txt");
  verifying->callback([&context, &run, checking] {
    run = [&context, checking] { return verify(context, *checking); };
  });
}

}  // namespace

void add_credential_commands(CLI::App& app, Context& context, Run& run) {
  auto* credential = app.add_subcommand("credential", "Credentials: import, show, present, verify");
  credential->require_subcommand(1);
  add_holding(*credential, context, run);
  add_presenting(*credential, context, run);
  add_receipt(*credential, context, run);
  add_verifying(*credential, context, run);

  // The one thing that a verifier does, without its noun.
  add_verifying(app, context, run);
}

}  // namespace testamur::wallet
