// The order of work keeps three promises. What a person agrees to is what is signed: the
// description follows from the built bytes. A fresh key is on disk before anything that names it
// leaves. And bytes are in the outbox before they are sent, so that a command that dies goes on
// with the same bytes.
#include "wallet/cli/flow/transaction_flow.h"

#include <algorithm>

#include "wallet/cli/dates.h"
#include "wallet/cli/files/output.h"
#include "wallet/cli/flow/follow_ledger.h"
#include "wallet/cli/flow/key_vault.h"
#include "wallet/cli/flow/pending.h"
#include "wallet/cli/flow/proven_commit.h"
#include "wallet/cli/joined.h"
#include "wallet/cli/terminal.h"
#include "wallet/client/outbox.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

constexpr std::uint64_t kValidForMs = 10 * 60 * 1000;
constexpr std::uint64_t kStandardWindowMs = 3'600'000;
// Less than the window, so that a draft can be sent at once too.
constexpr std::uint64_t kMarginMs = 60'000;

Attempt<std::uint64_t> validity_window(Client& client) {
  TM_TRY(const auto answer, asked(client.parameters()));
  const auto row = answer.values.find("validity_window_ms");
  return row == answer.values.end() ? kStandardWindowMs : row->second;
}

// Until when the transaction is to be taken: what --send-by says of a draft, else what is usual.
Attempt<tx::Envelope> envelope_for(IssuerSession& session, const DraftOptions& options) {
  auto& context = session.context;
  const bool drafted = !options.file->empty();
  std::uint64_t until_ms = 0;
  if (!options.send_by->empty()) {
    const auto parsed = parse_time(options.send_by, context.now_ms());
    if (!parsed.ok()) return Failure{ExitCode::kUsage, "--send-by: " + parsed.message()};
    if (*parsed <= context.now_ms()) {
      return Failure{ExitCode::kUsage,
                     "--send-by: " + *options.send_by + " has passed; give a time to come"};
    }
    if (!drafted) {
      return Failure{ExitCode::kUsage,
                     "--send-by belongs to --draft FILE: without it the transaction is sent now. "
                     "Nothing was sent."};
    }
    until_ms = *parsed;
  }

  TM_TRY(auto envelope, fresh_envelope(context, session.client, session.profile.chain,
                                       session.profile.institution));
  if (until_ms != 0) {
    envelope.valid_until_ms = until_ms;
  } else if (drafted) {
    TM_TRY(const auto window_ms, validity_window(session.client));
    envelope.valid_until_ms = context.now_ms() + window_ms - kMarginMs;
  }
  return envelope;
}

// What was signed a minute ago and waits for a quorum would be said twice. A person is asked, a
// script refused.
Attempt<void> compare_with_pending(IssuerSession& session, const tx::DecodedBody& body,
                                   Description& description) {
  const auto& context = session.context;
  const auto same = pending_alike(session.pending, body);
  if (!same) return {};
  const std::string text = "the same was signed before and waits in the outbox, as " +
                           to_text(*same) + ": testamur outbox resume goes on with it";
  if (context.yes || !input_is_terminal())
    return Failure{ExitCode::kUsage, text + ". Nothing was signed or sent", "pending_already"};
  description.warnings.push_back(text);
  return {};
}

// The draft and what a person reads of it.
Attempt<Draft> describe(IssuerSession& session, TransactionRequest& request,
                        const tx::UnsignedTransaction& built) {
  TM_TRY(auto signer,
         asked(signer_of(session.client, session.profile.institution, request.purpose)));
  auto decoded = tx::decode_body(built.body);
  if (const auto* broken = std::get_if<tx::Rejection>(&decoded))
    return Failure{ExitCode::kFailure, to_text(*broken)};
  const auto& body = std::get<tx::DecodedBody>(decoded);
  TM_TRY(auto known, asked(fetch_description_context(session.client, body)));

  // What retires or replaces a key names it by its purpose.
  TM_TRY(const auto own, asked(session.client.institution(session.profile.institution, false)));
  known.keys = purposes_of_keys(own);

  auto& description = request.description;
  description.text = describe_transaction(body, known) + description.text;
  if (request.complete_description)
    TM_TRY_STATUS(request.complete_description(built, known, description));
  TM_TRY_STATUS(compare_with_pending(session, body, description));
  TM_TRY(const auto window_ms, validity_window(session.client));
  return begin_draft(session.profile.chain, built, {std::move(signer)}, window_ms, known.names);
}

