#include "node/chain/block_body.h"

namespace testamur::node {

namespace tx = ledger::tx;

Bytes encode_body(std::span<const tx::SharedTransaction> transactions) {
  std::size_t size = 0;
  for (const auto& transaction : transactions)
    size += kBodyOverheadBytes + transaction->encoded().size();

  Bytes body;
  body.reserve(size);

  for (const auto& transaction : transactions) {
    auto carried = transaction->encoded();
    auto length = static_cast<std::uint32_t>(carried.size());
    for (int shift = 24; shift >= 0; shift -= 8)
      body.push_back(static_cast<std::uint8_t>(length >> shift));
    body.insert(body.end(), carried.begin(), carried.end());
  }

  return body;
}

Result<std::vector<ByteView>> split_body(ByteView body) {
  std::vector<ByteView> parts;
  Decoder in(body);
  while (in.ok() && in.remaining() > 0) {
    auto part = in.sized(tx::kCarriedLimitBytes);
    if (!in.ok() || part.empty()) {
      return error("a block's body ends within transaction " + std::to_string(parts.size()));
    }
    parts.push_back(part);
  }
  return parts;
}

Result<std::vector<tx::SharedTransaction>> decode_body(const ChainId& chain, ByteView body) {
  TM_TRY(auto parts, split_body(body));
  std::vector<tx::SharedTransaction> transactions;
  transactions.reserve(parts.size());
  for (auto part : parts) {
    auto decoded = tx::decode(chain, to_bytes(part));
    if (const auto* rejection = std::get_if<tx::Rejection>(&decoded)) {
      return error("transaction " + std::to_string(transactions.size()) +
                   " of a block: " + to_text(*rejection));
    }
    transactions.push_back(std::get<tx::SharedTransaction>(std::move(decoded)));
  }
  return transactions;
}

}  // namespace testamur::node
