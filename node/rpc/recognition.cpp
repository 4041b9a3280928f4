// One thread makes views and is the only one that touches the graph, the points and the makers of
// tables; readers load the pointer to the newest view. mutex_ guards no more than what is handed to
// that thread: the newest head, and the points for which readers want a table.
#include "node/rpc/recognition.h"

#include <algorithm>
#include <chrono>

#include "node/rpc/reader.h"

namespace testamur::node {
namespace {

using Steady = std::chrono::steady_clock;

constexpr auto kRound = std::chrono::seconds(1);
// After a pause so many changes of the registry are taken in at once: what a person does at a
// command line shows with the next command.
constexpr int kBurst = 16;
// Of each kind; an answer with its paths takes some kilobytes, and whoever asks chooses the times.
constexpr std::size_t kCachedAnswers = 4'096;
constexpr std::size_t kMostPoints = 64;   // with tables
constexpr std::size_t kMostWanted = 256;  // points that wait for one
constexpr unsigned kIdleRounds = 600;

RegistryCounts counts_of(const ledger::StateReader& state) {
  return {ledger::tx::institution_count(state), ledger::tx::statement_count(state),
          ledger::tx::registry_change_count(state)};
}

trust::Policy without_local(trust::Policy policy) {
  policy.local.clear();
  return policy;
}

// The value of a key: found, or made outside of the lock. Two threads may make the same one; both
// are equal.
template <class Map, class Make>
auto cached(std::mutex& mutex, Map& map, const typename Map::key_type& key, Make make) {
  {
    const std::lock_guard lock(mutex);
    const auto found = map.find(key);
    if (found != map.end()) return found->second;
  }
  auto made = make();
  const std::lock_guard lock(mutex);
  if (map.size() >= kCachedAnswers) map.clear();
  map.emplace(key, made);
  return made;
}

}  // namespace

std::optional<trust::Outcome> RecognitionView::find(const TableKey& key,
                                                    const InstitutionId& issuer,
                                                    std::uint64_t at_ms) const {
  const auto found = tables_.find(key);
  if (found == tables_.end()) return std::nullopt;
  found->second->used.store(true, std::memory_order_relaxed);
  const auto party = history_->find(issuer);
  return party ? found->second->table->find(*party, at_ms) : std::nullopt;
}

std::shared_ptr<const trust::Decision> RecognitionView::decide_cached(const trust::Query& query,
                                                                      const trust::Policy& policy,
                                                                      std::uint64_t& cold) const {
  const DecisionKey key{query.viewpoint, query.issuer, query.point, query.at_time_ms};
  return cached(mutex_, decisions_, key, [&] {
    ++cold;
    return std::make_shared<const trust::Decision>(trust::decide(*history_, query, policy));
  });
}

RecognitionView::JudgementKey RecognitionView::key_of(const trust::Case& asked,
                                                      const std::vector<InstitutionId>& bodies) {
  const auto parties = asked.parties.value_or(trust::AwardParties{});
  return {asked.issuer,  asked.point,    asked.anchor_ms, asked.claimed_ms,
          parties.teach, parties.assess, bodies};
}

std::shared_ptr<const trust::JointJudgement> RecognitionView::find_judgement(
    const trust::Case& asked, const std::vector<InstitutionId>& bodies) const {
  const auto key = key_of(asked, bodies);
  const std::lock_guard lock(mutex_);
  const auto found = judgements_.find(key);
  return found != judgements_.end() ? found->second : nullptr;
}

std::shared_ptr<const trust::JointJudgement> RecognitionView::judge_cached(
    const trust::Case& asked, const std::vector<InstitutionId>& bodies, const trust::Policy& policy,
    std::uint64_t& cold) const {
  return cached(mutex_, judgements_, key_of(asked, bodies), [&] {
    ++cold;
    return std::make_shared<const trust::JointJudgement>(
        trust::judge_joint(*history_, asked, bodies, policy));
  });
}

Recognition::Recognition(InstitutionId viewpoint, trust::Policy policy,
                         std::vector<InstitutionId> others)
    : viewpoint_(viewpoint),
      policy_(std::move(policy)),
      others_policy_(without_local(policy_)),
      policy_digest_(trust::digest(policy_)),
      others_(std::move(others)) {}

Recognition::~Recognition() { stop(); }

void Recognition::start(const HeadPtr& head) {
  refresh(*head);
  thread_ = std::thread([this] { run(); });
}

void Recognition::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Recognition::follow(const HeadPtr& head) {
  const auto counts = counts_of(*head->state);
  {
    const std::lock_guard lock(mutex_);
    next_ = head;
    next_counts_ = counts;
  }
  wake_.notify_all();
}

bool Recognition::keeps(const InstitutionId& viewpoint) const {
  return viewpoint == viewpoint_ || std::ranges::find(others_, viewpoint) != others_.end();
}

std::optional<trust::Outcome> Recognition::find(const RecognitionView& view,
                                                const InstitutionId& viewpoint,
                                                const trust::ScopePoint& point,
                                                const InstitutionId& issuer, std::uint64_t at_ms) {
  const TableKey key{viewpoint, point};

  if (!view.tables().contains(key)) {
    const std::unique_lock lock(mutex_, std::try_to_lock);  // who is busy asks another time
    if (lock && wanted_.size() < kMostWanted &&
        std::ranges::find(wanted_, point) == wanted_.end()) {
      wanted_.push_back(point);
    }
    return std::nullopt;
  }

  return view.find(key, issuer, at_ms);
}

void Recognition::run() {
  int burst = kBurst;
  auto rested = Steady::now();  // when the last round ended
  for (;;) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stopping_ || next_; });

    // A round a second; after a pause a few changes of the registry are taken in at once.
    const auto at_once = [&] { return stopping_ || (burst > 0 && next_counts_ != counts_); };
    wake_.wait_until(lock, rested + kRound, at_once);
    if (stopping_) return;

    const HeadPtr head = std::exchange(next_, nullptr);
    lock.unlock();

    // A pause earns rounds, a round before its time spends one.
    const auto seconds =
        static_cast<int>(std::min<std::int64_t>((Steady::now() - rested) / kRound, kBurst));
    burst = seconds > 0 ? std::min(kBurst, burst + seconds) : burst - 1;

    refresh(*head);
    rested = Steady::now();
  }
}

