// The Merkle trees of RFC 6962 section 2.1 (RFC 9162 section 2.1): hashing, shape, inclusion and
// consistency proofs.
//
// Sizes and indexes are u64. Proof verification takes input from outside and never fails on a bug
// check; it answers false. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "common/bytes.h"
#include "common/hash.h"
#include "ledger/state.h"

namespace testamur::ledger::merkle {

// No valid path of a tree with u64 size is longer.
inline constexpr std::size_t kMaxPathLength = 64;
using Path = std::vector<Hash256>;

Hash256 empty_root();                                          // SHA-256 of nothing
Hash256 leaf_hash(ByteView data);                              // SHA-256(0x00 || data)
Hash256 node_hash(const Hash256& left, const Hash256& right);  // SHA-256(0x01 || left || right)

// The size of the left subtree of a tree with n > 1 leaves: the largest power of two below n.
std::uint64_t left_size(std::uint64_t n);

// The root of a list that is held in memory, given as leaf hashes, and the path from one of its
// leaves to that root, leaf side first.
Hash256 root_of(std::span<const Hash256> leaf_hashes);
// Precondition: index < leaf_hashes.size().
Path inclusion_path(std::span<const Hash256> leaf_hashes, std::uint64_t index);

// The root that `path` claims for a leaf; nothing when index >= size or the path has not exactly
// the length that the shape asks for.
std::optional<Hash256> root_from_path(const Hash256& leaf, std::uint64_t index, std::uint64_t size,
                                      std::span<const Hash256> path);
bool verify_inclusion(const Hash256& leaf, std::uint64_t index, std::uint64_t size,
                      std::span<const Hash256> path, const Hash256& root);
// RFC 9162 section 2.1.4.2. Two equal sizes need an empty proof and equal roots; size 0 is
// consistent with nothing but itself.
bool verify_consistency(std::uint64_t old_size, std::uint64_t new_size,
                        std::span<const Hash256> path, const Hash256& old_root,
                        const Hash256& new_root);

// A path as u8 length, hashes. The decoder fails on more than kMaxPathLength.
void encode_path(Encoder& out, const Path& path);
Path decode_path(Decoder& in);

}  // namespace testamur::ledger::merkle

namespace testamur::ledger {

// A Merkle tree whose complete subtrees are rows of a table: key u8 level || u64 index, value =
// hash; level 0 holds the leaf hashes. The incomplete right edge is never stored. Appending and
// changing leaves are batched: every ancestor that several leaves share is hashed once a call. The
// caller keeps the size.
class StoredTree {
 public:
  explicit constexpr StoredTree(Table nodes) : nodes_(nodes) {}

  // Adds leaves behind the first `size`.
  void append(Overlay& state, std::uint64_t size, std::span<const Hash256> leaf_hashes) const;
  // Sets leaves (ascending, distinct indexes, all below size).
  void update(Overlay& state, std::uint64_t size,
              std::span<const std::pair<std::uint64_t, Hash256>> leaf_hashes) const;

  Hash256 root(const StateReader& state, std::uint64_t size) const;
  // Preconditions: index < size; old_size <= size; the tree has at least `size` leaves.
  merkle::Path inclusion(const StateReader& state, std::uint64_t index, std::uint64_t size) const;
  merkle::Path consistency(const StateReader& state, std::uint64_t old_size,
                           std::uint64_t size) const;
  // What proves the leaves [first, first + count): the hashes of the maximal complete or edge
  // subtrees outside, left to right. Precondition: count > 0, first + count <= size.
  merkle::Path range_path(const StateReader& state, std::uint64_t first, std::uint64_t count,
                          std::uint64_t size) const;
  // The stored hash of the complete subtree (level, index).
  Hash256 node(const StateReader& state, unsigned level, std::uint64_t index) const;

 private:
  Hash256 range_root(const StateReader& state, std::uint64_t first, std::uint64_t last) const;

  Table nodes_;
};

namespace merkle {

// The root that a range path claims for consecutive leaves; nothing when it does not fit the shape.
std::optional<Hash256> root_from_range(std::span<const Hash256> leaf_hashes, std::uint64_t first,
                                       std::uint64_t size, std::span<const Hash256> path);

}  // namespace merkle

}  // namespace testamur::ledger
