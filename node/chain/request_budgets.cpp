#include "node/chain/request_budgets.h"

#include <algorithm>

namespace testamur::node {

namespace {

constexpr std::size_t kBudgets = 4'096;
constexpr std::uint64_t kFullAgainMs =
    60'000;  // whoever asked for nothing so long has its whole budget again
constexpr std::uint64_t kMilliPerBlock = 1'000;  // cost of a request
constexpr std::uint64_t kMilliPerCertificates = 200;

}  // namespace

// A full table forgets who has its whole budget again. Members are always taken: they are few.
bool RequestBudgets::make_room(bool member, std::uint64_t now_ms) {
  if (budgets_.size() < kBudgets) return true;
  std::erase_if(budgets_, [&](const auto& entry) {
    return now_ms - entry.second.filled_at_ms > kFullAgainMs;
  });
  return member || budgets_.size() < kBudgets;
}

bool RequestBudgets::asks(const consensus::Message& message) {
  return std::holds_alternative<consensus::BlockRequest>(message) ||
         std::holds_alternative<consensus::CertificateRequest>(message) ||
         std::holds_alternative<consensus::QuarantineQuery>(message);
}

bool RequestBudgets::allow(const InstitutionId& from, bool member,
                           const consensus::Message& message, std::uint64_t now_ms) {
  const bool block = std::holds_alternative<consensus::BlockRequest>(message);
  if (!make_room(member, now_ms)) return false;

  const std::uint64_t burst = (member ? 64 : 8) * kMilliPerBlock;
  const std::uint64_t per_second = (member ? 32 : 4) * kMilliPerBlock;
  auto& budget = budgets_.try_emplace(from, Budget{burst, now_ms}).first->second;
  const auto passed_ms = std::min<std::uint64_t>(now_ms - budget.filled_at_ms, kFullAgainMs);
  budget.milli_tokens = std::min(burst, budget.milli_tokens + passed_ms * per_second / 1000);
  budget.filled_at_ms = now_ms;

  const auto cost = block ? kMilliPerBlock : kMilliPerCertificates;
  if (budget.milli_tokens < cost) return false;
  budget.milli_tokens -= cost;
  return true;
}

}  // namespace testamur::node
