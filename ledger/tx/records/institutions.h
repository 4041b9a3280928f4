// Institutions and their keys, and to whom the names of institutions belong. records/record.h says
// what records are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/bytes.h"
#include "common/ids.h"
#include "common/keys.h"
#include "common/result.h"
#include "ledger/state.h"
#include "ledger/tx/content.h"
#include "ledger/tx/records/record.h"

namespace testamur::ledger::tx {

// ---- institutions

struct InstitutionRecord {
  RecordPlace at;
  Cause cause;
  InstitutionId id;
  InstitutionClass institution_class = InstitutionClass::kIssuer;
  Standing standing = Standing::kGood;
  std::uint8_t root_threshold = 1;
  bool retroactive =
      false;              // this record takes the role of accreditor as if it had never been held
  InstitutionId sponsor;  // zero: none
  InstitutionFacts facts;
};

Bytes encode(const InstitutionRecord& record);
Result<InstitutionRecord> decode_institution(const InstitutionId& id, const RecordPlace& at,
                                             ByteView body);

// The newest record, and all of them, oldest first. Nothing, or an empty list, where the
// institution is not registered.
std::optional<InstitutionRecord> read_institution(const StateReader& state,
                                                  const InstitutionId& id);
std::vector<InstitutionRecord> institution_history(const StateReader& state,
                                                   const InstitutionId& id);
// The record of that number. Precondition: there is one.
InstitutionRecord institution_record(const StateReader& state, const InstitutionId& id,
                                     std::uint64_t seq);
// The record in force at a height.
std::optional<InstitutionRecord> institution_at(const StateReader& state, const InstitutionId& id,
                                                Height height);

// In the order of their first records, by ordinal from 0.
std::uint64_t institution_count(const StateReader& state);
InstitutionId institution_at_ordinal(const StateReader& state, std::uint64_t ordinal);

// ---- keys

enum class KeyEvent : std::uint8_t { kAdded = 1, kRetired = 2 };
struct KeyRecord {
  RecordPlace at;
  Cause cause;
  KeyId id;
  KeyEvent event = KeyEvent::kAdded;
  InstitutionId institution;
  KeyPurpose purpose = KeyPurpose::kRoot;
  PublicKey key;
  std::uint64_t compromised_since_ms = 0;  // of a retirement; 0: none
};
Bytes encode(const KeyRecord& record);
Result<KeyRecord> decode_key(const KeyId& id, const RecordPlace& at, ByteView body);

// A key and what became of it.
struct KeyState {
  KeyRecord added;
  std::optional<KeyRecord> retired;
  // That it was stolen: said by the retirement itself or, from protocol version kLateTheftSince on,
  // by a later record of the same event.
  std::optional<KeyRecord> stolen;
};
std::optional<KeyState> read_key(const StateReader& state, const KeyId& id);
// In the order in which they were added.
std::vector<KeyId> keys_of(const StateReader& state, const InstitutionId& institution);

// ---- to which institution a domain or a public identifier (ROR, ETER, LEI, DEQAR) belongs
//
// The first that has it keeps it for good, closed or not; only whoever succeeded it by a closing
// succession may take it over (and what only a listing said can be corrected). So nobody comes back
// under its name as a party of which nothing was said yet. Letters count as lower case.

// The form in which identifiers are compared: ASCII letters in lower case.
std::string lower_case(std::string_view identifier);

// What the facts name belongs to `owner` from now on.
void claim_identifiers(Overlay& state, const InstitutionId& owner, const InstitutionFacts& facts);

// The public identifiers of the facts, not the domain, are nobody's again, as far as they were the
// owner's.
void release_identifiers(Overlay& state, const InstitutionId& owner, const InstitutionFacts& facts);

// The first identifier of the facts that belongs to somebody else. `claimant` is zero for an
// institution that is not registered yet.
std::optional<Rejection> check_identifiers(const StateReader& state, const InstitutionId& claimant,
                                           const InstitutionFacts& facts);

std::optional<InstitutionId> owner_of_domain(const StateReader& state, std::string_view domain);

}  // namespace testamur::ledger::tx
