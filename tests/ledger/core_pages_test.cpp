// Pages: golden bytes (golden.py), used ranges, issuing, statuses, proofs of slots and segments.
#include <set>

#include "ledger/ledger_state.h"
#include "ledger/proofs/page_proof.h"
#include "tests/ledger/core_support.h"
#include "tests/support/catch.h"

namespace testamur::ledger {
namespace {

using test::counting;
using test::hash_of;
using test::hashes;
using test::Sequence;

BatchOrigin golden_origin(std::uint64_t first_index) {
  return {counting<InstitutionId>(0x01),
          counting<KeyId>(0x21),
          {counting<InstitutionId>(0x01), 9, 2},
          LogIndex{7},
          Height{3},
          1700000000123,
          IssuerIndex{first_index}};
}

StatusTransition transition(CredentialStatus to, std::initializer_list<CredentialStatus> from) {
  StatusTransition result;
  result.to = to;
  for (auto status : from) result.allow(status);
  return result;
}
const StatusTransition kRevoke = transition(
    CredentialStatus::kRevoked, {CredentialStatus::kValid, CredentialStatus::kSuspended});
const StatusTransition kSuspend =
    transition(CredentialStatus::kSuspended, {CredentialStatus::kValid});

void change(Overlay& state, std::vector<IndexRun> runs, StatusTransition what,
            std::uint64_t log_index, std::uint8_t reason = 1) {
  const auto plan = Pages{state}.plan_status(golden_origin(0).issuer, runs, what);
  REQUIRE(std::holds_alternative<StatusPlan>(plan));
  apply_status(state, std::get<StatusPlan>(plan), LogIndex{log_index}, reason);
}

// The page root computed from what the state holds, without the stored tree.
Hash256 root_from_scratch(const Pages& pages) {
  std::vector<Hash256> leaves;
  for (std::uint64_t i = 0; i < pages.count(); ++i) {
    leaves.push_back(
        page_leaf_hash(static_digest(*pages.page(PageNumber{i})), pages.statuses(PageNumber{i})));
  }
  return merkle::root_of(leaves);
}

}  // namespace

TEST_CASE("pages have their golden bytes") {
  MemoryState base;
  Overlay state{base};

  append_listed(state, golden_origin(1000), hashes(0, 130));
  change(state, {{1005, 1}}, kRevoke, 8);
  change(state, {{1129, 1}}, transition(CredentialStatus::kSuperseded, {CredentialStatus::kValid}),
         9);
  hash_pages(state, 0);

  const Pages pages{state};
  REQUIRE(pages.count() == 2);

  const auto second = pages.page(PageNumber{1});
  CHECK(
      to_hex(encode(*second)) ==
      "010102030405060708090a0b0c0d0e0f102122232425262728292a2b2c2d2e2f30"
      "0102030405060708090a0b0c0d0e0f10000000090002000000000000000700000000000000030000018bcfe5687b"
      "000000000000046802732a9d26878bec4aa8064c2945e23a73366edd938c5ddc8d92e870b86126974c");
  CHECK(decode_page_static(encode(*second)).value() == *second);
  CHECK(static_digest(*second).hex() ==
        "3b58991e4bb84d7b2a6d72328f1205d00005d6854e129e8af36e757642cbcacd");
  CHECK(page_leaf_hash(static_digest(*second), pages.statuses(PageNumber{1})).hex() ==
        "d3da332496ad66bfe00d1212891a7a13d01bab975728d1f8fabb3aac0835cd68");
  CHECK(pages.root().hex() == "edd4aa5e1a329b5271308101e4dbee1f37de4ba0690a7dcd669626940d75c67e");
}

TEST_CASE("a status chunk keeps two bits a slot, least significant first") {
  StatusChunk chunk;
  chunk.set(0, CredentialStatus::kRevoked);
  chunk.set(3, CredentialStatus::kSuspended);
  chunk.set(127, CredentialStatus::kSuperseded);
  CHECK(chunk.bytes[0] == 0x81);
  CHECK(chunk.bytes[31] == 0xc0);
  chunk.set(127, CredentialStatus::kRevoked);
  CHECK(chunk.bytes[31] == 0x40);
  CHECK(chunk.get(3) == CredentialStatus::kSuspended);
  CHECK(chunk.get(4) == CredentialStatus::kValid);
}

TEST_CASE("the worst status is revoked, then superseded, then suspended, then valid") {
  using S = CredentialStatus;
  CHECK(worst(S::kRevoked, S::kSuperseded) == S::kRevoked);
  CHECK(worst(S::kSuspended, S::kSuperseded) == S::kSuperseded);
  CHECK(worst(S::kSuspended, S::kValid) == S::kSuspended);
  CHECK(worst(S::kValid, S::kValid) == S::kValid);
}

TEST_CASE("a page record with a wrong version, count or index range is refused") {
  PageStatic page;
  page.count = 128;
  CHECK(decode_page_static(encode(page)).ok());

  page.count = 129;
  CHECK_FALSE(decode_page_static(encode(page)).ok());
  page.count = 0;
  CHECK_FALSE(decode_page_static(encode(page)).ok());

  page.count = 2;
  page.first_index = IssuerIndex{UINT64_MAX - 1};
  CHECK_FALSE(decode_page_static(encode(page)).ok());

  page.first_index = IssuerIndex{0};
  Bytes bytes = encode(page);
  bytes[0] = 2;
  CHECK_FALSE(decode_page_static(bytes).ok());
}

TEST_CASE("used ranges equal a set of indexes and stay merged") {
  Sequence random{5};
  UsedRanges ranges;
  std::set<std::uint64_t> used;

  for (int i = 0; i < 400; ++i) {
    const IndexRun run{random.below(300), 1 + random.below(6)};

    std::optional<std::uint64_t> overlap;
    for (std::uint64_t k = run.first; k < run.first + run.count && !overlap; ++k) {
      if (used.contains(k)) overlap = k;
    }
    REQUIRE(ranges.first_overlap(run) == overlap);

    if (overlap) continue;
    REQUIRE(ranges.insert(run));
    for (std::uint64_t k = run.first; k < run.first + run.count; ++k) used.insert(k);

    // Runs that touch are one: there is always a gap between two of them.
    for (std::size_t r = 1; r < ranges.runs().size(); ++r) {
      REQUIRE(ranges.runs()[r - 1].first + ranges.runs()[r - 1].count < ranges.runs()[r].first);
    }
  }

  std::uint64_t total = 0;
  for (const auto& run : ranges.runs()) total += run.count;
  CHECK(total == used.size());
  CHECK(UsedRanges::decode(ranges.encode()).encode() == ranges.encode());
}

TEST_CASE("an issuer has at most 1,024 separate ranges") {
  UsedRanges ranges;
  for (std::uint64_t i = 0; i < UsedRanges::kMaxIntervals; ++i) REQUIRE(ranges.insert({2 * i, 1}));
  CHECK_FALSE(ranges.insert({10000, 1}));
  CHECK(ranges.runs().size() == UsedRanges::kMaxIntervals);
  CHECK(ranges.insert({1, 1}));
  CHECK(ranges.runs().size() == UsedRanges::kMaxIntervals - 1);
  CHECK(ranges.insert({10000, 1}));
}

TEST_CASE("an issuer index is found in its batch and nowhere else") {
  MemoryState base;
  Overlay state{base};
  append_listed(state, golden_origin(1000), hashes(0, 300));
  append_listed(state, golden_origin(5000), hashes(300, 3));

  const Pages pages{state};
  const auto issuer = golden_origin(0).issuer;
  CHECK(pages.find(issuer, IssuerIndex{1000}) == Slot{PageNumber{0}, 0});
  CHECK(pages.find(issuer, IssuerIndex{1128}) == Slot{PageNumber{1}, 0});
  CHECK(pages.find(issuer, IssuerIndex{1299}) == Slot{PageNumber{2}, 43});
  CHECK(pages.find(issuer, IssuerIndex{5002}) == Slot{PageNumber{3}, 2});

  for (std::uint64_t outside : {999u, 1300u, 4999u, 5003u}) {
    CHECK_FALSE(pages.find(issuer, IssuerIndex{outside}).has_value());
  }

  CHECK_FALSE(pages.find(counting<InstitutionId>(0x02), IssuerIndex{1000}).has_value());
  CHECK(pages.commitments(PageNumber{2})->at(43) == hash_of(299));
}

TEST_CASE("a status change is all or nothing and names the first bad index") {
  MemoryState base;
  Overlay state{base};
  append_listed(state, golden_origin(100), hashes(0, 200));
  change(state, {{150, 1}}, kRevoke, 8);
  const Pages pages{state};
  const auto issuer = golden_origin(0).issuer;

  const auto refused = [&](std::vector<IndexRun> runs) {
    const auto plan = pages.plan_status(issuer, runs, kSuspend);
    REQUIRE(std::holds_alternative<StatusRefusal>(plan));
    return std::get<StatusRefusal>(plan);
  };

  CHECK(refused({{140, 20}}).index == 150);
  CHECK(refused({{140, 20}}).current == CredentialStatus::kRevoked);
  CHECK(refused({{100, 3}, {299, 2}}).index == 300);
  CHECK_FALSE(refused({{100, 3}, {299, 2}}).current.has_value());

  CHECK(refused({{0, UINT64_MAX}}).index == 0);

  // Nothing was changed, also not before the bad index.
  CHECK(pages.status({PageNumber{0}, 40}) == CredentialStatus::kValid);
}

TEST_CASE("the last change of a slot names its transaction and reason") {
  MemoryState base;
  Overlay state{base};
  append_listed(state, golden_origin(0), hashes(0, 200));
  change(state, {{10, 5}, {130, 1}}, kSuspend, 20, 3);
  change(state, {{12, 1}}, kRevoke, 21, 2);
  const Pages pages{state};
  CHECK(pages.last_change({PageNumber{0}, 12})->log_index == LogIndex{21});
  CHECK(pages.last_change({PageNumber{0}, 12})->reason == 2);
  CHECK(pages.last_change({PageNumber{0}, 11})->log_index == LogIndex{20});
  CHECK(pages.last_change({PageNumber{1}, 2})->log_index == LogIndex{20});
  CHECK_FALSE(pages.last_change({PageNumber{0}, 9}).has_value());
  CHECK_FALSE(pages.last_change({PageNumber{1}, 3}).has_value());
}

TEST_CASE("the page root after many blocks is that computed from scratch") {
  Sequence random{6};
  MemoryState base;

  std::uint64_t next_index = 0;
  for (std::uint64_t height = 1; height <= 25; ++height) {
    Overlay overlay{base};
    LedgerState block{overlay, Height{height}, height * 1000};

    for (std::uint64_t i = random.below(3); i > 0; --i) {
      const std::size_t count = 1 + random.below(400);
      auto origin = golden_origin(next_index);
      origin.log_index = block.append_log(70, origin.issuer, origin.key,
                                          TransactionId{hash_of(random.next()).bytes});
      REQUIRE(block.issue_listed(origin, hashes(random.next(), count)));
      next_index += count;
    }

    for (int i = 0; i < 4 && next_index > 0; ++i) {
      const IndexRun run{random.below(next_index), 1};
      const auto plan = block.pages().plan_status(golden_origin(0).issuer, {&run, 1}, kRevoke);
      if (const auto* good = std::get_if<StatusPlan>(&plan))
        block.set_status(*good, LogIndex{1}, 1);
    }

    const Roots roots = block.seal();
    CHECK(roots.page_root == root_from_scratch(block.pages()));
    CHECK(roots == read_roots(overlay));

    base.apply(*overlay.take());
    CHECK(roots == read_roots(base));
  }

  CHECK(Pages{base}.used_ranges(golden_origin(0).issuer).runs().size() == 1);
}

TEST_CASE("a slot is proven with its page and only as it is") {
  MemoryState base;
  Overlay state{base};
  const auto commitments = hashes(0, 300);
  append_listed(state, golden_origin(1000), commitments);

  append_listed(state, golden_origin(3000), hashes(900, 1));
  change(state, {{1131, 1}}, kRevoke, 8);
  hash_pages(state, 0);
  const Pages pages{state};

  for (std::uint64_t i : {0u, 1u, 127u, 128u, 131u, 299u}) {
    const auto proof =
        prove_slot(pages, *pages.find(golden_origin(0).issuer, IssuerIndex{1000 + i}));
    REQUIRE(proof.has_value());
    CAPTURE(i);

    CHECK(proof->issuer_index() == IssuerIndex{1000 + i});
    CHECK(proof->status() == (i == 131 ? CredentialStatus::kRevoked : CredentialStatus::kValid));

    CHECK(verify_slot(*proof, commitments[i], pages.count(), pages.root()));
    CHECK_FALSE(verify_slot(*proof, hash_of(777), pages.count(), pages.root()));
    CHECK_FALSE(verify_slot(*proof, commitments[i], pages.count() + 1, pages.root()));

    Encoder out;
    encode(out, *proof);
    for (std::size_t byte = 0; byte < out.bytes().size(); ++byte) {
      Bytes damaged = out.bytes();
      damaged[byte] ^= 0x10;
      Decoder in{damaged};
      const auto decoded = decode_slot_proof(in);
      CAPTURE(byte);
      CHECK_FALSE(
          (in.finished() && verify_slot(decoded, commitments[i], pages.count(), pages.root())));
    }
  }

  CHECK_FALSE(prove_slot(pages, {PageNumber{2}, 44}).has_value());
  CHECK_FALSE(prove_slot(pages, {PageNumber{9}, 0}).has_value());
}

TEST_CASE("a slot beyond the count of its page is not even decoded") {
  SlotProof proof;
  proof.page_static.count = 5;
  for (const unsigned position : {0u, 4u, 5u, 200u}) {
    proof.position = static_cast<std::uint8_t>(position);
    Encoder out;
    encode(out, proof);
    Decoder in{out.bytes()};
    decode_slot_proof(in);
    CHECK(in.finished() == (position < 5));
  }
}

TEST_CASE("an anchored batch is proven by the path that its holder keeps") {
  MemoryState base;
  Overlay overlay{base};
  LedgerState block{overlay, Height{3}, 1700000000123};
  const auto commitments = hashes(0, 200);

  std::vector<Hash256> leaves;

  for (const auto& commitment : commitments) leaves.push_back(merkle::leaf_hash(commitment.view()));
  const auto second_page = std::span{leaves}.subspan(128);
  const std::vector<Hash256> roots{merkle::root_of(std::span{leaves}.first(128)),
                                   merkle::root_of(second_page)};

  REQUIRE(block.issue_anchored(golden_origin(50), 200, roots));
  const Roots sealed = block.seal();
  const Pages pages = block.pages();

  const auto slot = pages.find(golden_origin(0).issuer, IssuerIndex{50 + 150});
  REQUIRE(slot.has_value());

  // Without the path of the holder nobody can prove it: the ledger has the roots alone.
  CHECK_FALSE(prove_slot(pages, *slot).has_value());

  const auto proof = prove_slot(pages, *slot, merkle::inclusion_path(second_page, slot->position));
  REQUIRE(proof.has_value());
  CHECK(verify_slot(*proof, commitments[150], sealed.page_count, sealed.page_root));
  CHECK_FALSE(verify_slot(*proof, commitments[151], sealed.page_count, sealed.page_root));
}

TEST_CASE("a segment is proven whole") {
  MemoryState base;
  Overlay state{base};
  append_listed(state, golden_origin(0), hashes(0, 128 * 11));
  hash_pages(state, 0);
  const Pages pages{state};

  const SegmentProof proof = prove_segment(pages, PageNumber{3}, 5);
  CHECK(verify_segment(proof, pages.count(), pages.root()));
  CHECK(proof.pages[2].static_digest == static_digest(*pages.page(PageNumber{5})));

  Encoder out;
  encode(out, proof);
  for (std::size_t byte = 0; byte < out.bytes().size(); ++byte) {
    Bytes damaged = out.bytes();
    damaged[byte] ^= 0x04;
    Decoder in{damaged};
    const auto decoded = decode_segment_proof(in);
    CAPTURE(byte);
    CHECK_FALSE((in.finished() && verify_segment(decoded, pages.count(), pages.root())));
  }
}

TEST_CASE("a rejected transaction leaves pages, ranges and roots as they were") {
  MemoryState base;

  Overlay with{base};
  Overlay without{base};
  LedgerState first{with, Height{1}, 1};
  LedgerState second{without, Height{1}, 1};

  for (auto* block : {&first, &second})
    REQUIRE(block->issue_listed(golden_origin(0), hashes(0, 140)));

  const auto savepoint = with.savepoint();
  first.append_log(70, golden_origin(0).issuer, golden_origin(0).key, TransactionId{});
  REQUIRE(first.issue_listed(golden_origin(1000), hashes(500, 140)));
  first.put_record({1, Bytes(16, 1)}, {1});
  with.rollback(savepoint);

  CHECK(first.seal() == second.seal());

  base.apply(*with.take());
  MemoryState other;
  other.apply(*without.take());
  CHECK(base.digest() == other.digest());
}

}  // namespace testamur::ledger
