// Which rules a block is executed by: protocol versions, the newest that this build knows, and the
// one in force.
//
// The registry holds one record a version: from which height it is in force. Governance appends
// records ahead of time (docs/governance.md), so the state of a block already tells the version of
// its children. A node must not execute a block of a version that it does not know: it stops before
// that height. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/ids.h"
#include "ledger/state.h"

namespace testamur::ledger {

// The newest version that this build knows (TESTAMUR_NEWEST_PROTOCOL in CMakeLists.txt). Everything
// from version 1 to this is known: old rules stay in the code for replay.
extern const std::uint16_t kNewestProtocol;

struct ProtocolRecord {
  std::uint16_t version = 1;
  Height from;  // the first block that is executed by it
  auto operator<=>(const ProtocolRecord&) const = default;
};
Bytes encode(const ProtocolRecord& record);

// The version by which the block of this height is executed, as far as `state` knows: exact for the
// children of its block. Precondition: `state` was begun by a genesis.
std::uint16_t protocol_version_at(const StateReader& state, Height height);
// The newest record: in force or still to come.
ProtocolRecord newest_protocol_record(const StateReader& state);
// The first record above `height` that this build does not know: where a node has to stop, and why,
// for people.
struct ProtocolStop {
  ProtocolRecord record;
  std::string text() const;
};
std::optional<ProtocolStop> protocol_stop(const StateReader& state);

// Appends a record. Only the genesis and governance do.
void put_protocol(Overlay& state, const ProtocolRecord& record, Height height,
                  std::uint64_t time_ms);

}  // namespace testamur::ledger
