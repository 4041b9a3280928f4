// What the bodies of registry records have in common, and those that execution writes without
// decoding first. Private to ledger/tx.
#pragma once

#include <optional>
#include <string>

#include "common/check.h"
#include "ledger/registry.h"
#include "ledger/tx/registry_records.h"
#include "ledger/tx/wire_scanner.h"

namespace testamur::ledger::tx {

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
inline Anchored anchored(std::uint64_t seq, const RegistryRecord& record) {
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
  Anchored at;
  RegistryRecord record;
};
std::optional<NewestRecord> newest_record(const StateReader& state, const RecordName& name);

// `published`: the AchievementPublish message as carried, empty for the other events.
Bytes encode_achievement(const Cause& cause, AchievementEvent event, const InstitutionId& actor,
                         ByteView published);

}  // namespace testamur::ledger::tx
