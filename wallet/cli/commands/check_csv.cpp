// check --csv: every row is asked and proven as `check` does it with one hash; the table is never
// held.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "wallet/cli/commands/commands.h"
#include "wallet/cli/files/check_table.h"
#include "wallet/cli/files/named_stream.h"
#include "wallet/cli/flow/follow_ledger.h"
#include "wallet/cli/flow/viewpoint.h"
#include "wallet/cli/flow/viewpoint_decision.h"
#include "wallet/cli/option.h"
#include "wallet/cli/terminal.h"
#include "wallet/client/facts.h"
#include "wallet/client/proven_facts.h"
#include "wallet/verify/verify.h"

namespace testamur::wallet {
namespace {

constexpr std::uint64_t kMaxStatusAgeMs = 600'000;
constexpr unsigned kMostRetries = 120;  // of one row, while the node has no room for a call
constexpr auto kPause = std::chrono::milliseconds(250);

// A node lets a caller ask so many times a second; a long table waits for its turn.
template <class Ask>
auto patiently(const Ask& ask) {
  auto answer = ask();
  for (unsigned i = 0; i < kMostRetries; ++i) {
    const auto* failure = std::get_if<CallError>(&answer);
    if (failure == nullptr || failure->kind != CallFailure::kOverloaded) break;
    std::this_thread::sleep_for(kPause);
    answer = ask();
  }
  return answer;
}

// Both names have been read by check_table().
Called<CheckAnswer> ask_about(Client& client, const RowNames& names, const CheckOptions& options) {
  if (!names.reference.empty())
    return client.check(parse_reference(names.reference).value(), options);
  return client.check(*Hash256::from(*from_hex(names.hash)), options);
}

std::string recognised(const Verdict& verdict) {
  const auto* finding = find(verdict, Topic::kAcceptance);
  if (finding == nullptr || finding->answer == Answer::kUnknown) return "unknown";
  if (finding->answer != Answer::kValid) return "no";
  // Whoever awards accepts its own awards: whoever reads the column alone must not take that for
  // somebody else's yes.
  return is_own_word(verdict) ? "own" : "yes";
}

// Whose view it is and what it rests on: nobody proves a recognition (decision 1140).
void add_recognition(const Verdict& verdict, RowAnswer& row) {
  row.recognised = recognised(verdict);
  if (!verdict.facts.acceptance) {
    row.recognised_rests_on = "not known: " + verdict.facts.problem;
    return;
  }
  const auto& acceptance = *verdict.facts.acceptance;
  row.recognised_by =
      acceptance.viewpoint + ", " +
      whose_policy(acceptance.policy_of, acceptance.viewpoint, acceptance.policy_owner);
  row.recognised_rests_on = "the word of " + acceptance.by_word_of;
  if (acceptance.as_of)
    row.recognised_rests_on += " as of block " + std::to_string(acceptance.as_of->height.value);
}

RowAnswer row_of(const Verdict& verdict) {
  RowAnswer row;
  const auto what = standing(verdict);
  const SlotRecord& slot = verdict.facts.slots->front();

  row.verdict = to_text(what);
  row.issuer = to_text(slot.issuer);
  const auto& issuer = verdict.facts.issuer;
  if (issuer && issuer->basis == Basis::kProven) row.issuer_name = issuer->name_now;
  row.said_since = slot.since_ms == 0 ? "" : format_time_ms(slot.since_ms);
  row.achievement = to_text(slot.achievement);
  row.anchored = format_time_ms(slot.anchor_time_ms);
  add_recognition(verdict, row);

  // A word alone decides nothing (decision 1140), so that each row says what it rests on.
  const bool proven = verdict.facts.as_of && verdict.facts.as_of->basis == Basis::kProven;
  row.rests_on = what == Standing::kCannotTell ? headline(verdict)
                 : proven
                     ? "proven under block " + std::to_string(verdict.facts.as_of->height.value)
                     : "the word of " + verdict.facts.answered_by;
  if (!verdict.doubt_of_key.empty() && what != Standing::kCannotTell)
    row.rests_on += "; " + verdict.doubt_of_key;
  row.is_key_doubted = !verdict.doubt_of_key.empty();

  row.exit = static_cast<ExitCode>(verdict_code(verdict));
  return row;
}

// Of several issuers that list one hash, the worst: nobody says which of them is meant.
bool is_worse(ExitCode a, ExitCode b) { return a != b && worse(a, b) == a; }

class Table {
 public:
  Table(Context& context, Client& client, const LedgerTrust& trust, const std::string& purpose,
        std::optional<Viewpoint> viewpoint)
      : context_(context),
        client_(client),
        trust_(trust),
        options_{purpose, false, 0},
        viewpoint_(std::move(viewpoint)) {}