void Recognition::refresh(const Head& head) {
  const trust::AsOf as_of{head.header.height, head.header.time_ms, head.header.roots.registry_root};

  const auto last = view_.load();
  auto history = last ? last->shared_history() : std::make_shared<const trust::History>();

  // Most blocks change nothing that the trust engine reads: then only the time moves on.
  const auto counts = counts_of(*head.state);
  if (counts != counts_) {
    const auto status = graph_.follow(*head.state);
    TM_CHECK(status.ok(), status.message());
    counts_ = counts;
    history = std::make_shared<const trust::History>(graph_.history());
  }

  choose_points();
  auto tables = make_tables(*history, as_of);

  // One pointer: history, tables and the height that answers name are never of different states.
  view_.store(
      std::make_shared<const RecognitionView>(std::move(history), as_of, std::move(tables)));
}

// Those that were asked for join while there is room; those that nobody used for long make it.
void Recognition::choose_points() {
  const auto last = view_.load();
  // The marks are those of the last view; whoever looks something up sets them without a lock.
  for (auto& [point, idle] : points_) {
    const auto used = [&, at = point](const InstitutionId& viewpoint) {
      const auto found = last->tables().find({viewpoint, at});
      return found != last->tables().end() && found->second->used.load(std::memory_order_relaxed);
    };
    idle = used(viewpoint_) || std::ranges::any_of(others_, used) ? 0 : idle + 1;
  }

  // A maker knows how its table came about; both go together.
  std::erase_if(points_, [](const auto& entry) { return entry.second > kIdleRounds; });
  std::erase_if(makers_,
                [this](const auto& entry) { return !points_.contains(entry.first.point); });

  std::vector<trust::ScopePoint> wanted;
  {
    const std::lock_guard lock(mutex_);
    wanted.swap(wanted_);
  }

  for (auto& point : wanted) {
    if (points_.size() < kMostPoints) points_.emplace(std::move(point), 0);
  }
}

