#include "wallet/cli/flow/pending.h"

#include <algorithm>

#include "wallet/client/outbox.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

// What was signed minutes apart began minutes apart.
constexpr std::uint64_t kDayMs = 86'400'000;

bool is_same(const tx::StatementContent& a, tx::StatementContent b) {
  const auto gap = a.valid_from_ms > b.valid_from_ms ? a.valid_from_ms - b.valid_from_ms
                                                     : b.valid_from_ms - a.valid_from_ms;
  if (gap >= kDayMs) return false;
  b.valid_from_ms = a.valid_from_ms;
  // Accreditations take the next free slot, and recognitions the one that is named.
  if (a.accreditation) b.slot = a.slot;
  return a == b;
}

bool says_the_same(const tx::Transaction& pending, const tx::DecodedBody& body) {
  if (pending.kind() != body.kind) return false;
  if (const auto* statement = std::get_if<tx::StatementContent>(&body.content))
    return is_same(std::get<tx::StatementContent>(pending.content()), *statement);
  if (const auto* proposal = std::get_if<tx::ProposalContent>(&body.content))
    return std::get<tx::ProposalContent>(pending.content()).action == proposal->action;
  return std::ranges::equal(pending.payload(), body.payload);
}

StatementAnswer as_listed(const tx::Transaction& pending, const tx::StatementContent& content) {
  StatementAnswer said;
  said.id = pending.id();
  said.truster.id = pending.author();
  said.subject.id = content.subject;
  said.kind = static_cast<trust::Kind>(content.kind);
  said.amount = content.amount;
  said.depth = content.depth;
  said.scope = content.scope;
  said.valid_from_ms = content.valid_from_ms;
  said.valid_until_ms = content.valid_until_ms;
  said.slot = content.slot;
  said.scheme = static_cast<trust::Scheme>(content.scheme);
  said.names = content.names;
  said.names_whole = true;
  said.anchor = AnchorAnswer{{}, content.valid_from_ms, LogIndex{~std::uint64_t{0}}};
  said.key.emplace();
  said.evidence_digest = content.evidence_digest;
  said.report_url = content.report_url;
  return said;
}

}  // namespace

Attempt<std::vector<tx::SharedTransaction>> pending_transactions(const Context& context,
                                                                 const IssuerProfile& profile,
                                                                 std::uint64_t now_ms) {
  const Outbox outbox(context.path("outbox"));
  TM_TRY(const auto entries, or_exit(ExitCode::kFailure, outbox.list()));
  std::vector<tx::SharedTransaction> pending;
  for (const auto& entry : entries) {
    // Bytes of another ledger, or that this program cannot read, can be compared with nothing.
    const auto decoded = tx::decode(profile.chain, entry.carried);
    const auto* transaction = std::get_if<tx::SharedTransaction>(&decoded);
    if (transaction == nullptr || (*transaction)->author() != profile.institution) continue;
    if ((*transaction)->valid_until_ms() >= now_ms) pending.push_back(*transaction);
  }
  return pending;
}

void add_pending(StatementsAnswer& answer, const std::vector<tx::SharedTransaction>& pending,
                 const std::optional<InstitutionId>& subject) {
  for (const auto& each : pending) {
    const auto* content = std::get_if<tx::StatementContent>(&each->content());
    const bool is_listed = std::ranges::find(answer.statements, each->id(), &StatementAnswer::id) !=
                           answer.statements.end();
    if (content == nullptr || is_listed || (subject && content->subject != *subject)) continue;
    answer.statements.push_back(as_listed(*each, *content));
  }
}

std::optional<TransactionId> pending_alike(const std::vector<tx::SharedTransaction>& pending,
                                           const tx::DecodedBody& body) {
  const auto found =
      std::ranges::find_if(pending, [&](const auto& each) { return says_the_same(*each, body); });
  return found == pending.end() ? std::nullopt : std::optional((*found)->id());
}

}  // namespace testamur::wallet
