#include "ledger/header.h"

#include <vector>

#include "common/check.h"
#include "ledger/proofs/merkle.h"

namespace testamur::ledger {

Bytes encode(const Header& header) {
  Encoder out;
  out.u16(Header::kFormat).u16(header.protocol_version).fixed(header.chain);
  out.u64(header.epoch).u64(header.height).u64(header.view);
  out.fixed(header.proposer).fixed(header.parent).u64(header.time_ms).fixed(header.payload_digest);
  out.u64(header.roots.log_size).fixed(header.roots.log_root);
  out.u64(header.roots.page_count).fixed(header.roots.page_root);
  out.fixed(header.roots.registry_root);
  out.fixed(header.validator_set).fixed(header.next_validator_set).fixed(header.parameters);
  out.u8(header.filler ? 1 : 0).fixed(header.extension);
  TM_CHECK(out.bytes().size() == Header::kEncodedSize, out.bytes().size());
  return out.take();
}

Result<Header> decode_header(ByteView bytes) {
  if (bytes.size() != Header::kEncodedSize) {
    return error("block header: " + std::to_string(bytes.size()) + " bytes, expected 389");
  }

  Decoder in{bytes};
  if (const auto format = in.u16(); format != Header::kFormat) {
    return error("block header: unknown format " + std::to_string(format) +
                 "; a newer program may know it");
  }

  Header header;
  header.protocol_version = in.u16();
  header.chain = in.fixed<ChainId>();
  header.epoch = Epoch{in.u64()};
  header.height = Height{in.u64()};
  header.view = View{in.u64()};

  header.proposer = in.fixed<InstitutionId>();
  header.parent = in.fixed<BlockId>();
  header.time_ms = in.u64();
  header.payload_digest = in.fixed<Hash256>();

  header.roots.log_size = in.u64();
  header.roots.log_root = in.fixed<Hash256>();
  header.roots.page_count = in.u64();
  header.roots.page_root = in.fixed<Hash256>();
  header.roots.registry_root = in.fixed<Hash256>();

  header.validator_set = in.fixed<Hash256>();
  header.next_validator_set = in.fixed<Hash256>();
  header.parameters = in.fixed<Hash256>();

  // Another byte would be a second encoding, and with it another block id, of the same header.
  const auto filler = in.u8();
  if (filler > 1)
    return error("block header: the filler byte is " + std::to_string(filler) +
                 ", expected 0 or 1");
  header.filler = filler == 1;

  header.extension = in.fixed<Hash256>();
  TM_CHECK(in.finished());
  return header;
}

BlockId block_id(const Header& header) { return block_id(encode(header)); }
BlockId block_id(ByteView encoded_header) { return BlockId{tags::kHeader(encoded_header).bytes}; }

Hash256 payload_digest(std::span<const ByteView> transactions) {
  std::vector<Hash256> leaves;
  leaves.reserve(transactions.size());
  for (const auto& transaction : transactions) leaves.push_back(merkle::leaf_hash(transaction));
  return merkle::root_of(leaves);
}

Header genesis_header(const ChainId& chain, std::uint16_t protocol_version, std::uint64_t time_ms,
                      const Hash256& registry_root, const Hash256& validator_set,
                      const Hash256& parameters) {
  Header header;
  header.protocol_version = protocol_version;
  header.chain = chain;
  header.time_ms = time_ms;

  header.payload_digest = merkle::empty_root();
  header.roots.log_root = merkle::empty_root();
  header.roots.page_root = merkle::empty_root();
  header.roots.registry_root = registry_root;

  header.validator_set = validator_set;
  header.parameters = parameters;
  return header;
}

}  // namespace testamur::ledger
