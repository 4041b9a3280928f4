// The registry and its map: golden bytes (golden.py), roots by content alone, membership, absence,
// history.
#include <algorithm>

#include "ledger/ledger_state.h"
#include "ledger/proofs/registry_proof.h"
#include "tests/ledger/core_support.h"
#include "tests/support/catch.h"

namespace testamur::ledger {
namespace {

using test::counting;
using test::hash_of;
using test::Sequence;

std::vector<MapEntry> random_entries(Sequence& random, std::size_t count) {
  std::vector<MapEntry> entries;
  for (std::size_t i = 0; i < count; ++i)
    entries.push_back({random.fixed<Hash256>(), random.fixed<Hash256>()});
  return entries;
}

RecordName name_of(std::uint8_t id) { return {2, Bytes(16, id)}; }

// Blocks at heights 1..: `writes[h]` are the ids that get a new record there.
void build_history(MemoryState& base, const std::vector<std::vector<std::uint8_t>>& writes) {
  for (std::size_t i = 0; i < writes.size(); ++i) {
    Overlay overlay{base};
    LedgerState block{overlay, Height{i + 1}, (i + 1) * 1000};
    for (const auto id : writes[i]) {
      block.put_record(name_of(id), Encoder{}.u8(id).u64(i + 1).take());
    }
    block.seal();
    base.apply(*overlay.take());
  }
}

}  // namespace

TEST_CASE("the registry has its golden bytes") {
  MemoryState base;
  const RecordName name{2, to_bytes(counting<InstitutionId>(0x01).view())};

  Overlay overlay{base};
  CHECK(put_record(overlay, name, {Height{3}, 1700000000123, to_bytes(as_bytes("body one"))}) == 1);
  CHECK(put_record(overlay, name, {Height{8}, 1700000009999, to_bytes(as_bytes("body two"))}) == 2);
  hash_registry(overlay);

  CHECK(record_key(name, 1).hex() ==
        "62faaee7ad62a98ba7da13f1a0d7e29d1ed5c910d5fcc80539cfd4310776d52e");
  CHECK(head_key(name).hex() == "b368dd45e0f567b914e469ed39e2d31d93963365b10053ecd6ca8e46ae5e8a2b");

  const auto first = Registry{overlay}.record(name, 1);
  CHECK(to_hex(encode(*first)) == "00000000000000030000018bcfe5687b626f6479206f6e65");
  CHECK(to_hex(encode(*Registry{overlay}.head(name))) == "00000000000000020000000000000002");
  CHECK(map_leaf_hash({record_key(name, 1), map_value_hash(encode(*first))}).hex() ==
        "661fb464a968b34c538f815be0ebdd7ecd518bad33aa872136da1b1d383e724e");

  CHECK(Registry{overlay}.root().hex() ==
        "666ae4d48c368224cefe597c24b0b36a43943f8f8fc85a98425b629781241f4b");
}

TEST_CASE("the root of an empty map is zero and of one entry that leaf") {
  MemoryState base;
  CHECK(stored_map_root(base).is_zero());
  CHECK(map_root({}).is_zero());
  const MapEntry entry{hash_of(1), hash_of(2)};
  Overlay state{base};
  update_map(state, {entry});
  CHECK(stored_map_root(state) == map_leaf_hash(entry));
}

TEST_CASE("the root of a map depends on its contents and not on the order or grouping of updates") {
  Sequence random{7};
  auto entries = random_entries(random, 200);
  // Neighbours that differ only in their last bits make the deepest paths.
  for (std::size_t i = 0; i < 8; ++i) {
    entries.push_back(entries[i]);
    entries.back().key.bytes[31] ^= static_cast<std::uint8_t>(1u << i);
  }
  const Hash256 expected = map_root(entries);
  for (int round = 0; round < 6; ++round) {
    for (std::size_t i = entries.size(); i > 1; --i)
      std::swap(entries[i - 1], entries[random.below(i)]);
    MemoryState base;
    Overlay state{base};
    for (std::size_t done = 0; done < entries.size();) {
      const std::size_t part = std::min<std::size_t>(1 + random.below(60), entries.size() - done);
      std::vector<MapEntry> group(entries.begin() + done, entries.begin() + done + part);
      auto stale = group;
      for (auto& entry : stale) entry.value_hash = random.fixed<Hash256>();
      update_map(state, stale);
      update_map(state, group);
      done += part;
    }
    CHECK(stored_map_root(state) == expected);
  }
}

TEST_CASE("every entry of a map is proven and every other key is proven absent") {
  Sequence random{8};
  for (std::size_t count : {0u, 1u, 2u, 3u, 50u}) {
    const auto entries = random_entries(random, count);
    MemoryState base;
    Overlay state{base};
    update_map(state, entries);
    const Hash256 root = stored_map_root(state);
    for (const auto& entry : entries) {
      const MapProof proof = prove_in_map(state, entry.key);
      CHECK(verify_member(proof, root, entry));
      CHECK_FALSE(verify_member(proof, root, {entry.key, hash_of(1)}));
      CHECK_FALSE(verify_absent(proof, root, entry.key));
      // Nobody can claim absence by showing the entry's own leaf, or the way without its end.
      MapProof forged = proof;
      forged.other = entry;
      CHECK_FALSE(verify_absent(forged, root, entry.key));
    }
    for (int i = 0; i < 40; ++i) {
      const Hash256 key = random.fixed<Hash256>();
      const MapProof proof = prove_in_map(state, key);
      CHECK(verify_absent(proof, root, key));
      CHECK_FALSE(verify_member(proof, root, {key, hash_of(1)}));
      if (count > 0) CHECK_FALSE(verify_absent(proof, root, entries[0].key));
    }
  }
}

TEST_CASE("any changed byte of a map proof makes it fail") {
  Sequence random{9};
  const auto entries = random_entries(random, 20);
  MemoryState base;
  Overlay state{base};
  update_map(state, entries);

  const Hash256 root = stored_map_root(state);
  const Hash256 absent = random.fixed<Hash256>();

  const auto holds = [&](ByteView bytes, bool member) {
    Decoder in{bytes};
    const MapProof proof = decode_map_proof(in);
    if (!in.finished()) return false;
    return member ? verify_member(proof, root, entries[0]) : verify_absent(proof, root, absent);
  };

  for (const bool member : {true, false}) {
    Encoder out;
    encode(out, prove_in_map(state, member ? entries[0].key : absent));
    REQUIRE(holds(out.bytes(), member));

    for (std::size_t i = 0; i < out.bytes().size(); ++i) {
      Bytes damaged = out.bytes();
      damaged[i] ^= 0x01;
      CAPTURE(member, i);
      CHECK_FALSE(holds(damaged, member));
    }
  }
}

TEST_CASE("a record in force is found by height, and the whole history is kept") {
  MemoryState base;
  build_history(base, {{1}, {2}, {1, 2}, {}, {1}, {3}});

  const Registry registry{base};
  const auto name = name_of(1);
  CHECK(registry.head(name) == RegistryHead{3, 3});

  CHECK_FALSE(registry.as_of(name, Height{0}).has_value());
  CHECK(registry.as_of(name, Height{2})->from_height == Height{1});
  CHECK(registry.as_of(name, Height{4})->from_height == Height{3});
  CHECK(registry.as_of(name, Height{99})->from_height == Height{5});
  CHECK(registry.latest(name)->from_time_ms == 5000);
  CHECK(registry.history(name).size() == 3);

  CHECK_FALSE(registry.latest(name_of(9)).has_value());
  CHECK(registry.history(name_of(9)).empty());
}

TEST_CASE("what the registry said at a height is proven under one recent root") {
  MemoryState base;
  build_history(base, {{1}, {2}, {1, 2}, {}, {1}, {3}, {4}});
  const Hash256 root = Registry{base}.root();
  for (std::uint8_t id = 1; id <= 9; ++id) {
    for (std::uint64_t height = 0; height <= 8; ++height) {
      CAPTURE(int{id}, height);
      const AsOfProof proof = prove_as_of(base, name_of(id), Height{height});
      CHECK(verify_as_of(proof, root, name_of(id), Height{height}));
      const auto expected = Registry{base}.as_of(name_of(id), Height{height});
      CHECK(proof.record.has_value() == expected.has_value());
      if (expected) CHECK(proof.record->record == *expected);
      CHECK_FALSE(verify_as_of(proof, hash_of(1), name_of(id), Height{height}));
      if (id <= 4)
        CHECK_FALSE(verify_as_of(proof, root, name_of(static_cast<std::uint8_t>(id % 4 + 1)),
                                 Height{height}));
    }
  }
  // An older answer does not pass for a newer height.
  CHECK_FALSE(verify_as_of(prove_as_of(base, name_of(1), Height{2}), root, name_of(1), Height{3}));
  CHECK_FALSE(verify_as_of(prove_as_of(base, name_of(1), Height{5}), root, name_of(1), Height{4}));
}

TEST_CASE("a history is proven whole: none of its records can be left out") {
  MemoryState base;
  build_history(base, {{1}, {2}, {1, 2}, {}, {1}});
  const Hash256 root = Registry{base}.root();

  const HistoryProof whole = prove_history(base, name_of(1));
  REQUIRE(whole.records.size() == 3);

  CHECK(verify_history(whole, root, name_of(1)));
  CHECK(verify_history(prove_history(base, name_of(7)), root, name_of(7)));
  CHECK_FALSE(verify_history(prove_history(base, name_of(7)), root, name_of(1)));

  HistoryProof shorter = whole;
  shorter.records.pop_back();
  CHECK_FALSE(verify_history(shorter, root, name_of(1)));

  // A head that agrees with the shorter list is not the one of the root.
  shorter.head = RegistryHead{2, 2};
  CHECK_FALSE(verify_history(shorter, root, name_of(1)));

  HistoryProof swapped = whole;
  std::swap(swapped.records[0], swapped.records[1]);
  CHECK_FALSE(verify_history(swapped, root, name_of(1)));
}

}  // namespace testamur::ledger
