#include "ledger/protocol.h"

#include "common/check.h"
#include "ledger/registry.h"
#include "ledger/tx/records/record.h"

namespace testamur::ledger {

namespace {

RecordName entry_name() {
  return {static_cast<std::uint16_t>(tx::RegistryKind::kProtocol), tx::registry_id_of_protocol()};
}

ProtocolRecord read_record(const StateReader& state, std::uint64_t seq) {
  const auto stored = Registry(state).record(entry_name(), seq);
  TM_CHECK(stored, "a state without a protocol version was not begun by a genesis");
  Decoder in(stored->body);
  ProtocolRecord record{in.u16(), Height{in.u64()}};
  TM_CHECK(in.finished(), "a record of the protocol version is damaged");
  return record;
}

std::uint64_t last_seq(const StateReader& state) {
  const auto head = Registry(state).head(entry_name());
  TM_CHECK(head, "a state without a protocol version was not begun by a genesis");
  return head->last;
}

}  // namespace

const std::uint16_t kNewestProtocol = TESTAMUR_NEWEST_PROTOCOL;

Bytes encode(const ProtocolRecord& record) {
  return Encoder().u16(record.version).u64(record.from).take();
}

std::uint16_t protocol_version_at(const StateReader& state, Height height) {
  // The newest is almost always in force; versions are few.
  for (auto seq = last_seq(state); seq > 1; --seq) {
    const auto record = read_record(state, seq);
    if (record.from <= height) return record.version;
  }
  return read_record(state, 1).version;
}

ProtocolRecord newest_protocol_record(const StateReader& state) {
  return read_record(state, last_seq(state));
}

std::string ProtocolStop::text() const {
  return "protocol version " + std::to_string(record.version) + " is in force from height " +
         std::to_string(record.from.value) + " on, and this build knows versions up to " +
         std::to_string(kNewestProtocol) + ": install a build that knows it";
}

std::optional<ProtocolStop> protocol_stop(const StateReader& state) {
  std::optional<ProtocolStop> stop;
  for (auto seq = last_seq(state); seq >= 1; --seq) {
    const auto record = read_record(state, seq);
    if (record.version <= kNewestProtocol) break;
    stop = ProtocolStop{record};
  }
  return stop;
}

void put_protocol(Overlay& state, const ProtocolRecord& record, Height height,
                  std::uint64_t time_ms) {
  put_record(state, entry_name(), {height, time_ms, encode(record)});
}

}  // namespace testamur::ledger
