#include "node/chain/peers/request_budgets.h"

namespace testamur::node {

namespace {

constexpr std::size_t kBudgets = 4'096;

}  // namespace

// A full table forgets who has its whole budget again. Members are always taken: they are few.
bool RequestBudgets::make_room(bool member, std::uint64_t now_ms) {
  if (budgets_.size() < kBudgets) return true;
  std::erase_if(budgets_, [&](const auto& entry) { return entry.second.is_full(now_ms); });
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

  const auto rate = member ? consensus::kMemberQuestions : consensus::kOtherQuestions;
  auto& budget = budgets_.try_emplace(from, rate, now_ms).first->second;
  return budget.take(rate, block ? consensus::kBlockQuestion : consensus::kOtherQuestion, now_ms);
}

}  // namespace testamur::node
