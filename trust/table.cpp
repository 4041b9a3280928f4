// Tables over time. Invariants: the intervals of a party are continued only where law P11 promises
// that nothing new changes earlier answers (decision 0404), otherwise the table begins anew; an
// answer outside of what a table covers is never guessed, it is none.
#include "trust/table.h"

#include <algorithm>

#include "common/check.h"
#include "common/day.h"

namespace testamur::trust {
namespace {

constexpr std::size_t kMostMoments = 16;  // more changes than that in one refresh: start anew
constexpr std::size_t kMostIntervals =
    4;  // times the parties: then start anew, so that a table stays small

std::uint64_t entry_of(std::uint64_t start_ms, std::optional<Outcome> outcome) {
  return start_ms << 2 | (outcome ? static_cast<std::uint64_t>(*outcome) : 0);
}

}  // namespace

std::optional<Outcome> DecisionTable::find_older(PartyIndex issuer, std::uint64_t at_ms) const {
  for (std::uint32_t i = older_[issuer]; i != kNoIndex; i = intervals_[i].next) {
    if (at_ms >= intervals_[i].entry >> 2) return outcome_of(intervals_[i].entry);
  }
  return std::nullopt;
}

std::size_t DecisionTable::memory_bytes() const {
  return latest_.capacity() * 8 + older_.capacity() * 4 + intervals_.capacity() * sizeof(Older);
}

const GraphSet& GraphCache::get(const History& history, const AsOf& as_of, std::uint64_t at_ms,
                                const ScopePoint& point, const Policy& policy) {
  const Key key{as_of.height,        as_of.today_ms, at_ms, point, policy.follow_successors_days,
                policy.accreditation};
  const auto known = sets_.find(key);
  if (known != sets_.end()) return known->second;
  return sets_.emplace(key, compile(history, as_of, at_ms, point, policy)).first->second;
}

TableMaker::TableMaker(InstitutionId viewpoint, ScopePoint point, Policy policy,
                       std::uint64_t refresh_work)
    : viewpoint_(viewpoint),
      point_(std::move(point)),
      policy_(std::move(policy)),
      refresh_work_(refresh_work) {
  for (const Statement& s : policy_.local) {
    boundaries_.push_back(s.valid_from_ms);
    if (s.valid_until_ms != kOpenEnd) boundaries_.push_back(s.valid_until_ms);
  }
}

Query TableMaker::query_at(const AsOf& as_of, std::uint64_t at_ms) const {
  Query query;
  query.viewpoint = viewpoint_;
  query.point = point_;
  query.as_of = as_of;
  query.at_time_ms = at_ms;
  return query;
}

// A void reaches into the past of everybody; an accreditation may; what the viewpoint says may,
// where it is dated back.
bool TableMaker::speaks_of_past(const History& history, const Row& row) const {
  if (row.kind == Kind::kVoid) return true;
  const bool dated_back = row.valid_from_ms < history.time_of(row);
  if (row.kind == Kind::kAccredit) return dated_back && !policy_.accreditation.empty();
  return dated_back && history.id_of(row.truster) == viewpoint_;
}

bool TableMaker::take_news(const History& history, const AsOf& as_of) {
  // Of a party that registers others spoke at no earlier time; local statements may, and so does
  // the rule on own awards.
  bool only_future = policy_.local.empty() || parties_seen_ == history.party_count();
  for (; parties_seen_ < history.party_count(); ++parties_seen_) {
    if (history.id_of(parties_seen_) == viewpoint_) only_future = false;
  }
  const auto now = as_of.today_ms;
  for (; rows_seen_ < history.statement_count(); ++rows_seen_) {
    const Row& row = history.row(static_cast<RowIndex>(rows_seen_));
    if (speaks_of_past(history, row)) only_future = false;
    for (const std::uint64_t time : {history.time_of(row), row.valid_from_ms, row.valid_until_ms}) {
      if (time != kOpenEnd && time >= (last_ == nullptr ? now : last_->as_of().today_ms)) {
        boundaries_.push_back(time);
      }
    }
  }
  // Standing, roles, parents, keys and successions are rare: what they change is not traced.
  if (events_seen_ != history.event_count()) {
    events_seen_ = history.event_count();
    only_future = false;
    for (std::uint32_t i = 0; i < history.link_count(); ++i) {
      const std::uint64_t end =
          history.block(history.link(i).block).time_ms + policy_.follow_successors_days * kDayMs;
      if (end > now) boundaries_.push_back(end);
    }
  }
  std::sort(boundaries_.begin(), boundaries_.end());
  boundaries_.erase(std::unique(boundaries_.begin(), boundaries_.end()), boundaries_.end());
  return only_future;
}

// Blocks may share their time: what was committed at the time of the last table counts from that
// time on.
std::vector<std::uint64_t> TableMaker::moments(std::uint64_t from_ms,
                                               std::uint64_t until_ms) const {
  const auto from = std::lower_bound(boundaries_.begin(), boundaries_.end(), from_ms);
  const auto to = std::upper_bound(from, boundaries_.end(), until_ms);
  return {from, to};
}

// From `at_ms` on these outcomes hold.
void TableMaker::continue_with(DecisionTable& table,
                               const std::vector<std::optional<Outcome>>& outcomes,
                               std::uint64_t at_ms) const {
  for (std::size_t t = 0; t < outcomes.size(); ++t) {
    if (t >= table.latest_.size()) {  // registered since: refused before
      table.latest_.push_back(entry_of(table.covers_from_ms_, Outcome::kRefuse));
      table.older_.push_back(kNoIndex);
    }
    if (DecisionTable::outcome_of(table.latest_[t]) == outcomes[t]) continue;
    table.intervals_.push_back({table.latest_[t], table.older_[t]});
    table.older_[t] = static_cast<std::uint32_t>(table.intervals_.size() - 1);
    table.latest_[t] = entry_of(at_ms, outcomes[t]);
  }
}

std::shared_ptr<const DecisionTable> TableMaker::refresh(const History& history, const AsOf& as_of,
                                                         GraphCache& graphs) {
  TM_CHECK(last_ == nullptr || as_of.today_ms >= last_->as_of().today_ms, "time runs backwards");
  bool continues = take_news(history, as_of) && last_ != nullptr;
  const Query today = query_at(as_of, as_of.today_ms);
  std::vector<PartyIndex> blocked = blocked_parties(history, today, policy_);
  // Who is blocked today is blocked at every time.
  continues = continues && blocked == blocked_today_;
  blocked_today_ = std::move(blocked);

  auto table = std::make_shared<DecisionTable>();
  std::vector<std::uint64_t> times{as_of.today_ms};
  if (continues) {
    times = moments(last_->as_of().today_ms, as_of.today_ms);
    continues = times.size() <= kMostMoments &&
                last_->intervals_.size() <= kMostIntervals * last_->latest_.size();
    if (!continues) times = {as_of.today_ms};
  }
  if (continues) *table = *last_;
  table->as_of_ = as_of;
  table->policy_digest_ = digest(policy_);
  if (!continues) table->covers_from_ms_ = as_of.today_ms;
  Work work(refresh_work_);
  for (const std::uint64_t at : times) {
    const GraphSet& set = graphs.get(history, as_of, at, point_, policy_);
    continue_with(*table, sweep_.run(history, set, query_at(as_of, at), policy_, work), at);
  }
  boundaries_.erase(boundaries_.begin(),
                    std::upper_bound(boundaries_.begin(), boundaries_.end(), as_of.today_ms));
  last_ = table;
  return table;
}

}  // namespace testamur::trust
