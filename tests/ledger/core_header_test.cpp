// Headers and log leaves: golden bytes (golden.py), strict decoding, the log over its state.
#include "ledger/header.h"
#include "ledger/log.h"
#include "tests/ledger/core_support.h"
#include "tests/support/catch.h"

namespace testamur::ledger {
namespace {

using test::counting;
using test::hash_of;

Header golden_header() {
  Header header;
  header.protocol_version = 1;
  header.chain = counting<ChainId>(0x10);
  header.epoch = Epoch{2};
  header.height = Height{3};
  header.view = View{4};
  header.proposer = counting<InstitutionId>(0x20);
  header.parent = counting<BlockId>(0x30);
  header.time_ms = 1700000000123;
  header.payload_digest = counting<Hash256>(0x40);
  header.roots = {5, counting<Hash256>(0x50), 6, counting<Hash256>(0x60), counting<Hash256>(0x70)};
  header.validator_set = counting<Hash256>(0x80);
  header.next_validator_set = counting<Hash256>(0x90);
  header.parameters = counting<Hash256>(0xa0);
  header.filler = true;
  return header;
}

LogLeaf golden_leaf() {
  return {LogIndex{7},
          Height{3},
          1700000000123,
          70,
          counting<InstitutionId>(0x01),
          counting<KeyId>(0x21),
          counting<TransactionId>(0x41)};
}

}  // namespace

TEST_CASE("a header has its golden bytes and id") {
  const Bytes bytes = encode(golden_header());
  CHECK(to_hex(bytes) ==
        "00010001101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
        "000000000000000200000000000000030000000000000004202122232425262728292a2b2c2d2e2f"
        "303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f0000018bcfe5687b"
        "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
        "0000000000000005505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f"
        "0000000000000006606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
        "707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f"
        "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
        "909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
        "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf01"
        "0000000000000000000000000000000000000000000000000000000000000000");
  CHECK(block_id(golden_header()).hex() ==
        "2b9b942b3a8c8061ba50eeafa86696932ee05cc34d2e78a97b59acf87fbdd649");
  CHECK(decode_header(bytes).value() == golden_header());
}

TEST_CASE("every byte of a header counts towards its id") {
  const Bytes bytes = encode(golden_header());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes changed = bytes;
    changed[i] ^= 0x40;
    CAPTURE(i);
    CHECK(block_id(changed) != block_id(bytes));
    const auto decoded = decode_header(changed);
    if (decoded.ok()) CHECK(encode(*decoded) == changed);
  }
}

TEST_CASE("a header of another length, format or filler byte is refused") {
  Bytes bytes = encode(golden_header());
  CHECK_FALSE(decode_header(ByteView{bytes}.first(388)).ok());
  bytes.push_back(0);
  CHECK_FALSE(decode_header(bytes).ok());
  bytes.pop_back();
  bytes[1] = 2;
  CHECK_FALSE(decode_header(bytes).ok());
  bytes[1] = 1;
  bytes[356] = 2;
  CHECK_FALSE(decode_header(bytes).ok());
}

TEST_CASE("the payload digest is the Merkle root over the carried bytes") {
  const std::array<ByteView, 3> transactions{as_bytes("first"), as_bytes("second"),
                                             as_bytes("third")};
  CHECK(payload_digest(transactions).hex() ==
        "c3651e541714c53d648ecc7baeca7fe2c36ef4fa65bcce24b1d71286437de566");
  CHECK(payload_digest({}) == merkle::empty_root());
}

TEST_CASE("the genesis header stands at epoch 0, height 0, view 0 with empty log and pages") {
  const Header header = genesis_header(counting<ChainId>(1), 1, 1700000000000, counting<Hash256>(2),
                                       counting<Hash256>(3), counting<Hash256>(4));
  CHECK(header.is_genesis());
  CHECK(header.epoch == Epoch{0});
  CHECK(header.view == View{0});
  CHECK(header.parent.is_zero());
  CHECK_FALSE(header.seals_epoch());
  MemoryState empty;
  const Log log{empty};
  CHECK(header.roots.log_root == log.root(log.size()));
  CHECK(header.roots.registry_root == counting<Hash256>(2));
}

