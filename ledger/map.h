// The sparse Merkle map under the registry: 256-bit keys, authenticated membership and absence.
//
// empty = 32 zero bytes; leaf = H_tag(map-leaf, key || value hash); node = H_tag(map-node, left ||
// right); a subtree with one leaf is that leaf. Bit i of a key (most significant first) chooses the
// side at depth i. The root depends only on the contents. docs/formats/registry.md. Pure; any
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/bytes.h"
#include "common/hash.h"
#include "ledger/state.h"

namespace testamur::ledger {

struct MapEntry {
  Hash256 key;
  Hash256 value_hash;
  auto operator<=>(const MapEntry&) const = default;
};

Hash256 map_value_hash(ByteView value);  // H_tag(map-value, value)
Hash256 map_leaf_hash(const MapEntry& entry);

// The way from the root to where a key is or would be.
struct MapProof {
  static constexpr std::size_t kMaxDepth = 256;
  std::vector<Hash256> siblings;  // root first; zero = empty subtree
  std::optional<MapEntry> other;  // absence only: the leaf of another key that stands in the way
  auto operator<=>(const MapProof&) const = default;
};

bool verify_member(const MapProof& proof, const Hash256& root, const MapEntry& entry);
bool verify_absent(const MapProof& proof, const Hash256& root, const Hash256& key);

// u16 depth, bitmap of the siblings that are not empty (bit i in byte i / 8, most significant
// first), those hashes, u8 0 or 1, and with 1 the other entry. The decoder is strict and bounded.
void encode(Encoder& out, const MapProof& proof);
MapProof decode_map_proof(Decoder& in);

// The root of a map with these entries (any order, distinct keys), from scratch.
Hash256 map_root(std::vector<MapEntry> entries);

// The map stored in a state.
Hash256 stored_map_root(const StateReader& state);
MapProof prove_in_map(const StateReader& state, const Hash256& key);
// Adds or changes entries (any order, distinct keys); shared ancestors are hashed once.
void update_map(Overlay& state, std::vector<MapEntry> entries);

}  // namespace testamur::ledger
