#include "node/rpc/slots.h"

#include <algorithm>

namespace testamur::node {
namespace {

constexpr std::size_t kCandidatesAtOnce = 1024;
// Issuers of whom slots are kept; those of further ones are counted only.
constexpr std::size_t kIssuersKept = 256;

int badness(ledger::CredentialStatus status) {
  switch (status) {
    case ledger::CredentialStatus::kRevoked: return 3;
    case ledger::CredentialStatus::kSuperseded: return 2;
    case ledger::CredentialStatus::kSuspended: return 1;
    case ledger::CredentialStatus::kValid: return 0;
  }
  return 4;
}

}  // namespace

const PageFacts* SlotFinder::page(PageNumber number) {
  auto [found, fresh] = pages_.try_emplace(number);
  if (fresh) {
    const ledger::Pages pages(reader_.state());
    if (auto stored = pages.page(number))
      found->second = PageFacts{*stored, pages.statuses(number)};
  }
  return found->second ? &*found->second : nullptr;
}

// Slots of one page. Returns how many list this very commitment.
std::uint64_t SlotFinder::look_at(const Hash256& commitment, std::span<const CommitmentSlot> slots,
                                  const std::optional<InstitutionId>& issuer, std::size_t most,
                                  ByIssuer& worst) {
  Encoder key;
  key.u64(slots.front().page);
  const auto listed = reader_.state().get(ledger::Table::kPageCommitments, key.bytes());
  const auto* facts = listed ? page(slots.front().page) : nullptr;
  if (facts == nullptr) return 0;

  std::uint64_t count = 0;
  const bool asked_for = !issuer || facts->page.issuer == *issuer;
  const bool kept =
      asked_for && (worst.contains(facts->page.issuer) || worst.size() < kIssuersKept);
  for (const auto& slot : slots) {
    const auto at = std::size_t{slot.position} * Hash256::kSize;
    if (listed->size() < at + Hash256::kSize) continue;
    if (!equal(ByteView(*listed).subspan(at, Hash256::kSize), commitment.view())) continue;
    ++count;
    if (kept) {
      worst[facts->page.issuer].push_back(
          {badness(facts->statuses.get(slot.position)), {slot.page, slot.position}});
    }
  }

  if (!kept) return count;
  auto& all = worst[facts->page.issuer];
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.badness > b.badness; });
  if (all.size() > most) all.resize(most);
  return count;
}

std::vector<ledger::Slot> SlotFinder::choose(const ByIssuer& worst, std::size_t most) {
  std::vector<ledger::Slot> slots;
  for (std::size_t round = 0; slots.size() < most; ++round) {
    // In the order of the ledger, so that who came first is shown first.
    std::vector<ledger::Slot> of_round;
    for (const auto& [issuer, all] : worst) {
      if (round < all.size()) of_round.push_back(all[round].slot);
    }
    if (of_round.empty()) break;
    std::sort(of_round.begin(), of_round.end());
    for (const auto& slot : of_round) {
      if (slots.size() < most) slots.push_back(slot);
    }
  }
  return slots;
}

SlotFinder::Found SlotFinder::find(const Hash256& commitment,
                                   const std::optional<InstitutionId>& issuer, std::size_t most) {
  Found found;
  ByIssuer worst;
  std::uint64_t count = 0;
  CommitmentSlot from;
  for (;;) {
    const auto candidates =
        reader_.state().commitment_candidates(commitment, from, kCandidatesAtOnce);
    for (std::size_t begin = 0; begin < candidates.size();) {
      auto end = begin;
      while (end < candidates.size() && candidates[end].page == candidates[begin].page) ++end;
      if (left_ == 0) {
        found.complete = false;
        return found;
      }
      --left_;
      count += look_at(commitment, std::span(candidates).subspan(begin, end - begin), issuer, most,
                       worst);
      begin = end;
    }
    if (candidates.size() < kCandidatesAtOnce) break;
    from = {candidates.back().page, static_cast<std::uint8_t>(candidates.back().position + 1)};
  }

  found.slots = choose(worst, most);
  found.others = count - found.slots.size();
  return found;
}

}  // namespace testamur::node
