// The block header: what validators certify. docs/formats/header.md gives it byte by byte.
//
// `roots` are those *after* the block's own transactions, so a certificate over the block id
// certifies the state. Pure values; any thread.
#pragma once

#include <cstdint>
#include <span>

#include "common/bytes.h"
#include "common/hash.h"
#include "common/ids.h"
#include "common/result.h"

namespace testamur::ledger {

// The three authenticated structures at one height.
struct Roots {
  std::uint64_t log_size = 0;
  Hash256 log_root;
  std::uint64_t page_count = 0;
  Hash256 page_root;
  Hash256 registry_root;
  auto operator<=>(const Roots&) const = default;
};

struct Header {
  static constexpr std::uint16_t kFormat = 1;
  static constexpr std::size_t kEncodedSize = 389;

  std::uint16_t protocol_version = 1;
  ChainId chain;
  Epoch epoch;
  Height height;
  View view;
  InstitutionId proposer;  // zero in the genesis header
  BlockId parent;          // zero in the genesis header
  std::uint64_t time_ms = 0;
  Hash256 payload_digest;
  Roots roots;
  Hash256 validator_set;       // digest of the set that certifies this block
  Hash256 next_validator_set;  // zero unless the block seals its epoch (or is a filler of one that
                               // does)
  Hash256 parameters;          // digest of the registry parameters after this block
  bool filler = false;
  Hash256 extension;  // zero

  auto operator<=>(const Header&) const = default;

  bool is_genesis() const { return height == Height{0}; }
  bool seals_epoch() const { return !next_validator_set.is_zero(); }
};

Bytes encode(const Header& header);
// Strict: exactly kEncodedSize bytes, the known format, a filler byte of 0 or 1. Whether the fields
// make a valid block is for the block rules to say.
Result<Header> decode_header(ByteView bytes);

BlockId block_id(const Header& header);
// Of an already encoded header.
BlockId block_id(ByteView encoded_header);

// RFC 6962 Merkle root over the full carried bytes of each transaction, signatures included.
Hash256 payload_digest(std::span<const ByteView> transactions);

// The header of height 0: epoch 0, view 0, no proposer, no parent, no transactions.
Header genesis_header(const ChainId& chain, std::uint16_t protocol_version, std::uint64_t time_ms,
                      const Hash256& registry_root, const Hash256& validator_set,
                      const Hash256& parameters);

}  // namespace testamur::ledger
