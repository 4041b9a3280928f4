// The stored map and its proofs. Invariants: a row stands for a whole subtree, as a leaf where the
// subtree has one entry and as a node otherwise, so that contents alone decide the shape and the
// root; entries are sorted before they are written, so that each shared ancestor is hashed once;
// nothing is ever removed.
#include "ledger/map.h"

#include <algorithm>

#include "common/check.h"

namespace testamur::ledger {
namespace {

// What stands at a place of the tree: kMapNodes rows. Key: u16 depth, then the bits that lead
// there, padded with zeros to whole bytes. Value: u8 kind, and two hashes: the children of a node,
// or key and value hash of a leaf.
constexpr std::uint8_t kLeafRow = 1;
constexpr std::uint8_t kNodeRow = 2;

struct Row {
  std::uint8_t kind = kLeafRow;
  Hash256 first;   // left child, or key
  Hash256 second;  // right child, or value hash
};

bool bit_at(const Hash256& key, std::size_t depth) {
  return (key.bytes[depth / 8] >> (7 - depth % 8) & 1) != 0;
}

void set_bit(Hash256& key, std::size_t depth) {
  key.bytes[depth / 8] |= static_cast<std::uint8_t>(0x80u >> (depth % 8));
}

Hash256 map_node_hash(const Hash256& left, const Hash256& right) {
  return tags::kMapNode(left.view(), right.view());
}

Hash256 row_hash(const Row& row) {
  return row.kind == kLeafRow ? map_leaf_hash({row.first, row.second})
                              : map_node_hash(row.first, row.second);
}

Bytes row_key(std::size_t depth, const Hash256& path) {
  const std::size_t size = (depth + 7) / 8;
  Bytes key = Encoder{}.u16(static_cast<std::uint16_t>(depth)).raw(path.view().first(size)).take();
  if (depth % 8 != 0) key.back() &= static_cast<std::uint8_t>(0xff00u >> (depth % 8));
  return key;
}

std::optional<Row> read_row(const StateReader& state, std::size_t depth, const Hash256& path) {
  const auto stored = state.get(Table::kMapNodes, row_key(depth, path));
  if (!stored) return std::nullopt;
  Decoder in{*stored};
  Row row;
  row.kind = in.u8();
  row.first = in.fixed<Hash256>();
  row.second = in.fixed<Hash256>();
  TM_CHECK(in.finished() && (row.kind == kLeafRow || row.kind == kNodeRow),
           "damaged map row at depth", depth);
  return row;
}

void write_row(Overlay& state, std::size_t depth, const Hash256& path, const Row& row) {
  state.put(Table::kMapNodes, row_key(depth, path),
            Encoder{}.u8(row.kind).fixed(row.first).fixed(row.second).take());
}

using Entries = std::span<const MapEntry>;

// The first entry of a sorted range whose key goes right at `depth`.
std::size_t split_at(Entries entries, std::size_t depth) {
  const auto middle =
      std::partition_point(entries.begin(), entries.end(),
                           [&](const MapEntry& entry) { return !bit_at(entry.key, depth); });
  return static_cast<std::size_t>(middle - entries.begin());
}

// Writes sorted entries into the subtree at (depth, path), which held `row` before, and returns its
// hash.
Hash256 update_subtree(Overlay& state, std::size_t depth, Hash256 path,
                       const std::optional<Row>& row, Entries entries) {
  if (entries.empty()) return row ? row_hash(*row) : Hash256{};

  if (row && row->kind == kLeafRow) {
    // The leaf that was alone here takes part as one entry more, unless it is being replaced.
    const MapEntry old{row->first, row->second};
    const auto place =
        std::lower_bound(entries.begin(), entries.end(), old,
                         [](const MapEntry& a, const MapEntry& b) { return a.key < b.key; });
    if (place == entries.end() || place->key != old.key) {
      std::vector<MapEntry> together(entries.begin(), entries.end());
      together.insert(together.begin() + (place - entries.begin()), old);
      return update_subtree(state, depth, path, std::nullopt, together);
    }
  }

  const bool is_node = row && row->kind == kNodeRow;
  if (!is_node && entries.size() == 1) {
    const Row leaf{kLeafRow, entries[0].key, entries[0].value_hash};
    write_row(state, depth, path, leaf);
    return row_hash(leaf);
  }

  TM_CHECK(depth < MapProof::kMaxDepth, "a map key twice in one update");
  const std::size_t middle = split_at(entries, depth);
  Hash256 right_path = path;
  set_bit(right_path, depth);

  Row node{kNodeRow, is_node ? row->first : Hash256{}, is_node ? row->second : Hash256{}};

  const auto child = [&](const Hash256& child_path, const Hash256& before, Entries part) {
    if (part.empty()) return before;
    const auto child_row = before.is_zero() ? std::nullopt : read_row(state, depth + 1, child_path);
    return update_subtree(state, depth + 1, child_path, child_row, part);
  };

  node.first = child(path, node.first, entries.first(middle));
  node.second = child(right_path, node.second, entries.subspan(middle));

  write_row(state, depth, path, node);
  return row_hash(node);
}

Hash256 root_from_scratch(Entries entries, std::size_t depth) {
  if (entries.empty()) return {};
  if (entries.size() == 1) return map_leaf_hash(entries[0]);
  TM_CHECK(depth < MapProof::kMaxDepth, "a map key twice");
  const std::size_t middle = split_at(entries, depth);
  return map_node_hash(root_from_scratch(entries.first(middle), depth + 1),
                       root_from_scratch(entries.subspan(middle), depth + 1));
}

void sort_entries(std::vector<MapEntry>& entries) {
  std::sort(entries.begin(), entries.end(),
            [](const MapEntry& a, const MapEntry& b) { return a.key < b.key; });
}

// The root when the subtree at the end of `key`'s path hashes to `hash`.
Hash256 climb(const MapProof& proof, const Hash256& key, Hash256 hash) {
  for (std::size_t depth = proof.siblings.size(); depth-- > 0;) {
    hash = bit_at(key, depth) ? map_node_hash(proof.siblings[depth], hash)
                              : map_node_hash(hash, proof.siblings[depth]);
  }
  return hash;
}

}  // namespace

Hash256 map_value_hash(ByteView value) { return tags::kMapValue(value); }
Hash256 map_leaf_hash(const MapEntry& entry) {
  return tags::kMapLeaf(entry.key.view(), entry.value_hash.view());
}

bool verify_member(const MapProof& proof, const Hash256& root, const MapEntry& entry) {
  if (proof.other || proof.siblings.size() > MapProof::kMaxDepth) return false;
  return climb(proof, entry.key, map_leaf_hash(entry)) == root;
}

bool verify_absent(const MapProof& proof, const Hash256& root, const Hash256& key) {
  const std::size_t depth = proof.siblings.size();
  if (depth > MapProof::kMaxDepth) return false;
  if (!proof.other) return climb(proof, key, Hash256{}) == root;
  if (proof.other->key == key) return false;
  for (std::size_t i = 0; i < depth; ++i) {
    if (bit_at(proof.other->key, i) != bit_at(key, i)) return false;
  }
  return climb(proof, key, map_leaf_hash(*proof.other)) == root;
}

void encode(Encoder& out, const MapProof& proof) {
  TM_CHECK(proof.siblings.size() <= MapProof::kMaxDepth);
  Bytes bitmap((proof.siblings.size() + 7) / 8, 0);
  for (std::size_t i = 0; i < proof.siblings.size(); ++i) {
    if (!proof.siblings[i].is_zero()) bitmap[i / 8] |= static_cast<std::uint8_t>(0x80u >> (i % 8));
  }
  out.u16(static_cast<std::uint16_t>(proof.siblings.size())).raw(bitmap);
  for (const auto& sibling : proof.siblings) {
    if (!sibling.is_zero()) out.fixed(sibling);
  }
  out.u8(proof.other ? 1 : 0);
  if (proof.other) out.fixed(proof.other->key).fixed(proof.other->value_hash);
}

MapProof decode_map_proof(Decoder& in) {
  MapProof proof;
  const std::size_t depth = in.u16();
  if (depth > MapProof::kMaxDepth) in.fail();
  if (!in.ok()) return proof;

  const auto bitmap = in.raw((depth + 7) / 8);
  if (!in.ok()) return proof;

  // The decoder accepts one encoding: no unused bit is set, and no empty sibling is written out.
  if (depth % 8 != 0 && (bitmap.back() & (0xffu >> (depth % 8))) != 0) in.fail();

  for (std::size_t i = 0; i < depth && in.ok(); ++i) {
    const bool present = (bitmap[i / 8] >> (7 - i % 8) & 1) != 0;
    proof.siblings.push_back(present ? in.fixed<Hash256>() : Hash256{});
    if (present && proof.siblings.back().is_zero()) in.fail();
  }

  const auto has_other = in.u8();
  if (has_other > 1) in.fail();
  if (in.ok() && has_other == 1) {
    const auto key = in.fixed<Hash256>();
    proof.other = MapEntry{key, in.fixed<Hash256>()};
  }
  return proof;
}

Hash256 map_root(std::vector<MapEntry> entries) {
  sort_entries(entries);
  return root_from_scratch(entries, 0);
}

Hash256 stored_map_root(const StateReader& state) {
  const auto row = read_row(state, 0, {});
  return row ? row_hash(*row) : Hash256{};
}

MapProof prove_in_map(const StateReader& state, const Hash256& key) {
  MapProof proof;
  for (std::size_t depth = 0;; ++depth) {
    const auto row = read_row(state, depth, key);
    if (!row) return proof;
    if (row->kind == kLeafRow) {
      if (row->first != key) proof.other = MapEntry{row->first, row->second};
      return proof;
    }
    TM_CHECK(depth < MapProof::kMaxDepth, "damaged map");
    proof.siblings.push_back(bit_at(key, depth) ? row->first : row->second);
  }
}

void update_map(Overlay& state, std::vector<MapEntry> entries) {
  sort_entries(entries);
  update_subtree(state, 0, {}, read_row(state, 0, {}), entries);
}

}  // namespace testamur::ledger