// Whoever carries a draft round for days does it for nothing where what it says is over by then.
Attempt<void> check_time_of_use(TransactionRequest& request, const Draft& draft) {
  const auto of_use_ms = request.of_use_until_ms;
  if (of_use_ms == 0 || of_use_ms > valid_until_ms(draft)) return {};
  const std::string when = request.of_use_text + " on " + moment_text(of_use_ms) +
                           ", and the ledger takes the draft between " +
                           moment_text(valid_from_ms(draft)) + " and " +
                           moment_text(valid_until_ms(draft));
  if (of_use_ms <= valid_from_ms(draft))
    return error(when +
                 ": it could never be sent in time. Give an earlier --send-by, or a later "
                 "day; nothing was written");
  request.description.warnings.push_back(when + ": send it before that");
  return {};
}

Outcome write_draft(const Context& context, const Draft& draft, const Description& description,
                    const std::string& file) {
  TM_TRY_STATUS(save_named_file(context, file, as_bytes(draft_text(draft))));

  std::string next;
  for (const auto& line : missing(draft)) next += "  " + line + "\n";
  next += "  they run: testamur sign " + file + "\n  then:     testamur send " + file +
          ", between " + moment_text(valid_from_ms(draft)) + " and " +
          moment_text(valid_until_ms(draft)) + "\n";

  Json json = description.facts;
  json.update({{"draft", file},
               {"says", description.text},
               {"warnings", description.warnings},
               {"missing", missing(draft)},
               {"transaction", to_text(draft.transaction.id)},
               {"send_from_ms", valid_from_ms(draft)},
               {"send_until_ms", valid_until_ms(draft)}});

  return Reply{std::move(json), "nothing was sent; the draft is in " + file + "\n" + next};
}

// Why this home lacks a signature: its keys are those from before a rotation. Empty where they are
// not, or it has none.
Attempt<std::string> about_own_keys(IssuerSession& session, KeyPurpose purpose) {
  if (!is_there(vault_file(session.context, purpose))) return std::string{};
  TM_TRY(const auto opened, open_issuer_keys(session.context, purpose));
  return about_replaced_keys(session.client, opened, purpose);
}

Outcome sign_and_send(IssuerSession& session, Draft& draft, const TransactionRequest& request) {
  auto& context = session.context;
  const auto& description = request.description;

  TM_TRY_STATUS(sign_with_vaults(context, draft, true));
  if (const auto open = missing(draft); !open.empty()) {
    TM_TRY(const auto replaced, about_own_keys(session, request.purpose));
    if (!replaced.empty()) return Failure{ExitCode::kFailure, replaced + ". Nothing was sent"};
    return Failure{
        ExitCode::kFailure,
        "nothing was sent: this home does not hold all that must sign: " + joined(open, "; ") +
            "; write it with --draft FILE, let them run testamur sign FILE, then "
            "testamur send FILE"};
  }

  TM_TRY(const auto sent,
         submit_signed(context, session.client, draft.transaction.id, carried(draft),
                       Json{{"command", request.command}, {"says", description.text}}));

  Json json = description.facts;
  json.update({{"transaction", to_text(sent.id)},
               {"says", description.text},
               {"warnings", description.warnings},
               {"outcome", sent.outcome.json()}});
  json[request.id_name] = to_text(sent.id);

  return Reply{std::move(json), request.done + "\n" + description.details + "  " + request.id_name +
                                    " " + to_text(sent.id) + "\n"};
}

// The vaults of this home that hold keys which the draft still waits for, opened one after the
// other.
Attempt<void> sign_with_vault(Context& context, Draft& draft, KeyPurpose purpose,
                              bool only_what_is_missing) {
  const std::string file = context.path("issuer/" + std::string(to_text(purpose)) + ".age");
  if (!is_there(file)) return {};
  TM_TRY(const auto opened, open_issuer_keys(context, purpose));
  for (const auto& key : opened.keys) {
    if (only_what_is_missing && missing(draft).empty()) break;
    sign_draft(draft, purpose, key);
  }
  return {};
}

