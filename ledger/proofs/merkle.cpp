// RFC 6962 trees twice over: of lists in memory, and stored level by level in a table. Invariants:
// paths run from the leaf to the root; a stored node belongs to a complete subtree, so that
// appending never rewrites one, and what lies on the incomplete right edge is computed when it is
// asked for. Verifying never aborts, whatever the path.
#include "ledger/proofs/merkle.h"

#include <algorithm>
#include <bit>

#include "common/check.h"

namespace testamur::ledger::merkle {

std::uint64_t left_size(std::uint64_t n) { return std::bit_floor(n - 1); }

Hash256 empty_root() { return sha256({}); }

Hash256 leaf_hash(ByteView data) {
  const std::uint8_t prefix = 0;
  return Sha256{}.update({&prefix, 1}).update(data).finish();
}

Hash256 node_hash(const Hash256& left, const Hash256& right) {
  std::array<std::uint8_t, 65> block;
  block[0] = 1;
  std::copy(left.bytes.begin(), left.bytes.end(), block.begin() + 1);
  std::copy(right.bytes.begin(), right.bytes.end(), block.begin() + 33);
  return sha256(block);
}

Hash256 root_of(std::span<const Hash256> leaf_hashes) {
  if (leaf_hashes.empty()) return empty_root();
  // Pairing level by level and carrying an odd last node up gives the same tree as the recursive
  // definition.
  std::vector<Hash256> level(leaf_hashes.begin(), leaf_hashes.end());
  while (level.size() > 1) {
    const std::size_t pairs = level.size() / 2;
    for (std::size_t i = 0; i < pairs; ++i) level[i] = node_hash(level[2 * i], level[2 * i + 1]);
    if (level.size() % 2 == 1) level[pairs] = level.back();
    level.resize(pairs + level.size() % 2);
  }
  return level.front();
}

Path inclusion_path(std::span<const Hash256> leaf_hashes, std::uint64_t index) {
  TM_CHECK(index < leaf_hashes.size(), index, leaf_hashes.size());

  Path path;

  while (leaf_hashes.size() > 1) {
    const std::uint64_t left = left_size(leaf_hashes.size());
    if (index < left) {
      path.push_back(root_of(leaf_hashes.subspan(left)));
      leaf_hashes = leaf_hashes.first(left);
    } else {
      path.push_back(root_of(leaf_hashes.first(left)));
      leaf_hashes = leaf_hashes.subspan(left);
      index -= left;
    }
  }

  // The walk begins at the root, a path at the leaf.
  std::reverse(path.begin(), path.end());
  return path;
}

namespace {

// A node on the way from a leaf to the root. RFC 9162, sections 2.1.3.2 and 2.1.4.2: fn and sn are
// `node` and `last`.
struct Ascent {
  std::uint64_t node;
  std::uint64_t last;  // the rightmost node of the same level

  bool at_root() const { return last == 0; }

  // Of a node on the right edge the next sibling is a left one too, at whatever level it stands.
  bool has_left_sibling() const { return (node & 1) != 0 || node == last; }

  void rise() {
    node >>= 1;
    last >>= 1;
  }

