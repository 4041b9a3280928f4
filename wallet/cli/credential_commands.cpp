// credential: what a learner holds and shows, and what a verifier is shown.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>

#include "common/visible.h"
#include "wallet/cli/commands.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/ledger_commands.h"
#include "wallet/cli/open_wallet.h"
#include "wallet/cli/option.h"
#include "wallet/cli/output.h"
#include "wallet/cli/own_decision.h"
#include "wallet/cli/policy_file.h"
#include "wallet/cli/render.h"
#include "wallet/client/facts.h"
#include "wallet/client/proven_facts.h"
#include "wallet/credential/claim_file.h"
#include "wallet/credential/credential.h"
#include "wallet/keystore/file.h"
#include "wallet/verify/verify.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMaxCredentialBytes = std::size_t{1} << 20;
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
  Given<std::string> until;
  Given<std::string> out;
};
struct ReceiptOptions {
  Given<std::string> file;
  Given<std::string> out;
};
struct VerifyOptions {
  Given<std::string> file;
  Given<std::string> audience;
  Given<std::string> nonce;
  Given<std::string> purpose;
  Given<std::string> receipt;
  Given<std::string> policy_file;
  Given<std::string> graph_file;
  Given<std::uint64_t> max_age_s{300};
  Given<std::uint64_t> max_status_age_ms{kMaxStatusAgeMs};
};

// What its claim file called it nobody signed: title and issuer are shown as the credential itself has them.
std::string signed_title(const CredentialView& view) {
  const auto title = view.disclosed.find(ClaimId::kTitle);
  return title == view.disclosed.end() ? std::string{} : to_display(kind_of(ClaimId::kTitle), title->second);
}

// The trusted ledger that the credential's reference names.
std::optional<ChainId> named_ledger(const LedgerTrust& trust, const CredentialView& view) {
  const auto* ledger = trust.find(view.head.reference);
  return ledger == nullptr ? std::nullopt : std::optional(ledger->genesis.chain);
}

// What became of a credential that the wallet holds, for its learner. Nothing is printed and nothing fails: where no
// node answers it says so.
class Condition {
 public:
  struct Words {
    std::string word;  // of to_text(Standing), or not_asked
    std::string text;
  };

  explicit Condition(Context& context) : context_(context), client_(context.client()), trust_(context.path("ledgers")) {
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
    const auto verdict = verify_presentation(stored.sd_jwt, facts, {context_.now_ms(), kMaxStatusAgeMs, {}, false});
    const auto what = standing(verdict);
    const auto* status = find(verdict, Topic::kStatus);
    if (what == Standing::kGenuine && status != nullptr) return {"genuine", "in force: " + status->text};
    return {std::string(to_text(what)), headline(verdict)};
  }

 private:
  Context& context_;
  Client client_;
  LedgerTrust trust_;
  LedgerOutcome problem_;
};

Json credential_json(const StoredCredential& stored, const CredentialView& view, const Condition::Words& condition) {
  Json claims = Json::object();
  for (const auto& [id, value] : view.disclosed) claims[std::string(kind_of(id).name)] = to_display(kind_of(id), value);
  return Json{{"reference", to_text(view.head.reference)},
              {"title", signed_title(view)},
              {"issuer", view.head.issuer_domain},
              {"status", condition.word},
              {"status_text", condition.text},
              {"holder_key", stored.holder_key.derived_index ? "holder-made" : "issuer-made"},
              {"imported_at_ms", stored.imported_at_ms},
              {"claims", claims}};
}

std::string credential_text(const StoredCredential& stored, const CredentialView& view,
                            const Condition::Words& condition, bool with_claims) {
  const std::string title = one_line(signed_title(view));
  std::string text = toned(Tone::kStrong, title.empty() ? "credential" : title) + ", " +
                     one_line(view.head.issuer_domain) + "\n  " + to_text(view.head.reference) + "\n  " +
                     toned(condition.word == "genuine" ? Tone::kGood : Tone::kDoubt, one_line(condition.text)) + "\n";
  if (!with_claims) return text;
  text += "  holder key: " + std::string(stored.holder_key.derived_index ? "holder-made" : "issuer-made") + "\n";
  for (const auto& [id, value] : view.disclosed) {
    text += "  " + std::string(kind_of(id).label) + ": " + one_line(to_display(kind_of(id), value)) + "\n";
  }
  return text;
}