// What a person does who has signed something that has not ended.
std::string kept_in_outbox(const TransactionId& id) {
  return "It is signed and " + to_text(id) +
         " is kept in the outbox: do not give the command again, testamur outbox resume goes on "
         "with it";
}

// How a transaction ended that did not get onto the ledger.
Failure ended_otherwise(const CommitOutcome& outcome, const TransactionId& id,
                        const Outbox& outbox) {
  switch (outcome.state) {
    case CommitOutcome::State::kRejected: {
      outbox.remove(id);
      return Failure{ExitCode::kFailure, "rejected: " + outcome.message, outcome.code, outcome.rule,
                     outcome.field};
    }
    case CommitOutcome::State::kExpired:
      outbox.remove(id);
      return Failure{ExitCode::kFailure, "expired before it was committed: run the command again"};
    default: break;
  }

  // It may still be committed, so that its bytes stay in the outbox.
  return Failure{ExitCode::kUnreachable, "not committed yet. " + kept_in_outbox(id)};
}

}  // namespace

Attempt<IssuerSession> open_acting_session(Context& context, const std::string& doing) {
  TM_TRY_STATUS(hold_home(context, doing));
  TM_TRY(auto session, open_issuer_session(context));
  TM_TRY(session.pending, pending_transactions(context, session.profile, context.now_ms()));
  const auto waiting = session.pending.size();
  if (waiting != 0 && !context.quiet) {
    put(Stream::kError,
        "testamur: " + std::to_string(waiting) +
            (waiting == 1 ? " signed transaction waits" : " signed transactions wait") +
            " in the outbox: testamur outbox list\n");
  }
  return session;
}

Attempt<IssuerSession> open_issuer_session(Context& context) {
  IssuerSession session{context, context.client(), {}, {}};
  TM_TRY(session.profile, issuer_profile(context, session.client));
  return session;
}

Outcome confirm_sign_send(IssuerSession& session, TransactionRequest request,
                          const DraftOptions& options) {
  auto& context = session.context;
  const std::string file = options.file;
  if (!file.empty()) TM_TRY_STATUS(may_save_named_file(context, file));
  TM_TRY(const auto envelope, envelope_for(session, options));
  TM_TRY(const auto built, built_or_failure(request.make(envelope)));
  TM_TRY(auto draft, describe(session, request, built));
  if (!file.empty()) TM_TRY_STATUS(check_time_of_use(request, draft));
  for (const auto& held : request.keys) sign_draft(draft, held.purpose, held.key);

  TM_TRY_STATUS(confirm_description(context, request.description,
                                    file.empty() ? "Send this?" : "Write this as a draft?",
                                    file.empty() ? "sent" : "written"));
  if (request.keep) TM_TRY_STATUS(request.keep());
  if (!file.empty()) return write_draft(context, draft, request.description, file);
  return sign_and_send(session, draft, request);
}

Outcome confirm_sign_send(IssuerSession& session, TransactionRequest request) {
  return confirm_sign_send(session, std::move(request), DraftOptions{});
}

Outcome say_only(IssuerSession& session, TransactionRequest request) {
  TM_TRY(const auto envelope, envelope_for(session, DraftOptions{}));
  TM_TRY(const auto built, built_or_failure(request.make(envelope)));
  TM_TRY_STATUS(describe(session, request, built));

  const auto& description = request.description;
  std::string text = description.text + "\n" + description.details;
  for (const auto& warning : description.warnings)
    text += toned(Tone::kDoubt, "Warning: ") + warning + "\n";

  Json json = description.facts;
  json.update({{"dry_run", true}, {"says", description.text}, {"warnings", description.warnings}});
  return Reply{std::move(json), text + "nothing was sent\n"};
}

Attempt<void> confirm_description(const Context& context, const Description& description,
                                  const std::string& question, const std::string& undone) {
  TM_TRY_STATUS(refuse_unread_options(context));
  TM_TRY_STATUS(refuse_short_ids_unasked(context));
  // Who is asked must have read what, whatever form the answer is to have; who is not asked may
  // want silence, but no warning is a notice.
  if (!context.json || !context.yes) {
    std::string text;
    if (!context.quiet || !context.yes) {
      const auto end = description.text.find('\n');
      text = toned(Tone::kStrong, description.text.substr(0, end)) +
             (end == std::string::npos ? "" : description.text.substr(end)) + "\n" +
             description.details;
    }
    for (const auto& warning : description.warnings)
      text += toned(Tone::kDoubt, "Warning: ") + warning + "\n";
    if (!text.empty()) put(Stream::kError, text);
  }
  if (context.yes || confirm(question)) return {};
  return Failure{ExitCode::kCancelled, nothing_was(undone)};
}