TableMap Recognition::make_tables(const trust::History& history, const trust::AsOf& as_of) {
  trust::GraphCache graphs;
  TableMap tables;

  // An institution that the ledger does not know yet has no viewpoint.
  const auto make = [&](const InstitutionId& viewpoint, const trust::Policy& policy) {
    if (!history.find(viewpoint)) return;
    for (const auto& [point, idle] : points_) {
      TableKey key{viewpoint, point};
      auto& maker = makers_.try_emplace(key, viewpoint, point, policy).first->second;
      tables.emplace(std::move(key),
                     std::make_shared<const SharedTable>(maker.refresh(history, as_of, graphs)));
    }
  };

  make(viewpoint_, policy_);
  for (const auto& other : others_) {
    if (other != viewpoint_) make(other, others_policy_);
  }
  return tables;
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

}  // namespace

std::string one_sentence(const trust::Decision& decision, const trust::Policy& policy) {
  switch (decision.rule) {
    case trust::Rule::kNone:
      return "accepted: amount " + std::to_string(decision.amount) + " of " +
             std::to_string(policy.threshold) + " over " +
             std::to_string(decision.independent_paths) + " independent paths";
    case trust::Rule::kOwn: return "accepted: the viewpoint's own award";
    case trust::Rule::kUnknown: return "refused: the issuer is not on the ledger at this height";
    case trust::Rule::kFuture: return "refused: the time asked about lies after the ledger's today";
    case trust::Rule::kBlock: return "blocked: somebody whose distrust counts distrusts the issuer";
    case trust::Rule::kClaim: return "refused: the claimed date does not fit the anchor";
    case trust::Rule::kAmount:
      return "refused: amount " + std::to_string(decision.amount) + " of " +
             std::to_string(policy.threshold);
    case trust::Rule::kPaths:
      return "refused: " + std::to_string(decision.independent_paths) + " independent paths of " +
             std::to_string(policy.independent_paths);
    case trust::Rule::kAccreditation:
      return "refused: accreditation " + std::to_string(decision.accredited_amount) + " of " +
             std::to_string(required_accreditation(decision));
    case trust::Rule::kAssessor: return "refused: who teaches and who assesses are not separate";
    case trust::Rule::kTooLarge:
      return "no answer: the question is too large for this node's work bound";
  }
  return {};
}

void fill(const Reader& reader, const Decided& decided, v1::DecisionPoint point, bool paths,
          v1::Decision& out) {
  const auto& [query, policy, decision] = decided;
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

  if (decision.outcome != trust::Outcome::kAccept)
    out.set_failed_rule(std::string(to_text(decision.rule)));
  out.set_explanation(one_sentence(decision, policy));

  put(*out.mutable_policy_digest(), trust::digest(policy));
  put(*out.mutable_digest(), decision.digest);
  for (const auto& id : decision.used) put(*out.add_statement_ids(), id);

  // Names of everybody on the way are dear: only for whoever asked for the paths.
  if (!paths) return;
  for (const auto& path : decision.paths) {
    auto& added = *out.add_paths();
    added.set_amount(path.amount);
    for (const auto& arc : path.arcs) fill_hop(reader, arc, *added.add_hops());
  }

  // What would have to change: the edges that limit the amount, or those that block.
  const auto& limiting =
      decision.outcome == trust::Outcome::kBlocked ? decision.blocks : decision.cut;
  if (decision.outcome == trust::Outcome::kAccept) return;
  for (const auto& arc : limiting) fill_hop(reader, arc, *out.add_cut());
}

}  // namespace testamur::node