// The stored credential with this reference, or the only one when none is named.
const StoredCredential* find_stored(const WalletContents& contents, const std::string& reference) {
  if (reference.empty() && contents.credentials.size() == 1) return &contents.credentials.front();
  for (const auto& stored : contents.credentials) {
    auto view = read_credential(stored.sd_jwt);
    if (view.ok() && to_text(view->head.reference) == reference) return &stored;
  }
  return nullptr;
}

ClaimOutcome open_claim(ByteView file, const WalletContents& contents, const Given<std::string>& code_file) {
  ClaimOutcome requested = open_requested_claim_file(file, contents);
  if (requested.claim) return requested;
  auto code = code_file->empty() ? ask_secret("Claim code: ") : read_secret_file(*code_file);
  if (!code.ok()) return ClaimOutcome{std::nullopt, true, code.message()};
  return open_claim_file(file, code->text());
}

ExitCode import(Context& context, const ImportOptions& options) {
  const std::string file = options.file;
  auto raw = read_file(file, age::kMaxFileBytes);
  if (!raw.ok()) return fail(context, ExitCode::kUsage, raw.message());
  if (const auto kind = age::inspect(*raw); !kind.ok()) {
    return fail(context, ExitCode::kUsage, file + " is no claim file: " + kind.message());
  }
  auto wallet = OpenWallet::open_to_change(context, "credential import");
  if (!wallet) return wallet.code();
  ClaimOutcome outcome = open_claim(*raw, wallet.contents(), options.code_file);
  if (!outcome.claim)
    return fail(context, outcome.wrong_code ? ExitCode::kPassphrase : ExitCode::kInvalid, outcome.failure);
  // What was sealed to a request needs no code.
  if (const auto unread = refuse_unread_options(context); !unread.ok()) return report(context, unread.failure());
  // Imported before: the wallet has what it was to have.
  if (auto again = read_credential(outcome.claim->sd_jwt); again.ok()) {
    if (const auto* held = find_stored(wallet.contents(), to_text(again->head.reference))) {
      const auto condition = Condition(context).of(*held, *again);
      print(context, credential_json(*held, *again, condition),
            "in the wallet already, nothing was changed: " + credential_text(*held, *again, condition, true));
      return ExitCode::kFailure;  // no fault of the credential, but nothing was imported
    }
  }
  if (auto imported = import_claim(wallet.contents(), std::move(*outcome.claim), context.now_ms()); !imported.ok()) {
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

ExitCode show(Context& context, const std::string& reference) {
  auto wallet = OpenWallet::open(context);
  if (!wallet) return wallet.code();
  const StoredCredential* stored = find_stored(wallet.contents(), reference);
  if (stored == nullptr)
    return fail(context, ExitCode::kUnknown, "the wallet holds no such credential; testamur credential list");
  auto view = read_credential(stored->sd_jwt);
  if (!view.ok()) return fail(context, ExitCode::kInvalid, view.message());
  const auto condition = Condition(context).of(*stored, *view);
  print(context, credential_json(*stored, *view, condition), credential_text(*stored, *view, condition, true));
  return ExitCode::kOk;
}

// What will be shown and what not, before anything leaves.
std::string disclosure_text(const CredentialView& view, const std::vector<ClaimId>& shown,
                            const std::string& audience) {
  std::string text = "To " + audience + ":\n";
  for (const auto& [id, value] : view.disclosed) {
    const bool is_shown = std::ranges::find(shown, id) != shown.end();
    text += std::string(is_shown ? "  shown     " : "  withheld  ") + std::string(kind_of(id).label) +
            (is_shown ? ": " + one_line(to_display(kind_of(id), value)) : "") + "\n";
  }
  return text;
}

ExitCode present(Context& context, const PresentOptions& options) {
  auto wallet = OpenWallet::open_to_change(context, "credential present");
  if (!wallet) return wallet.code();
  const std::string audience = options.audience;
  const std::string out = options.out;
  const std::vector<std::string> claims = options.claims;
  if (options.reference->empty() && wallet.contents().credentials.size() > 1) {
    return fail(context, ExitCode::kUsage,
                "the wallet holds " + std::to_string(wallet.contents().credentials.size()) +
                    " credentials: name the one to show by its reference (testamur credential list)");
  }
  const StoredCredential* stored = find_stored(wallet.contents(), options.reference);
  if (stored == nullptr)
    return fail(context, ExitCode::kUnknown, "the wallet holds no such credential; testamur credential list");
  auto view = read_credential(stored->sd_jwt);
  if (!view.ok()) return fail(context, ExitCode::kInvalid, view.message());
  PresentationRequest request{{}, audience, options.nonce, context.now_ms() / 1000, std::nullopt};
  for (const auto& name : claims) {
    const ClaimKind* kind = find_claim_kind(name);
    if (kind == nullptr) return fail(context, ExitCode::kUsage, "no claim is called \"" + name + "\"");
    request.claims.push_back(kind->id);
  }
  auto until = parse_last_day(options.until, context.now_ms(), "--until");
  if (!until.ok()) return fail(context, ExitCode::kUsage, until.message());
  if (*until != 0) request.ends_at_s = *until / 1000;
  const std::string preview = disclosure_text(*view, request.claims, audience) + "  " +
                              one_line(Condition(context).of(*stored, *view).text) + "\n" +
                              (request.claims.empty() ? "  no claim is named (--claim): nothing of it is shown\n" : "");
  if (!context.yes && !confirm(preview + "Present this?")) {
    return fail(context, ExitCode::kCancelled, "nothing was presented (without a terminal, give --yes)");
  }
  auto key = holder_key_of(wallet.contents(), stored->holder_key);
  if (!key.ok()) return fail(context, ExitCode::kFailure, key.message());
  auto presentation = present_credential(stored->sd_jwt, request, *key);
  if (!presentation.ok()) return fail(context, ExitCode::kFailure, presentation.message());
  if (out.empty()) {
    print(context, Json{{"presentation", *presentation}}, *presentation + "\n");
    if (!standard_output_arrived()) return fail(context, ExitCode::kFailure, "nothing was presented");
  } else if (const ExitCode code = write_named_file(context, out, as_bytes(*presentation + "\n"));
             code != ExitCode::kOk) {
    return code;
  }

  // Booked only now: a presentation that reached nobody was not made.
  wallet.contents().grants.push_back({to_text(view->head.reference), audience, claims, context.now_ms(), *until});
  if (const ExitCode saved = wallet.save(context); saved != ExitCode::kOk) return saved;
  if (out.empty()) return ExitCode::kOk;
  print(context, Json{{"file", out}, {"disclosed", claims}, {"audience", audience}}, preview + "wrote " + out + "\n");
  return ExitCode::kOk;
}

struct Asked {
  RegistryFacts facts;
  std::optional<ExitCode> failed;  // printed already
  std::uint64_t proven_ms = 0;     // time of the newest block that this home has proven
};

// What the nodes say, proven where they prove it. Without a node everything stays unknown; a forged answer is refused.
Asked facts_of_nodes(Context& context, const CredentialView& view, const std::string& purpose) {
  Client client = context.client();
  LedgerTrust trust(context.path("ledgers"));
  const auto problem = follow_ledger(context, client, trust);
  if (problem && !problem->unreachable()) return {{}, fail(context, *problem)};
  Asked asked{gather_facts(client, view, purpose, named_ledger(trust, view)), std::nullopt, newest_proven_ms(trust)};
  if (const auto lie = prove_facts(client, trust, view, asked.facts)) return {{}, fail(context, *lie)};
  return asked;
}

// What a receipt proves under a ledger that this home trusts; nobody is asked.
Asked facts_of_file(Context& context, const CredentialView& view, const std::string& file) {
  LedgerTrust trust(context.path("ledgers"));
  if (auto problem = trust.load()) return {{}, fail(context, *problem)};
  auto raw = read_file(file, ledger::Receipt::kMaxEncodedSize);
  if (!raw.ok()) return {{}, fail(context, ExitCode::kUsage, raw.message())};
  auto receipt = ledger::decode_receipt(*raw);
  if (!receipt.ok()) return {{}, fail(context, ExitCode::kUsage, file + ": " + receipt.message())};
  const auto& certified = receipt->checkpoint.header.chain;
  const auto* trusted = trust.find(certified);
  const auto* named = trust.find(view.head.reference);
  if (trusted == nullptr) {
    return {{},
            fail(context, ExitCode::kUnknown,
                 "the receipt is of the ledger " + to_text(certified) +
                     ", which this home does not trust: testamur ledger trust FILE [other_ledger]")};
  }
  auto facts = facts_from_receipt(*receipt, *trusted, named == nullptr ? certified : named->genesis.chain);
  if (!facts.ok()) return {{}, fail(context, ExitCode::kInvalid, facts.message() + " [forged_proof]")};
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
    return fail(context, ExitCode::kUnknown, "no node shows a proof of this credential: is it anchored, and listed?");
  }
  if (const ExitCode written = write_named_file(context, out, ledger::encode(*fetched.receipt));
      written != ExitCode::kOk) {
    return written;
  }
  const auto& header = fetched.receipt->checkpoint.header;
  print(context, Json{{"file", out}, {"height", header.height.value}, {"time_ms", header.time_ms}},
        "wrote " + out + ": proves the status at block " + std::to_string(header.height.value) + " to whoever trusts " +
            to_text(header.chain) + "\n");
  return ExitCode::kOk;
}

// By the verifier's own policy, in the place of what the node's institution decides. Nothing is lost where the network
// cannot be asked: then the decision is unknown, with the reason.
ExitCode decide_here(Context& context, Client& client, const VerifyOptions& options, const CredentialView& view,
                     RegistryFacts& facts) {
  if (auto policy = read_policy_file(options.policy_file); !policy.ok()) {
    return fail(context, ExitCode::kUsage, policy.message());
  }
  if (!options.purpose->empty()) {
    if (auto purpose = trust::parse_purpose(*options.purpose); !purpose.ok()) {
      return fail(context, ExitCode::kUsage, purpose.message());
    }
  }
  std::unique_ptr<GraphSource> source = std::make_unique<NodeGraph>(client);
  AwardQuestion question;
  question.point.achievement = trust::AchievementName{view.head.achievement.institution, view.head.achievement.number};
  std::string missing;
  if (!options.graph_file->empty()) {
    auto file = FileGraph::read(options.graph_file);
    if (!file.ok()) return fail(context, ExitCode::kUsage, file.message());
    if (auto known = file->achievement(view.head.achievement)) {
      auto read = award_question(*known);
      if (!read.ok()) return fail(context, ExitCode::kUsage, read.message());
      question = *read;
    } else {
      missing = "the graph file does not hold the achievement " + to_text(view.head.achievement);
    }
    source = std::make_unique<FileGraph>(std::move(*file));
  } else {
    auto answer = client.achievement(view.head.achievement);
    if (auto* failure = std::get_if<CallError>(&answer)) {
      missing = failure->message;
    } else if (auto read = award_question(std::get<AchievementAnswer>(answer)); read.ok()) {
      question = *read;
    } else {
      missing = client.answering() + ": " + read.message();
    }
  }
  facts.decisions.reset();
  facts.acceptance.reset();
  const OwnDecision own{options.policy_file, options.purpose};
  auto decided = missing.empty() ? decide_by_own_policy(*source, own, question, view, facts) : Status(error(missing));
  if (!decided.ok() && facts.problem.empty()) facts.problem = decided.message();
  return ExitCode::kOk;
}

Outcome verify(Context& context, const VerifyOptions& options) {
  if (options.audience->empty() != options.nonce->empty()) {
    return fail(context, ExitCode::kUsage,
                "--audience and --nonce go together: the holder's proof is made for both. Give the other one too");
  }
  auto raw = read_file(options.file, kMaxCredentialBytes);
  if (!raw.ok()) return fail(context, ExitCode::kUsage, raw.message());
  auto pasted = read_pasted(as_text(*raw));
  if (!pasted.ok()) return fail(context, ExitCode::kUsage, *options.file + ": " + pasted.message());
  const std::string& compact = *pasted;
  VerifyRules rules{context.now_ms(), options.max_status_age_ms, std::nullopt, true};
  if (!options.audience->empty() || !options.nonce->empty()) {
    rules.holder = HolderRules{options.audience, options.nonce, context.now_ms() / 1000, options.max_age_s};
  }
  RegistryFacts facts;
  if (auto view = read_credential(compact); view.ok()) {
    auto asked = options.receipt->empty() ? facts_of_nodes(context, *view, options.purpose)
                                          : facts_of_file(context, *view, options.receipt);
    if (asked.failed) return *asked.failed;

    // Ages are told by this machine's clock. One that is behind a proven block is wrong, and nobody else is to blame.
    if (context.now_ms() + kClockBehindMs < asked.proven_ms) {
      return fail(context, ExitCode::kFailure,
                  "this machine's clock says " + moment_text(context.now_ms()) +
                      ", but the ledger has a proven block of " + moment_text(asked.proven_ms) +
                      ": set the clock; nothing was judged");
    }
    facts = std::move(asked.facts);
    if (!options.policy_file->empty()) {
      Client client = context.client();
      const ExitCode decided = decide_here(context, client, options, *view, facts);
      if (decided != ExitCode::kOk) return decided;
    }
  }
  const Verdict verdict = verify_presentation(compact, facts, rules);
  return Reply{as_json(verdict), to_text(verdict), static_cast<ExitCode>(verdict_code(verdict))};
}

}  // namespace