Attempt<tx::Envelope> fresh_envelope(Context& context, Client& client, const ChainId& chain,
                                     const InstitutionId& author) {
  TM_TRY(const auto answer, asked(client.status()));
  if (answer.chain != chain) {
    // Says what a recovery would be, before anything is signed.
    LedgerTrust trust(context.path("ledgers"));
    if (const auto problem = follow_ledger(context, client, trust)) return failure_of(*problem);
    if (trust.current() != nullptr && trust.current()->genesis.chain == answer.chain) {
      return Failure{ExitCode::kFailure,
                     "this home follows the recovered ledger from now on: run the command again"};
    }
    return Failure{ExitCode::kUnknown, "the node serves another ledger (" + chain_text(answer) +
                                           ") than this home belongs to (" + to_text(chain) + ")"};
  }
  return tx::Envelope{chain, author, random_fixed<tx::Nonce>(),
                      now_with_ledger(context, answer.as_of) + kValidForMs};
}

std::uint64_t now_with_ledger(const Context& context, const std::optional<AsOf>& as_of) {
  return std::max(context.now_ms(), as_of ? as_of->time_ms : 0);
}

std::string chain_text(const StatusAnswer& status) {
  return status.chain ? to_text(*status.chain) : "unknown";
}

Attempt<tx::UnsignedTransaction> built_or_failure(tx::Built built) {
  if (const auto* rejection = std::get_if<tx::Rejection>(&built)) {
    return Failure{ExitCode::kUsage, "the ledger's rules refuse this: " + tx::to_text(*rejection),
                   std::string(tx::name(rejection->code)), std::string(tx::rule(rejection->code)),
                   rejection->field};
  }
  return std::get<tx::UnsignedTransaction>(std::move(built));
}

Attempt<Submitted> submit_signed(Context& context, Client& client, const TransactionId& id,
                                 ByteView carried, Json note) {
  const Outbox outbox(context.path("outbox"));
  TM_TRY_STATUS(or_exit(ExitCode::kFailure, outbox.put({id, to_bytes(carried), std::move(note)})));
  auto ended =
      client.submit_until_ended(id, carried, context.timeout_ms, [&](const std::string& text) {
        if (!context.quiet) put(Stream::kError, "testamur: " + text + "\n");
      });
  if (auto* failure = std::get_if<CallError>(&ended)) {
    if (failure->kind == CallFailure::kRejected || failure->kind == CallFailure::kInvalid) {
      outbox.remove(id);
      return failure_of(*failure);
    }

    // The bytes may be at a node already, and wait there for a quorum: to sign anew would say it
    // twice.
    Failure kept = failure_of(*failure);
    kept.message += ". " + kept_in_outbox(id);
    return kept;
  }
  auto& outcome = std::get<CommitOutcome>(ended);
  if (outcome.state != CommitOutcome::State::kCommitted)
    return ended_otherwise(outcome, id, outbox);

  // Until it is proven the bytes are kept: whoever took them may have kept them to himself.
  if (auto proven = expect_on_ledger(context, client, id, carried); !proven.ok()) {
    Failure kept = proven.failure();
    kept.message += ". " + kept_in_outbox(id);
    return kept;
  }
  outbox.remove(id);
  return Submitted{id, std::move(outcome.shown)};
}

Attempt<void> sign_with_vaults(Context& context, Draft& draft, bool only_what_is_missing) {
  for (std::uint8_t value = 1; purpose_from(value); ++value) {
    const auto purpose = *purpose_from(value);
    if (!asks_for(draft, purpose) || (only_what_is_missing && missing(draft).empty())) continue;
    TM_TRY_STATUS(sign_with_vault(context, draft, purpose, only_what_is_missing));
  }
  return {};
}

}  // namespace testamur::wallet
