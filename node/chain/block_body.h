// The body of a block: its transactions as carried, each behind a u32 length
// (docs/formats/block.md). A block without transactions has a body of no bytes.
//
// Pure; any thread.
#pragma once

#include <span>
#include <vector>

#include "common/result.h"
#include "ledger/tx/transaction.h"

namespace testamur::node {

inline constexpr std::size_t kBodyOverheadBytes = 4;  // a transaction

Bytes encode_body(std::span<const ledger::tx::SharedTransaction> transactions);

// The carried bytes of each transaction, within `body`. Fails on a length that is zero or passes
// the end.
Result<std::vector<ByteView>> split_body(ByteView body);

// Decodes all of them; fails naming the position of the first that has no valid form.
Result<std::vector<ledger::tx::SharedTransaction>> decode_body(const ChainId& chain, ByteView body);

}  // namespace testamur::node
