#include "wallet/cli/description/status_words.h"

#include <algorithm>
#include <utility>

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

constexpr std::pair<tx::StatusReason, std::string_view> kReasons[] = {
    {tx::StatusReason::kCorrection, "correction"},
    {tx::StatusReason::kReplaced, "replaced"},
    {tx::StatusReason::kWithdrawn, "withdrawn"},
    {tx::StatusReason::kNotClaimed, "not_claimed"},
    {tx::StatusReason::kKeyCompromise, "key_compromise"},
    {tx::StatusReason::kIssuerClosed, "issuer_closed"},
};

}  // namespace

std::string_view word_of(tx::StatusAction action) {
  switch (action) {
    case tx::StatusAction::kRevoke: return "revoke";
    case tx::StatusAction::kSuspend: return "suspend";
    case tx::StatusAction::kSupersede: return "supersede";
    case tx::StatusAction::kReinstate: return "reinstate";
  }
  return {};
}

std::string_view word_of(tx::StatusReason reason) {
  const auto found = std::ranges::find(kReasons, reason, [](const auto& row) { return row.first; });
  return found == std::end(kReasons) ? std::string_view{} : found->second;
}

std::optional<tx::StatusReason> reason_of(std::string_view word) {
  const auto found = std::ranges::find(kReasons, word, [](const auto& row) { return row.second; });
  if (found == std::end(kReasons)) return std::nullopt;
  return found->first;
}

std::string all_reasons() {
  std::string text;
  for (const auto& [reason, word] : kReasons)
    text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

}  // namespace testamur::wallet
