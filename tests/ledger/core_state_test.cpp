// Overlays, deltas and savepoints against a plain map.
#include "tests/ledger/core_support.h"
#include "tests/support/catch.h"

namespace testamur::ledger {
namespace {

using test::Sequence;
using Model = std::map<Bytes, Bytes, KeyLess>;

constexpr Table kTable = Table::kIssuerBatches;

// Keys of two bytes with few distinct prefixes, so that overwriting and deleting happen often.
Bytes random_key(Sequence& random) {
  return {static_cast<std::uint8_t>(random.below(4)), static_cast<std::uint8_t>(random.below(24))};
}

void random_writes(Sequence& random, Overlay& overlay, Model& model, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const Bytes key = random_key(random);
    if (random.below(3) == 0) {
      overlay.erase(kTable, key);
      model.erase(key);
    } else {
      const Bytes value = Encoder{}.u64(random.next()).take();
      overlay.put(kTable, key, value);
      model.insert_or_assign(key, value);
    }
  }
}

std::optional<std::pair<Bytes, Bytes>> model_floor(const Model& model, const Bytes& key) {
  auto after = model.upper_bound(key);
  if (after == model.begin()) return std::nullopt;
  --after;
  if (after->first[0] != key[0]) return std::nullopt;
  return std::pair{after->first, after->second};
}

// Every get and every floor of the key space agrees with the model.
bool agrees(const StateReader& state, const Model& model) {
  for (std::uint8_t first = 0; first < 4; ++first) {
    for (std::uint8_t second = 0; second < 25; ++second) {
      const Bytes key{first, second};
      const auto expected = model.find(key);
      const auto value = state.get(kTable, key);
      if (value.has_value() != (expected != model.end())) return false;
      if (value && *value != expected->second) return false;
      if (state.floor(kTable, ByteView{key}.first(1), key) != model_floor(model, key)) return false;
    }
  }
  return true;
}

}  // namespace

TEST_CASE("an overlay reads the newest of its own writes, sixteen deltas and the base") {
  Sequence random{1};
  MemoryState base;
  Model model;
  {
    Overlay first{base};
    random_writes(random, first, model, 40);
    base.apply(*first.take());
  }
  REQUIRE(agrees(base, model));

  DeltaChain chain;
  for (int depth = 0; depth < 16; ++depth) {
    Overlay block{base, chain};
    random_writes(random, block, model, 12);
    CHECK(agrees(block, model));
    chain.push_back(block.take());
    CHECK(agrees(Overlay(base, chain), model));
  }
  for (const auto& delta : chain) base.apply(*delta);
  CHECK(agrees(base, model));
}

TEST_CASE("branches over one base do not see each other") {
  MemoryState base;
  Overlay left{base};
  Overlay right{base};
  left.put(kTable, Bytes{1}, {1});
  right.put(kTable, Bytes{1}, {2});
  const auto left_delta = left.take();
  CHECK(Overlay(base, {left_delta}).get(kTable, Bytes{1}) == Bytes{1});
  CHECK(Overlay(base, {right.take()}).get(kTable, Bytes{1}) == Bytes{2});
  CHECK_FALSE(base.get(kTable, Bytes{1}).has_value());
}

TEST_CASE("a rolled-back savepoint leaves no trace and a released one leaves everything") {
  Sequence random{2};
  MemoryState base;
  Model model;
  Overlay overlay{base};

  random_writes(random, overlay, model, 30);
  for (int round = 0; round < 50; ++round) {
    const Model before = model;
    const auto outer = overlay.savepoint();
    random_writes(random, overlay, model, random.below(6));

    const Model between = model;
    const auto inner = overlay.savepoint();
    random_writes(random, overlay, model, random.below(6));

    if (random.below(2) == 0) {
      overlay.rollback(inner);
      model = between;
    } else {
      overlay.release(inner);
    }

    if (random.below(2) == 0) {
      overlay.rollback(outer);
      model = before;
    } else {
      overlay.release(outer);
    }

    REQUIRE(agrees(overlay, model));
  }
}

TEST_CASE("a rolled-back write of a new key is not part of the delta") {
  MemoryState base;
  Overlay overlay{base};
  overlay.put(Table::kMeta, Bytes{9}, {1});
  const auto savepoint = overlay.savepoint();
  overlay.put(Table::kMeta, Bytes{10}, {1});
  overlay.rollback(savepoint);
  const auto delta = overlay.take();
  REQUIRE(delta->changes().size() == 1);
  CHECK(delta->changes()[0].key == Bytes{9});
}

TEST_CASE("a delta lists its changes by table and key and knows its size") {
  MemoryState base;
  Overlay overlay{base};

  overlay.put(Table::kTransactions, Bytes{2, 2}, {1, 2, 3});
  overlay.put(Table::kMeta, Bytes{7}, {4});
  overlay.erase(Table::kTransactions, Bytes{2, 1});

  const auto delta = overlay.take();
  REQUIRE(delta->changes().size() == 3);
  CHECK(delta->changes()[0].table == Table::kMeta);
  CHECK(delta->changes()[1].key == Bytes{2, 1});
  CHECK_FALSE(delta->changes()[1].value.has_value());

  CHECK(delta->changes(Table::kTransactions).size() == 2);
  CHECK(delta->changes(Table::kMapHeads).empty());
  CHECK(delta->size_bytes() == 2 + 2 + 3 + 1 + 1);

  CHECK(overlay.take()->empty());
}

TEST_CASE("equal states have equal digests whatever the order of writing") {
  MemoryState a;
  MemoryState b;

  Overlay first{a};
  first.put(Table::kMeta, Bytes{1}, {1});
  first.put(Table::kMeta, Bytes{2}, {2});
  a.apply(*first.take());

  for (std::uint8_t key : {2, 1}) {
    Overlay step{b};
    step.put(Table::kMeta, Bytes{key}, {key});
    b.apply(*step.take());
  }

  CHECK(a.digest() == b.digest());
  CHECK(a.entry_count() == 2);
}

}  // namespace testamur::ledger