void add_credential_commands(CLI::App& app, Context& context, Run& run) {
  auto* credential = app.add_subcommand("credential", "Credentials: import, show, present, verify");
  credential->require_subcommand(1);
  auto claim = std::make_shared<ImportOptions>();
  auto* importing = credential->add_subcommand("import", "Take a claim file (NAME.testamur.age) into the wallet");
  option(*importing, "file", claim->file, "The claim file")->required();
  option(*importing, "--code-file", claim->code_file, "Read the claim code from this file (default: asked)");
  importing->callback([&context, &run, claim] { run = [&context, claim] { return import(context, *claim); }; });
  credential->add_subcommand("list", "What the wallet holds")->callback([&context, &run] {
    run = [&context] { return list(context); };
  });
  auto text = std::make_shared<Given<std::string>>();
  auto* showing = credential->add_subcommand("show", "One credential with all its claims");
  option(*showing, "reference", *text, "urn:testamur:… (default: the only one)");
  showing->callback([&context, &run, text] { run = [&context, text] { return show(context, *text); }; });

  auto options = std::make_shared<PresentOptions>();
  auto* presenting = credential->add_subcommand("present", "Show chosen claims to one verifier");
  option(*presenting, "reference", options->reference, "urn:testamur:… (default: the only one)");
  option(*presenting, "--claim", options->claims, "A claim to show; may be given several times");
  option(*presenting, "--audience", options->audience, "The verifier, as it names itself")->required();
  option(*presenting, "--nonce", options->nonce, "The verifier's challenge")->required();
  option(*presenting, "--until", options->until, "End of the grant, YYYY-MM-DD; binds honest verifiers only");
  option(*presenting, "--out", options->out, "File to write (default: standard output)");
  presenting->callback([&context, &run, options] { run = [&context, options] { return present(context, *options); }; });

  auto kept = std::make_shared<ReceiptOptions>();
  auto* keeping = credential->add_subcommand("receipt", "Keep a proof of the present status, for use offline");
  option(*keeping, "file", kept->file, "A credential or presentation")->required();
  option(*keeping, "--out", kept->out, "File to write")->required();
  keeping->callback([&context, &run, kept] { run = [&context, kept] { return keep_receipt(context, *kept); }; });

  auto checking = std::make_shared<VerifyOptions>();
  auto* verifying =
      credential->add_subcommand("verify", "Signature, contents, status, holder and whether the issuer is accepted");
  option(*verifying, "file", checking->file, "A credential or presentation")->required();
  option(*verifying, "--audience", checking->audience, "Require a holder's proof made for this name");
  option(*verifying, "--nonce", checking->nonce, "… and this challenge");
  option(*verifying, "--max-age", checking->max_age_s, "… not older than this many seconds");
  option(*verifying, "--max-status-age", checking->max_status_age_ms, "Older status is unknown, in milliseconds");
  option(*verifying, "--purpose", checking->purpose, "credit, access, exemption, employment, profession");
  option(*verifying, "--receipt", checking->receipt, "Ask nobody: judge by this receipt");
  auto* policy = option(*verifying, "--policy", checking->policy_file,
                        "Decide here by this policy and not by the node's (docs/formats/policy.md)");
  option(*verifying, "--graph", checking->graph_file,
         "… from the recognitions in this file (testamur trust graph --out) and not from a node")
      ->needs(policy);
  verifying->callback(
      [&context, &run, checking] { run = [&context, checking] { return verify(context, *checking); }; });
}

}  // namespace testamur::wallet
