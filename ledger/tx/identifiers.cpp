#include "ledger/tx/identifiers.h"

#include <algorithm>
#include <array>
#include <string>

#include "common/check.h"
#include "ledger/tx/derived_tables.h"

namespace testamur::ledger::tx {

namespace {

constexpr std::uint8_t kDomainSort = 1;

// The number is part of the table's keys.
struct Identifier {
  std::uint8_t sort;
  std::string_view field;
  std::string_view value;
};

std::array<Identifier, 5> identifiers_of(const InstitutionFacts& facts) {
  return {{{kDomainSort, "domain", facts.domain},
           {2, "ror", facts.ror},
           {3, "eter", facts.eter},
           {4, "lei", facts.lei},
           {5, "deqar", facts.deqar}}};
}

Bytes owner_key(std::uint8_t sort, std::string_view value) {
  return Encoder().u8(sort).raw(as_bytes(lower_case(value))).take();
}

std::optional<InstitutionId> owner_of(const StateReader& state, std::uint8_t sort,
                                      std::string_view value) {
  const auto stored = state.get(kIdentifierOwners, owner_key(sort, value));
  if (!stored) return std::nullopt;
  Decoder in(*stored);
  const auto owner = in.fixed<InstitutionId>();
  TM_CHECK(in.finished(), "the owner of an identifier is damaged");
  return owner;
}

}  // namespace

std::string lower_case(std::string_view identifier) {
  std::string lower(identifier);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

void claim_identifiers(Overlay& state, const InstitutionId& owner, const InstitutionFacts& facts) {
  for (const auto& identifier : identifiers_of(facts)) {
    if (identifier.value.empty() || owner_of(state, identifier.sort, identifier.value) == owner)
      continue;
    state.put(kIdentifierOwners, owner_key(identifier.sort, identifier.value),
              to_bytes(owner.view()));
  }
}

void release_identifiers(Overlay& state, const InstitutionId& owner,
                         const InstitutionFacts& facts) {
  for (const auto& identifier : identifiers_of(facts)) {
    if (identifier.sort == kDomainSort || identifier.value.empty()) continue;
    if (owner_of(state, identifier.sort, identifier.value) != owner) continue;
    state.erase(kIdentifierOwners, owner_key(identifier.sort, identifier.value));
  }
}

std::optional<Rejection> check_identifiers(const StateReader& state, const InstitutionId& claimant,
                                           const InstitutionFacts& facts) {
  for (const auto& identifier : identifiers_of(facts)) {
    if (identifier.value.empty()) continue;
    const auto owner = owner_of(state, identifier.sort, identifier.value);
    if (!owner || *owner == claimant || state.get(kClosedInto, closed_into_key(*owner, claimant)))
      continue;
    return Rejection{RejectionCode::kIdentifierTaken,
                     std::string(identifier.field),
                     std::string(identifier.value) + " belongs to " + to_text(*owner),
                     {}};
  }
  return std::nullopt;
}

std::optional<InstitutionId> owner_of_domain(const StateReader& state, std::string_view domain) {
  return owner_of(state, kDomainSort, domain);
}

}  // namespace testamur::ledger::tx
