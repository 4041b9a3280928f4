// Parts of the bodies of registry records (docs/formats/kinds.md), and of the genesis record.
// Strict: decoding fails the decoder on anything that encoding would not write. Pure; private to
// ledger/.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "common/bytes.h"
#include "common/check.h"
#include "common/keys.h"
#include "common/result.h"
#include "ledger/registry.h"
#include "ledger/tx/facts.h"
#include "ledger/tx/records/record.h"
#include "trust/scope.h"

namespace testamur::ledger::tx {

// ---- values

void encode(Encoder& out, const InstitutionFacts& facts);
InstitutionFacts decode_facts(Decoder& in);
// u8 n, n * (sized language, sized text); names and titles only
void encode(Encoder& out, const LocalizedTexts& texts);
LocalizedTexts decode_texts(Decoder& in);
void encode_scope(Encoder& out, const trust::Scope& scope);
trust::Scope decode_scope(Decoder& in);
// u8 algorithm, u32 length, bytes
void encode(Encoder& out, const PublicKey& key);
PublicKey decode_public_key(Decoder& in);

// ---- records

// u8 1 (format), then the cause: the first bytes of every body. Reading fails the decoder on
// another format.
Encoder begin_record(const Cause& cause);
Cause begin_record(Decoder& in);

// A u8 enumeration with values from `least` to `most`.
template <class Enum>
Enum enumerated(Decoder& in, unsigned least, unsigned most) {
  const auto value = in.u8();
  if (value < least || value > most) in.fail();
  return static_cast<Enum>(value);
}

inline RecordName record_name(RegistryKind kind, Bytes id) {
  return {static_cast<std::uint16_t>(kind), std::move(id)};
}
inline RecordPlace place_of(std::uint64_t seq, const RegistryRecord& record) {
  return {seq, record.from_height, record.from_time_ms};
}
inline Error malformed_record(const char* what) {
  return error(std::string("the record of ") + what + " is malformed");
}
// A record of the own state decodes; anything else is damage that the store did not notice.
template <class Record>
Record intact(Result<Record> decoded) {
  TM_CHECK(decoded.ok(), "a registry record is damaged:", decoded.message());
  return std::move(decoded).value();
}

// The newest record of a name with its place; nothing where there is none.
struct NewestRecord {
  RecordPlace at;
  RegistryRecord record;
};
std::optional<NewestRecord> newest_record(const StateReader& state, const RecordName& name);

}  // namespace testamur::ledger::tx