  // The right edge rises without siblings. This ends: node != 0, since last != 0. Precondition:
  // has_left_sibling(), and not at_root().
  void rise_along_edge() {
    while ((node & 1) == 0) rise();
  }
};

// The roots of the old and of the new tree.
struct Roots {
  Hash256 of_old;
  Hash256 of_new;
};

// What a consistency path claims for them, from the last complete subtree of the old tree on, at
// which `at` stands; nothing when the path has not exactly the length that the shape asks for.
std::optional<Roots> roots_from_path(const Hash256& subtree, Ascent at,
                                     std::span<const Hash256> path) {
  Roots roots{subtree, subtree};
  for (const auto& sibling : path) {
    if (at.at_root()) return std::nullopt;
    if (at.has_left_sibling()) {
      roots.of_old = node_hash(sibling, roots.of_old);
      roots.of_new = node_hash(sibling, roots.of_new);
      at.rise_along_edge();
    } else {
      roots.of_new = node_hash(roots.of_new, sibling);
    }
    at.rise();
  }

  if (!at.at_root()) return std::nullopt;
  return roots;
}

}  // namespace

std::optional<Hash256> root_from_path(const Hash256& leaf, std::uint64_t index, std::uint64_t size,
                                      std::span<const Hash256> path) {
  if (index >= size) return std::nullopt;

  Ascent at{index, size - 1};
  Hash256 hash = leaf;
  for (const auto& sibling : path) {
    // The path is longer than the tree is high.
    if (at.at_root()) return std::nullopt;
    if (at.has_left_sibling()) {
      hash = node_hash(sibling, hash);
      at.rise_along_edge();
    } else {
      hash = node_hash(hash, sibling);
    }
    at.rise();
  }

  // The path ended below the root.
  if (!at.at_root()) return std::nullopt;
  return hash;
}

bool verify_inclusion(const Hash256& leaf, std::uint64_t index, std::uint64_t size,
                      std::span<const Hash256> path, const Hash256& root) {
  return root_from_path(leaf, index, size, path) == root;
}

bool verify_consistency(std::uint64_t old_size, std::uint64_t new_size,
                        std::span<const Hash256> path, const Hash256& old_root,
                        const Hash256& new_root) {
  if (old_size > new_size || old_size == 0) {
    return new_size == 0 && path.empty() && old_root == empty_root() && new_root == empty_root();
  }

  if (old_size == new_size) return path.empty() && old_root == new_root;

  // Where the largest complete subtree that ends with the old tree's last leaf stands.
  Ascent at{old_size - 1, new_size - 1};
  while ((at.node & 1) != 0) at.rise();

  // A complete old tree is a subtree of the new one: its root need not be sent.
  Hash256 subtree = old_root;
  if (!std::has_single_bit(old_size)) {
    if (path.empty()) return false;
    subtree = path.front();
    path = path.subspan(1);
  }

  const auto roots = roots_from_path(subtree, at, path);
  return roots && roots->of_old == old_root && roots->of_new == new_root;
}

void encode_path(Encoder& out, const Path& path) {
  TM_CHECK(path.size() <= kMaxPathLength, path.size());
  out.u8(static_cast<std::uint8_t>(path.size()));
  for (const auto& hash : path) out.fixed(hash);
}

Path decode_path(Decoder& in) {
  const std::size_t size = in.u8();
  if (size > kMaxPathLength) in.fail();
  Path path;
  for (std::size_t i = 0; i < size && in.ok(); ++i) path.push_back(in.fixed<Hash256>());
  return path;
}

namespace {

// Rebuilds the subtree over leaves [first, last) from the proven leaves and the path hashes beside
// them.
struct RangeRebuilder {
  std::span<const Hash256> leaves;
  std::uint64_t begin;
  std::span<const Hash256> path;
  bool ok = true;

  Hash256 next(std::span<const Hash256>& from) {
    if (from.empty()) {
      ok = false;
      return {};
    }
    const Hash256 hash = from.front();
    from = from.subspan(1);
    return hash;
  }

  Hash256 root(std::uint64_t first, std::uint64_t last) {
    if (!ok) return {};
    const std::uint64_t end = begin + leaves.size();
    if (last <= begin || first >= end) return next(path);
    if (first >= begin && last <= end) return root_of(leaves.subspan(first - begin, last - first));
    const std::uint64_t middle = first + left_size(last - first);
    const Hash256 left = root(first, middle);
    const Hash256 right = root(middle, last);
    return node_hash(left, right);
  }
};

}  // namespace

std::optional<Hash256> root_from_range(std::span<const Hash256> leaf_hashes, std::uint64_t first,
                                       std::uint64_t size, std::span<const Hash256> path) {
  if (leaf_hashes.empty() || first >= size || leaf_hashes.size() > size - first)
    return std::nullopt;
  RangeRebuilder rebuild{leaf_hashes, first, path};
  const Hash256 root = rebuild.root(0, size);
  if (!rebuild.ok || !rebuild.path.empty()) return std::nullopt;
  return root;
}

}  // namespace testamur::ledger::merkle

