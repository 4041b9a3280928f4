// Receipts: one file that proves one credential offline, with its checkpoint, the validator sets
// that lead to it, and what the registry says of its issuer, key and achievement.
// docs/formats/receipt.md.
//
// A receipt shows the status at the height of its checkpoint, not later. Input may come from
// anybody: decoding is strict and bounded, nothing aborts. Pure; any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "common/bytes.h"
#include "common/result.h"
#include "ledger/proofs/light.h"
#include "ledger/proofs/page_proof.h"
#include "ledger/proofs/registry_proof.h"

namespace testamur::ledger {

struct Receipt {
  static constexpr std::size_t kMaxEncodedSize = 4 * 1024 * 1024;
  static constexpr std::size_t kMaxSetChanges = 1024;
  static constexpr std::size_t kMaxHistories = 64;

  Commitment commitment;
  SlotProof slot;
  Checkpoint checkpoint;
  std::vector<SetChange>
      set_changes;  // from the oldest epoch that the maker expects a verifier to know
  // Whole histories under the checkpoint's registry root: usually the issuer, its key and the
  // achievement.
  struct History {
    RecordName name;
    HistoryProof proof;
  };
  std::vector<History> histories;

  // The proven records of a name; nothing when the receipt carries no such history.
  const History* history(const RecordName& name) const;
};

Bytes encode(const Receipt& receipt);
Result<Receipt> decode_receipt(ByteView bytes);

// Proves everything in the receipt from what `client` trusts, which learns the set changes on the
// way. The failure says which part is unproven.
Status verify_receipt(const Receipt& receipt, LightClient& client);

}  // namespace testamur::ledger
