#include "node/net/conduct.h"

#include <algorithm>

namespace testamur::node::net {

namespace {

constexpr std::uint64_t kRecentMs = 600'000;
constexpr std::uint64_t kManyAsOne = 64;

}  // namespace

std::uint64_t Conduct::points_of(Refusal refusal, std::uint64_t count) {
  count = std::min(count, kLimitPoints);
  switch (refusal) {
    case Refusal::kMalformedMessage:
    case Refusal::kMalformedTransaction:
    case Refusal::kBadSignature:
      return 20 * count;  // no honest node sends what it has not verified
    case Refusal::kUnaskedBlocks: return 10 * count;
    case Refusal::kBlockRequests:
    case Refusal::kNotReading:
    case Refusal::kConsensusRequests: return 5 * count;
    // An honest node that is a block ahead may send these.
    case Refusal::kQueueFull:
    case Refusal::kUnknownSigner:
    case Refusal::kFarValidity:
    case Refusal::kNotPermitted:
    case Refusal::kPoolShare: return 1 + (count - 1) / kManyAsOne;
  }
  return count;
}

bool Conduct::note(const InstitutionId& institution, Rank rank, Refusal refusal,
                   std::uint64_t count, std::uint64_t now_ms) {
  if (count == 0) return false;
  make_room(now_ms);
  auto& record = records_[records_.size() < kMaxInstitutions || records_.contains(institution)
                              ? institution
                              : InstitutionId{}];

  record.refused.at(static_cast<std::size_t>(refusal)) += count;
  totals_.at(static_cast<std::size_t>(refusal)) += count;
  record.newest = refusal;
  if (record.last_ms != 0 && now_ms - record.last_ms > kForgivenAfterMs) record.times_shut_out = 0;
  record.last_ms = std::max<std::uint64_t>(now_ms, 1);
  if (rank == Rank::kMember || now_ms < record.shut_out_until_ms) return false;

  const auto faded = (now_ms - std::min(now_ms, record.faded_at_ms)) * kFadePerSecond / 1000;
  record.points -= std::min(record.points, faded);
  record.faded_at_ms = now_ms;
  record.points += points_of(refusal, count);
  if (record.points < kLimitPoints) return false;

  const auto doubled = kFirstShutOutMs << std::min(record.times_shut_out, 10U);
  record.shut_out_until_ms = now_ms + std::min(doubled, kLongestShutOutMs);
  record.points = 0;
  ++record.times_shut_out;
  return true;
}

std::uint64_t Conduct::shut_out_ms(const InstitutionId& institution, std::uint64_t now_ms) const {
  const auto found = records_.find(institution);
  if (found == records_.end() || found->second.shut_out_until_ms <= now_ms) return 0;
  return found->second.shut_out_until_ms - now_ms;
}

std::vector<PeerConduct> Conduct::recent(std::uint64_t now_ms) const {
  std::vector<PeerConduct> found;
  for (const auto& [institution, record] : records_) {
    if (now_ms - std::min(now_ms, record.last_ms) > kRecentMs) continue;
    PeerConduct conduct{institution, std::string(to_text(record.newest)), 0,
                        shut_out_ms(institution, now_ms)};
    for (const auto count : record.refused) conduct.refused += count;
    found.push_back(std::move(conduct));
  }
  return found;
}

void Conduct::make_room(std::uint64_t now_ms) {
  if (records_.size() < kMaxInstitutions) return;
  std::erase_if(records_, [&](const auto& entry) {
    return entry.second.shut_out_until_ms <= now_ms &&
           now_ms - std::min(now_ms, entry.second.last_ms) > kRecentMs;
  });
}

}  // namespace testamur::node::net