  Attempt<RowAnswer> ask(const RowNames& names) {
    if (const auto other = other_ledger_text(trust_, names.reference); !other.empty()) {
      RowAnswer row;
      row.verdict = "other_ledger";
      row.rests_on = other;
      row.exit = ExitCode::kUnknown;
      return row;
    }
    TM_TRY(const auto answer,
           asked(patiently([&] { return ask_about(client_, names, options_); })));

    if (answer.checkpoint) {
      if (const auto lie = trust_.verify_checkpoint(*answer.checkpoint)) return failure_of(*lie);
    }

    RowAnswer row;
    if (answer.listing != Listing::kFound) {
      const bool absent = answer.listing == Listing::kNotListed;
      row.verdict = absent ? "not_listed" : "cannot_tell";
      row.rests_on = "the word of " + client_.answering();
      row.exit = absent ? ExitCode::kUnknown : ExitCode::kUnreachable;
      return row;
    }

    if (!names.hash.empty() && std::ranges::none_of(answer.slots, [&](const auto& each) {
          return each.slot.commitment.hex() == names.hash;
        }))
      return contradiction("its hash is not the one that the ledger has at its reference");

    bool first = true;
    for (const auto& slot : answer.slots) {
      TM_TRY(auto each, judge(answer, slot));
      if (first || is_worse(each.exit, row.exit)) row = std::move(each);
      first = false;
    }

    return row;
  }

 private:
  Attempt<RowAnswer> judge(const CheckAnswer& answer, const SlotAnswer& slot) {
    const ChainId chain = trust_.current() == nullptr ? ChainId{} : trust_.current()->genesis.chain;
    auto facts = facts_of_slot(client_, chain, answer, slot);
    if (const auto lie = prove_slot(client_, trust_, stolen_, facts)) return failure_of(*lie);
    if (viewpoint_) decide_for(client_, *viewpoint_, options_.purpose, facts);
    const auto& commitment = facts.slots->front().commitment;
    const VerifyRules rules{context_.now_ms(), kMaxStatusAgeMs, {}, true};
    return row_of(verify_hash(commitment, facts, rules));
  }

  Context& context_;
  Client& client_;
  StolenKeys stolen_{client_};
  const LedgerTrust& trust_;
  const CheckOptions options_;
  const std::optional<Viewpoint> viewpoint_;
};

}  // namespace

Outcome check_csv(Context& context, const std::string& csv, const std::string& out,
                  const std::string& purpose, const std::string& viewpoint) {
  if (out.empty())
    return error("--csv needs --out FILE: the table with what the ledger says beside each row");
  std::error_code ignored;
  // The library opens a folder too, and fails at the first read of it.
  if (std::filesystem::is_directory(csv, ignored))
    return error(csv + " is a folder: name the table in it");
  std::ifstream in(csv, std::ios::binary);
  if (!in) return error("cannot open " + csv + ": is the name right?");
  const auto size = std::filesystem::file_size(csv, ignored);
  NamedStream stream;
  TM_TRY_STATUS(stream.open(context, out));
  Client client = context.client();
  LedgerTrust trust(context.path("ledgers"));
  if (const auto problem = follow_ledger(context, client, trust)) return failure_of(*problem);
  TM_TRY_STATUS(refuse_clock_behind(context, trust));

  TM_TRY(auto seen_by, read_viewpoint(client, viewpoint));
  // Before the first row: what is refused afterwards would be there all the same.
  TM_TRY_STATUS(refuse_unread_options(context));
  Table table(context, client, trust, purpose, std::move(seen_by));
  Attempt<TableCounts> counts = TableCounts{};
  {
    Progress progress("checking (bytes of the table)", ignored ? 0 : size,
                      context.quiet || context.json);
    counts = check_table(in, {[&](const RowNames& names) { return table.ask(names); },
                              [&](std::string_view line) { return stream.write(line); },
                              [&](std::uint64_t bytes) { progress.advance(bytes); }});
  }
  if (!counts.ok()) {
    Failure failure = counts.failure();
    failure.message = csv + ", " + failure.message + "; nothing was written";
    return failure;
  }
  TM_TRY_STATUS(stream.finish());
  std::string text;
  for (const auto& notice : counts->notices) text += csv + ": " + notice + "\n";
  for (const auto& fault : counts->faults) text += csv + ", " + fault + "\n";
  return Reply{Json{{"file", out},
                    {"notices", counts->notices},
                    {"faults", counts->faults},
                    {"rows", counts->rows},
                    {"verdicts", counts->by_verdict},
                    {"recognition", counts->by_recognition},
                    {"not_accepted_by", counts->not_accepted_by},
                    {"repeated", counts->repeated},
                    {"key_doubts", counts->key_doubts},
                    {"exit_code", static_cast<int>(counts->exit)}},
               text + "wrote " + out + ": " + to_text(*counts) + "\n", counts->exit};
}

}  // namespace testamur::wallet
