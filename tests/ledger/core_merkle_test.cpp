// RFC 6962 trees against the vectors of transparency-dev/merkle and against the recursive
// definition.
#include <nlohmann/json.hpp>

#include "ledger/proofs/merkle.h"
#include "tests/ledger/core_support.h"
#include "tests/support/catch.h"
#include "tests/support/shared.h"

namespace testamur::ledger {
namespace {

using merkle::Path;
using test::hash_of;
using test::hashes;
using test::Sequence;

// RFC 6962 section 2.1, word for word.
Hash256 defined_root(std::span<const Hash256> leaves) {
  if (leaves.empty()) return sha256({});
  if (leaves.size() == 1) return leaves[0];
  std::size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  return merkle::node_hash(defined_root(leaves.first(k)), defined_root(leaves.subspan(k)));
}

// Standard base64, with or without a value.
Bytes from_base64(const nlohmann::json& value) {
  if (value.is_null()) return {};
  std::string text = value.get<std::string>();
  while (!text.empty() && text.back() == '=') text.pop_back();
  for (auto& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return from_base64url(text).value();
}

// A hash in a proof; one of a wrong length cannot even be passed here.
std::optional<Hash256> hash_from(const nlohmann::json& value) {
  return Hash256::from(from_base64(value));
}

// A root; where the vectors have a text ("dont care 1"), its hash stands for it.
Hash256 root_from(const nlohmann::json& value) {
  const Bytes bytes = from_base64(value);
  return Hash256::from(bytes).value_or(sha256(bytes));
}

std::optional<Path> path_from(const nlohmann::json& value) {
  Path path;
  if (value.is_null()) return path;
  for (const auto& item : value) {
    const auto hash = hash_from(item);
    if (!hash) return std::nullopt;
    path.push_back(*hash);
  }
  return path;
}

}  // namespace

TEST_CASE("inclusion proofs agree with the RFC 6962 vectors") {
  const auto file = test::shared_file("vectors/rfc6962/inclusion.json");
  if (!file) return;

  std::size_t seen = 0;
  for (const auto& vector : nlohmann::json::parse(test::read_file(*file))) {
    INFO(vector["file"].get<std::string>());

    const Hash256 root = root_from(vector["root"]);
    const auto leaf = hash_from(vector["leafHash"]);
    const auto path = path_from(vector["proof"]);

    const bool valid =
        leaf && path &&
        merkle::verify_inclusion(*leaf, vector["leafIdx"].get<std::uint64_t>(),
                                 vector["treeSize"].get<std::uint64_t>(), *path, root);
    CHECK(valid == !vector["wantErr"].get<bool>());
    ++seen;
  }

  CHECK(seen > 50);
}

TEST_CASE("consistency proofs agree with the RFC 6962 vectors") {
  const auto file = test::shared_file("vectors/rfc6962/consistency.json");
  if (!file) return;
  std::size_t seen = 0;
  for (const auto& vector : nlohmann::json::parse(test::read_file(*file))) {
    INFO(vector["file"].get<std::string>());
    const Hash256 old_root = root_from(vector["root1"]);
    const Hash256 new_root = root_from(vector["root2"]);
    const auto path = path_from(vector["proof"]);
    const bool valid = path && merkle::verify_consistency(vector["size1"].get<std::uint64_t>(),
                                                          vector["size2"].get<std::uint64_t>(),
                                                          *path, old_root, new_root);
    CHECK(valid == !vector["wantErr"].get<bool>());
    ++seen;
  }
  CHECK(seen > 50);
}

TEST_CASE("hashes of leaves and nodes are those of RFC 6962") {
  CHECK(merkle::empty_root().hex() ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(merkle::leaf_hash({}).hex() ==
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  const Hash256 leaf = merkle::leaf_hash({});
  CHECK(merkle::node_hash(leaf, leaf).hex() ==
        "fe43d66afa4a9a5c4f9c9da89f4ffb52635c8f342e7ffb731d68e36c5982072a");
}

TEST_CASE("the root of a list is that of the recursive definition") {
  for (std::size_t n = 0; n <= 70; ++n) {
    const auto leaves = hashes(0, n);
    CAPTURE(n);
    CHECK(merkle::root_of(leaves) == defined_root(leaves));
  }
}

TEST_CASE("every leaf of every small tree is proven, and only it") {
  for (std::size_t n = 1; n <= 33; ++n) {
    const auto leaves = hashes(0, n);

    const Hash256 root = merkle::root_of(leaves);
    for (std::size_t i = 0; i < n; ++i) {
      CAPTURE(n, i);

      const Path path = merkle::inclusion_path(leaves, i);
      CHECK(merkle::verify_inclusion(leaves[i], i, n, path, root));
      CHECK_FALSE(merkle::verify_inclusion(hash_of(1000), i, n, path, root));
      CHECK_FALSE(merkle::verify_inclusion(leaves[i], i + 1, n, path, root));

      Path longer = path;
      longer.push_back(root);
      CHECK_FALSE(merkle::verify_inclusion(leaves[i], i, n, longer, root));

      for (std::size_t k = 0; k < path.size(); ++k) {
        Path damaged = path;
        damaged[k].bytes[k % 32] ^= 1;
        CHECK_FALSE(merkle::verify_inclusion(leaves[i], i, n, damaged, root));
      }
    }
  }
}

TEST_CASE("a stored tree grown in any steps has the root and the proofs of the list") {
  Sequence random{3};

  constexpr StoredTree tree{Table::kLogNodes};
  MemoryState base;
  Overlay state{base};
  std::vector<Hash256> leaves;

  while (leaves.size() < 150) {
    const auto added = hashes(leaves.size(), random.below(20));
    tree.append(state, leaves.size(), added);
    leaves.insert(leaves.end(), added.begin(), added.end());
    CHECK(tree.root(state, leaves.size()) == merkle::root_of(leaves));
  }

  for (std::uint64_t size = 1; size <= leaves.size(); size += 1 + size / 9) {
    const auto part = std::span{leaves}.first(size);
    const Hash256 root = merkle::root_of(part);
    CAPTURE(size);

    CHECK(tree.root(state, size) == root);
    for (std::uint64_t i = 0; i < size; i += 1 + size / 7) {
      CHECK(tree.inclusion(state, i, size) == merkle::inclusion_path(part, i));
    }

    for (std::uint64_t old_size = 1; old_size <= size; old_size += 1 + size / 11) {
      const Path proof = tree.consistency(state, old_size, size);
      const Hash256 old_root = merkle::root_of(part.first(old_size));
      CAPTURE(old_size);
      CHECK(merkle::verify_consistency(old_size, size, proof, old_root, root));
      CHECK_FALSE(merkle::verify_consistency(old_size, size, proof, hash_of(5000), root));
      CHECK_FALSE(merkle::verify_consistency(old_size, size, proof, old_root, hash_of(5000)));
    }
  }
}

TEST_CASE("changing leaves of a stored tree gives the root of the changed list") {
  Sequence random{4};
  constexpr StoredTree tree{Table::kPageNodes};
  for (std::size_t n : {1, 2, 3, 7, 8, 9, 31, 64, 100}) {
    MemoryState base;

    Overlay state{base};
    auto leaves = hashes(0, n);
    tree.append(state, 0, leaves);

    for (int round = 0; round < 8; ++round) {
      std::vector<std::pair<std::uint64_t, Hash256>> changes;
      for (std::size_t i = 0; i < n; ++i) {
        if (random.below(3) != 0) continue;
        leaves[i] = random.fixed<Hash256>();
        changes.emplace_back(i, leaves[i]);
      }

      tree.update(state, n, changes);
      CAPTURE(n, round);
      CHECK(tree.root(state, n) == merkle::root_of(leaves));
    }

    const auto added = hashes(500, 5);
    tree.append(state, n, added);
    leaves.insert(leaves.end(), added.begin(), added.end());
    CHECK(tree.root(state, leaves.size()) == merkle::root_of(leaves));
  }
}

TEST_CASE("a range of leaves is proven whole") {
  constexpr StoredTree tree{Table::kPageNodes};
  for (std::size_t n : {1, 2, 5, 8, 13, 32, 33}) {
    MemoryState base;
    Overlay state{base};
    const auto leaves = hashes(0, n);
    tree.append(state, 0, leaves);

    const Hash256 root = merkle::root_of(leaves);
    for (std::size_t first = 0; first < n; ++first) {
      for (std::size_t count = 1; first + count <= n; ++count) {
        CAPTURE(n, first, count);

        const auto part = std::span{leaves}.subspan(first, count);
        const Path path = tree.range_path(state, first, count, n);
        CHECK(merkle::root_from_range(part, first, n, path) == root);
        CHECK(merkle::root_from_range(part, first + 1, n, path) != root);

        Path longer = path;
        longer.push_back(root);
        CHECK_FALSE(merkle::root_from_range(part, first, n, longer).has_value());
        if (!path.empty())
          CHECK_FALSE(
              merkle::root_from_range(part, first, n, std::span{path}.subspan(1)).has_value());
      }
    }

    CHECK_FALSE(merkle::root_from_range(leaves, 1, n, {}).has_value());
  }
}

TEST_CASE("trees of the greatest sizes are verified without overflow") {
  const Path full(64, hash_of(1));
  const std::uint64_t most = UINT64_MAX;
  CHECK(merkle::root_from_path(hash_of(0), 0, most, full).has_value());
  CHECK_FALSE(merkle::root_from_path(hash_of(0), most, most, full).has_value());
  CHECK_FALSE(merkle::verify_consistency(1, most, full, hash_of(0), hash_of(1)));
  CHECK_FALSE(merkle::verify_consistency(most, most, full, hash_of(0), hash_of(0)));
  CHECK_FALSE(merkle::verify_consistency(most - 1, most, full, hash_of(0), hash_of(1)));
}

}  // namespace testamur::ledger
