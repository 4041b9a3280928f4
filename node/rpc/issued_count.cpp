#include "node/rpc/issued_count.h"

#include "ledger/pages.h"
#include "ledger/tx/records/institutions.h"

namespace testamur::node {
namespace {

constexpr std::uint64_t kCountedInstitutions = 10'000;
constexpr std::uint64_t kQuicklyCounted = 64;
constexpr auto kAge = std::chrono::seconds(1);

std::uint64_t count(const Reader& reader) {
  const auto institutions = ledger::tx::institution_count(reader.state());
  if (institutions > kCountedInstitutions) return 0;
  std::uint64_t total = 0;
  for (std::uint64_t i = 0; i < institutions; ++i) {
    const auto ranges = ledger::Pages(reader.state())
                            .used_ranges(ledger::tx::institution_at_ordinal(reader.state(), i));
    for (const auto& run : ranges.runs()) total += run.count;
  }
  return total;
}

}  // namespace

std::uint64_t IssuedCount::of(const Reader& reader) {
  const auto pages = reader.head().header.roots.page_count;
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  const bool quick = ledger::tx::institution_count(reader.state()) <= kQuicklyCounted;
  if (pages == pages_ || (!quick && now - counted_ < kAge)) return issued_;
  issued_ = count(reader);
  pages_ = pages;
  counted_ = now;
  return issued_;
}

}  // namespace testamur::node