namespace testamur::ledger {
namespace {

Bytes node_key(unsigned level, std::uint64_t index) {
  Encoder key;
  key.u8(static_cast<std::uint8_t>(level)).u64(index);
  return key.take();
}

void put_node(Overlay& state, Table table, unsigned level, std::uint64_t index,
              const Hash256& hash) {
  state.put(table, node_key(level, index), to_bytes(hash.view()));
}

}  // namespace

Hash256 StoredTree::node(const StateReader& state, unsigned level, std::uint64_t index) const {
  const auto value = state.get(nodes_, node_key(level, index));
  TM_CHECK(value.has_value(), "missing tree node, level", level, "index", index);
  const auto hash = Hash256::from(*value);
  TM_CHECK(hash.has_value(), "damaged tree node, level", level, "index", index);
  return *hash;
}

Hash256 StoredTree::range_root(const StateReader& state, std::uint64_t first,
                               std::uint64_t last) const {
  const std::uint64_t count = last - first;
  if (std::has_single_bit(count)) {
    const auto level = static_cast<unsigned>(std::countr_zero(count));
    return node(state, level, first >> level);
  }
  const std::uint64_t middle = first + merkle::left_size(count);
  return merkle::node_hash(range_root(state, first, middle), range_root(state, middle, last));
}

Hash256 StoredTree::root(const StateReader& state, std::uint64_t size) const {
  return size == 0 ? merkle::empty_root() : range_root(state, 0, size);
}

void StoredTree::append(Overlay& state, std::uint64_t size,
                        std::span<const Hash256> leaf_hashes) const {
  if (leaf_hashes.empty()) return;

  std::vector<Hash256> level_hashes(leaf_hashes.begin(), leaf_hashes.end());
  std::uint64_t begin = size;
  const std::uint64_t new_size = size + leaf_hashes.size();

  for (unsigned level = 0; !level_hashes.empty(); ++level) {
    for (std::size_t i = 0; i < level_hashes.size(); ++i)
      put_node(state, nodes_, level, begin + i, level_hashes[i]);

    // Only complete parents are stored; an odd last node waits for its sibling.
    const std::uint64_t parents_begin = begin >> 1;
    const std::uint64_t parents_end = new_size >> (level + 1);
    std::vector<Hash256> parents;
    for (std::uint64_t parent = parents_begin; parent < parents_end; ++parent) {
      // A left child may be older than this call. A right one never is: else the parent would
      // exist.
      const std::uint64_t left = 2 * parent;
      const Hash256 left_hash =
          left >= begin ? level_hashes[left - begin] : node(state, level, left);
      parents.push_back(merkle::node_hash(left_hash, level_hashes[left + 1 - begin]));
    }

    level_hashes = std::move(parents);
    begin = parents_begin;
  }
}

void StoredTree::update(Overlay& state, std::uint64_t size,
                        std::span<const std::pair<std::uint64_t, Hash256>> leaf_hashes) const {
  std::vector<std::pair<std::uint64_t, Hash256>> changed(leaf_hashes.begin(), leaf_hashes.end());

  for (unsigned level = 0; !changed.empty(); ++level) {
    for (const auto& [index, hash] : changed) put_node(state, nodes_, level, index, hash);

    const std::uint64_t complete_parents = size >> (level + 1);
    std::vector<std::pair<std::uint64_t, Hash256>> parents;
    for (std::size_t i = 0; i < changed.size(); ++i) {
      const auto& [index, hash] = changed[i];
      TM_CHECK(index < size && (i == 0 || changed[i - 1].first < index), index, size);

      // A parent on the incomplete right edge is not stored, so there is nothing to renew.
      if (index >> 1 >= complete_parents) continue;

      // Two siblings that both changed are hashed once.
      const bool is_left = (index & 1) == 0;
      const bool pair_changed =
          is_left && i + 1 < changed.size() && changed[i + 1].first == index + 1;
      const Hash256 sibling = pair_changed ? changed[i + 1].second : node(state, level, index ^ 1);

      parents.emplace_back(index >> 1, is_left ? merkle::node_hash(hash, sibling)
                                               : merkle::node_hash(sibling, hash));

      if (pair_changed) ++i;
    }

    changed = std::move(parents);
  }
}

merkle::Path StoredTree::inclusion(const StateReader& state, std::uint64_t index,
                                   std::uint64_t size) const {
  TM_CHECK(index < size, index, size);
  merkle::Path path;

  std::uint64_t first = 0;
  std::uint64_t last = size;
  while (last - first > 1) {
    const std::uint64_t middle = first + merkle::left_size(last - first);
    if (index < middle) {
      path.push_back(range_root(state, middle, last));
      last = middle;
    } else {
      path.push_back(range_root(state, first, middle));
      first = middle;
    }
  }

  // The walk begins at the root, a path at the leaf.
  std::reverse(path.begin(), path.end());
  return path;
}

merkle::Path StoredTree::consistency(const StateReader& state, std::uint64_t old_size,
                                     std::uint64_t size) const {
  TM_CHECK(old_size <= size, old_size, size);
  merkle::Path path;

  if (old_size == 0 || old_size == size) return path;

  // RFC 9162 section 2.1.4.1, SUBPROOF without recursion.
  std::uint64_t first = 0;
  std::uint64_t last = size;
  bool old_root_known = true;  // the subtree that ends at old_size is the whole old tree

  while (old_size != last) {
    const std::uint64_t middle = first + merkle::left_size(last - first);
    if (old_size <= middle) {
      path.push_back(range_root(state, middle, last));
      last = middle;
    } else {
      path.push_back(range_root(state, first, middle));
      first = middle;
      old_root_known = false;
    }
  }

  // A verifier has the old root already where it is a node of the new tree.
  if (!old_root_known) path.push_back(range_root(state, first, last));

  std::reverse(path.begin(), path.end());
  return path;
}

merkle::Path StoredTree::range_path(const StateReader& state, std::uint64_t first,
                                    std::uint64_t count, std::uint64_t size) const {
  TM_CHECK(count > 0 && first < size && count <= size - first, first, count, size);

  merkle::Path path;
  const std::uint64_t end = first + count;

  // Left to right, in the order in which root_from_range asks for them.
  const auto walk = [&](const auto& self, std::uint64_t low, std::uint64_t high) -> void {
    if (high <= first || low >= end) {
      path.push_back(range_root(state, low, high));
    } else if (low < first || high > end) {
      const std::uint64_t middle = low + merkle::left_size(high - low);
      self(self, low, middle);
      self(self, middle, high);
    }
  };

  walk(walk, 0, size);
  return path;
}

}  // namespace testamur::ledger