TEST_CASE("a log leaf has its golden bytes") {
  CHECK(to_hex(encode(golden_leaf())) ==
        "01000000000000000700000000000000030000018bcfe5687b0046"
        "0102030405060708090a0b0c0d0e0f102122232425262728292a2b2c2d2e2f30"
        "4142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f60");
  CHECK(merkle::leaf_hash(encode(golden_leaf())).hex() ==
        "38928ed797c493f42b33215fe4e2c88029a35f435bcb5ffd2edf91f0046ff7a2");
  CHECK(decode_log_leaf(encode(golden_leaf())).value() == golden_leaf());
  Bytes other_version = encode(golden_leaf());
  other_version[0] = 2;
  CHECK_FALSE(decode_log_leaf(other_version).ok());
  CHECK_FALSE(decode_log_leaf(ByteView{other_version}.first(90)).ok());
}

TEST_CASE("the log gives every transaction its place and proves it") {
  MemoryState base;
  Overlay state{base};
  std::vector<Hash256> leaf_hashes;
  std::vector<Hash256> roots{merkle::empty_root()};

  for (std::uint64_t height = 1; height <= 12; ++height) {
    const std::uint64_t before = Log{state}.size();

    Overlay block{static_cast<const StateReader&>(state)};
    for (std::uint64_t i = 0; i < height % 5; ++i) {
      LogLeaf leaf = golden_leaf();
      leaf.height = Height{height};
      leaf.transaction = TransactionId{hash_of(before + i).bytes};
      const LogIndex index = append_log(block, leaf);
      CHECK(index == LogIndex{before + i});
      leaf.index = index;
      leaf_hashes.push_back(merkle::leaf_hash(encode(leaf)));
    }

    hash_log(block, before);
    const auto delta = block.take();
    for (const auto& change : delta->changes())
      state.put(change.table, change.key, change.value.value());

    roots.push_back(merkle::root_of(leaf_hashes));
    CHECK(Log{state}.root(Log{state}.size()) == roots.back());
  }

  const Log log{state};
  REQUIRE(log.size() == leaf_hashes.size());
  for (std::uint64_t i = 0; i < log.size(); ++i) {
    const auto leaf = log.leaf(LogIndex{i});
    REQUIRE(leaf.has_value());
    CHECK(log.find(leaf->transaction) == LogIndex{i});
    CHECK(merkle::verify_inclusion(merkle::leaf_hash(encode(*leaf)), i, log.size(),
                                   log.inclusion(LogIndex{i}, log.size()), roots.back()));
  }

  CHECK_FALSE(log.leaf(LogIndex{log.size()}).has_value());
  CHECK_FALSE(log.find(TransactionId{hash_of(99999).bytes}).has_value());

  CHECK(merkle::verify_consistency(3, log.size(), log.consistency(3, log.size()),
                                   merkle::root_of(std::span{leaf_hashes}.first(3)), roots.back()));
}

TEST_CASE("tiles hold 256 hashes of their level and entry bundles the leaves beside them") {
  MemoryState base;
  Overlay state{base};
  for (std::uint64_t i = 0; i < 600; ++i) {
    LogLeaf leaf = golden_leaf();
    leaf.transaction = TransactionId{hash_of(i).bytes};
    append_log(state, leaf);
  }
  hash_log(state, 0);
  const Log log{state};
  std::vector<Hash256> leaves;
  for (std::uint64_t i = 0; i < 600; ++i)
    leaves.push_back(merkle::leaf_hash(encode(*log.leaf(LogIndex{i}))));

  const Bytes first = log.tile(0, 0, 600);
  REQUIRE(first.size() == 256 * 32);
  CHECK(equal(ByteView{first}.subspan(32 * 10, 32), leaves[10].view()));
  CHECK(log.tile(0, 2, 600).size() == (600 - 512) * 32);
  CHECK(log.tile(0, 3, 600).empty());
  const Bytes upper = log.tile(1, 0, 600);
  REQUIRE(upper.size() == 2 * 32);
  CHECK(equal(ByteView{upper}.first(32), merkle::root_of(std::span{leaves}.first(256)).view()));
  CHECK(log.tile(2, 0, 600).empty());
  CHECK(log.tile(0, UINT64_MAX, 600).empty());
  CHECK(log.tile(8, 0, 600).empty());
  const Bytes bundle = log.entry_bundle(2, 600);
  REQUIRE(bundle.size() == (600 - 512) * (2 + 91));
  CHECK(equal(ByteView{bundle}.subspan(2, 91), encode(*log.leaf(LogIndex{512}))));
}

}  // namespace testamur::ledger
