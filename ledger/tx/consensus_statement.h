// What a consensus key signs, as an accuser shows it: the bytes of docs/formats/consensus.md, read
// from that page alone, so that the ledger needs no consensus engine. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "common/bytes.h"
#include "common/hash.h"
#include "common/ids.h"
#include "common/keys.h"

namespace testamur::ledger::tx {

struct ConsensusStatement {
  enum class Act : std::uint8_t { kPropose = 1, kNotarize = 2, kNullify = 3, kFinalize = 4 };
  Act act = Act::kNullify;
  Epoch epoch;
  View view;
  View parent_view;  // of a nullify: zero
  BlockId block;     // of a nullify: zero
  Signature signature;
};

// statement (u8 act || u64 epoch || u64 view, and unless nullify || u64 parent view || block id) ||
// signature: 81 or 121 bytes. Nothing for any other.
std::optional<ConsensusStatement> decode_signed_statement(ByteView bytes);
Bytes encode(const ConsensusStatement& statement);

// The 32 bytes that the signature is over.
Hash256 signing_digest(const ChainId& chain, const Hash256& set_digest,
                       const ConsensusStatement& statement);

// Whether no honest key signs both: same epoch and view, and two proposals, two notarize or two
// finalize votes for different blocks, or nullify and finalize. (Notarize and nullify together are
// no misbehaviour.)
bool contradict(const ConsensusStatement& a, const ConsensusStatement& b);

}  // namespace testamur::ledger::tx
