#include "node/rpc/recognition.h"

#include <chrono>

#include "node/rpc/reader.h"
#include "trust/explain.h"

namespace testamur::node {
namespace {

constexpr std::uint64_t kRefreshMs = 1'000;
constexpr std::size_t kCachedDecisions = 1u << 18;

std::uint64_t steady_ms() {
  auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

RegistryCounts counts_of(const ledger::StateReader& state) {
  return {ledger::tx::institution_count(state), ledger::tx::statement_count(state),
          ledger::tx::registry_change_count(state)};
}

}  // namespace

std::shared_ptr<const trust::Decision> RecognitionView::decide_cached(const trust::Query& query,
                                                                      const trust::Policy& policy) {
  Key key{query.viewpoint, query.issuer, query.point, query.at_time_ms};
  {
    std::lock_guard lock(mutex_);
    auto found = cache_.find(key);
    if (found != cache_.end()) return found->second;
  }
  auto decision = std::make_shared<const trust::Decision>(trust::decide(*history_, query, policy));
  std::lock_guard lock(mutex_);
  if (cache_.size() >= kCachedDecisions) cache_.clear();
  cache_.emplace(key, decision);
  return decision;
}

std::shared_ptr<RecognitionView> Recognition::view(const HeadPtr& head) {
  std::lock_guard lock(mutex_);
  auto now = steady_ms();
  auto counts = counts_of(*head->state);
  bool stale = !view_ || (view_->as_of().height != head->header.height && now - refreshed_ms_ >= kRefreshMs);
  // What was just committed should be seen at once by whoever asks next: a new statement or institution refreshes too.
  if (!stale && view_->as_of().height < head->header.height && counts != counts_) stale = true;
  if (!stale) return view_;
  trust::AsOf as_of{head->header.height, head->header.time_ms, head->header.roots.registry_root};
  auto history = view_ ? view_->shared_history() : std::make_shared<const trust::History>();
  if (counts != counts_) {
    auto status = graph_.follow(*head->state);
    TM_CHECK(status.ok(), status.message());
    counts_ = counts;
    history = std::make_shared<const trust::History>(graph_.history());
  }
  view_ = std::make_shared<RecognitionView>(std::move(history), as_of);
  refreshed_ms_ = now;
  return view_;
}

namespace {

void fill_hop(const Reader& reader, const trust::Arc& arc, v1::TrustHop& hop) {
  reader.fill_name(arc.truster, std::nullopt, *hop.mutable_truster());
  reader.fill_name(arc.subject, std::nullopt, *hop.mutable_subject());
  hop.set_capacity(arc.amount);
  if (!arc.statement.is_zero()) put(*hop.add_statement_ids(), arc.statement);
}

std::uint32_t required_accreditation(const trust::Decision& decision) {
  std::uint32_t most = 0;
  for (const auto& answer : decision.accreditations) most = std::max(most, answer.needed);
  return most;
}

std::string one_sentence(const trust::Decision& decision, const trust::Policy& policy) {
  switch (decision.rule) {
    case trust::Rule::kNone:
      return "accepted: amount " + std::to_string(decision.amount) + " of " + std::to_string(policy.threshold) +
             " over " + std::to_string(decision.independent_paths) + " independent paths";
    case trust::Rule::kOwn: return "accepted: the viewpoint's own award";
    case trust::Rule::kUnknown: return "refused: the issuer is not on the ledger at this height";
    case trust::Rule::kFuture: return "refused: the time asked about lies after the ledger's today";
    case trust::Rule::kBlock: return "blocked: somebody whose distrust counts distrusts the issuer";
    case trust::Rule::kClaim: return "refused: the claimed date does not fit the anchor";
    case trust::Rule::kAmount:
      return "refused: amount " + std::to_string(decision.amount) + " of " + std::to_string(policy.threshold);
    case trust::Rule::kPaths:
      return "refused: " + std::to_string(decision.independent_paths) + " independent paths of " +
             std::to_string(policy.independent_paths);
    case trust::Rule::kAccreditation:
      return "refused: accreditation " + std::to_string(decision.accredited_amount) + " of " +
             std::to_string(required_accreditation(decision));
    case trust::Rule::kAssessor: return "refused: who teaches and who assesses are not separate";
    case trust::Rule::kTooLarge: return "no answer: the question is too large for this node's work bound";
  }
  return {};
}

}  // namespace

void fill(const Reader& reader, const trust::Query& query, const trust::Policy& policy, const trust::Decision& decision,
          v1::DecisionPoint point, bool paths, v1::Decision& out) {
  out.set_point(point);
  out.set_outcome(static_cast<v1::DecisionOutcome>(decision.outcome));
  reader.fill_name(query.viewpoint, std::nullopt, *out.mutable_viewpoint());
  reader.fill_name(query.issuer, std::nullopt, *out.mutable_issuer());
  out.set_at_time_ms(query.at_time_ms);
  out.set_as_of_height(query.as_of.height.value);
  out.set_amount(decision.amount);
  out.set_required_amount(policy.threshold);
  out.set_independent_paths(decision.independent_paths);
  out.set_required_paths(policy.independent_paths);
  out.set_accredited_amount(decision.accredited_amount);
  out.set_required_accreditation(required_accreditation(decision));
  if (decision.outcome != trust::Outcome::kAccept) out.set_failed_rule(std::string(to_text(decision.rule)));
  out.set_explanation(one_sentence(decision, policy));
  put(*out.mutable_policy_digest(), trust::digest(policy));
  put(*out.mutable_digest(), decision.digest);
  for (const auto& id : decision.used) put(*out.add_statement_ids(), id);
  if (!paths) return;
  for (const auto& path : decision.paths) {
    auto& added = *out.add_paths();
    added.set_amount(path.amount);
    for (const auto& arc : path.arcs) fill_hop(reader, arc, *added.add_hops());
  }
  const auto& limiting = decision.outcome == trust::Outcome::kBlocked ? decision.blocks : decision.cut;
  if (decision.outcome == trust::Outcome::kAccept) return;
  for (const auto& arc : limiting) fill_hop(reader, arc, *out.add_cut());
}

}  // namespace testamur::node
