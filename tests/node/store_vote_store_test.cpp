// A key votes only with the vote store that it was made with, or nobody could say what it has
// signed already: every other pairing is quarantined with its reason.
#include "node/store/vote_store.h"

#include "tests/node/store_fixtures.h"
#include "tests/support/catch.h"

using namespace testamur;
using namespace testamur::test;
using node::QuarantineReason;

namespace {

std::optional<QuarantineReason> reason_for(FaultyDisk& disk, std::uint8_t key) {
  auto reason = node::quarantine(disk.file_system(), kJournalDirectory, key_of(key));
  REQUIRE(reason.ok());
  return *reason;
}

}  // namespace

TEST_CASE("a key and a vote store made together may vote", "[vote-store]") {
  FaultyDisk disk;
  make_vote_store(disk.file_system());
  CHECK(reason_for(disk, 9) == std::nullopt);

  auto identity = node::read_vote_store_identity(disk.file_system(), kJournalDirectory);
  REQUIRE(identity.ok());
  CHECK_FALSE((*identity)->used);

  {
    auto opened = open_journal(disk.file_system());
    REQUIRE(append(*opened.journal, {{4, Bytes(10, 1), true}}).ok());
  }

  identity = node::read_vote_store_identity(disk.file_system(), kJournalDirectory);
  CHECK((*identity)->used);
  CHECK(reason_for(disk, 9) == std::nullopt);
}

TEST_CASE("a vote store is never overwritten", "[vote-store]") {
  FaultyDisk disk;
  make_vote_store(disk.file_system());
  CHECK_FALSE(
      node::create_vote_store(disk.file_system(), kJournalDirectory, journal_id(1), key_of(1))
          .ok());
}

TEST_CASE("a key without its store, or with another's, is in quarantine", "[vote-store]") {
  FaultyDisk disk;
  CHECK(reason_for(disk, 9) == QuarantineReason::kNoVoteStore);
  make_vote_store(disk.file_system());
  CHECK(reason_for(disk, 8) == QuarantineReason::kOtherKey);
}

// A node that followed without a key has a vote store as well. Its key was refused there for good
// as one of another node, also where the node had only followed to learn that the key is the right
// one.
TEST_CASE("a key that a follower's vote store takes up begins in quarantine, and is its own then",
          "[vote-store]") {
  FaultyDisk disk;
  auto& files = disk.file_system();
  REQUIRE(node::create_vote_store(files, kJournalDirectory, journal_id(1), {}).ok());
  {
    auto opened = open_journal(files);
    REQUIRE(append(*opened.journal, {{4, Bytes(10, 1), true}}).ok());
  }
  // The one in use and the one that waits: neither begins a quarantine of its own later.
  const std::vector<node::ConsensusPublicKey> own{key_of(9), key_of(7)};
  CHECK(reason_for(disk, 9) == QuarantineReason::kImportedKey);
  REQUIRE(node::take_up_keys(files, kJournalDirectory, own).ok());
  for (std::uint8_t key : {9, 7}) CHECK(reason_for(disk, key) == QuarantineReason::kImportedKey);
  REQUIRE(node::end_quarantine(files, kJournalDirectory).ok());
  REQUIRE(node::take_up_keys(files, kJournalDirectory, own).ok());
  for (std::uint8_t key : {9, 7}) CHECK(reason_for(disk, key) == std::nullopt);

  // From now on it is those keys'.
  const std::vector<node::ConsensusPublicKey> foreign{key_of(8)};
  REQUIRE(node::take_up_keys(files, kJournalDirectory, foreign).ok());
  CHECK(reason_for(disk, 8) == QuarantineReason::kOtherKey);
}

TEST_CASE("keys that lost their vote store wait together, and are its own when that has ended",
          "[vote-store]") {
  const std::vector<node::ConsensusPublicKey> further{key_of(7)};
  FaultyDisk disk;
  auto& files = disk.file_system();
  REQUIRE(node::create_vote_store(files, kJournalDirectory, journal_id(1), key_of(9),
                                  QuarantineReason::kNoVoteStore, further)
              .ok());
  for (std::uint8_t key : {9, 7}) CHECK(reason_for(disk, key) == QuarantineReason::kNoVoteStore);
  REQUIRE(node::end_quarantine(files, kJournalDirectory).ok());
  for (std::uint8_t key : {9, 7}) CHECK(reason_for(disk, key) == std::nullopt);
  CHECK(reason_for(disk, 8) == QuarantineReason::kOtherKey);
}

TEST_CASE("a key that was made beside a vote store may vote with it, also after a crash",
          "[vote-store]") {
  FaultyDisk disk;
  CHECK_FALSE(node::adopt_key(disk.file_system(), kJournalDirectory, key_of(8))
                  .ok());  // there is no vote store
  make_vote_store(disk.file_system());
  REQUIRE(node::adopt_key(disk.file_system(), kJournalDirectory, key_of(8)).ok());
  REQUIRE(node::adopt_key(disk.file_system(), kJournalDirectory, key_of(7)).ok());
  disk.crash(1);
  disk.restart();
  for (std::uint8_t key : {9, 8, 7}) CHECK(reason_for(disk, key) == std::nullopt);
  CHECK(reason_for(disk, 6) == QuarantineReason::kOtherKey);
}

TEST_CASE("an adopted key goes with its own vote store only", "[vote-store]") {
  FaultyDisk disk;
  make_vote_store(disk.file_system());
  REQUIRE(node::adopt_key(disk.file_system(), kJournalDirectory, key_of(8)).ok());

  auto adopted =
      node::read_whole_file(disk.file_system(), kJournalDirectory + std::string("/adopted"));
  REQUIRE(adopted.ok());
  CHECK(to_hex(ByteView(*adopted).first(4)) == "544d4101");
  CHECK(adopted->size() == 4 + 16 + 4 + 32 + 32);

  FaultyDisk other;
  REQUIRE(node::create_vote_store(other.file_system(), kJournalDirectory, journal_id(77), key_of(1))
              .ok());
  REQUIRE(node::replace_file(other.file_system(), kJournalDirectory, "adopted", *adopted).ok());
  CHECK(node::quarantine(other.file_system(), kJournalDirectory, key_of(8)).value() ==
        QuarantineReason::kOtherKey);

  adopted->back() ^= 1;
  REQUIRE(node::replace_file(disk.file_system(), kJournalDirectory, "adopted", *adopted).ok());
  auto damaged = node::quarantine(disk.file_system(), kJournalDirectory, key_of(8));
  REQUIRE_FALSE(damaged.ok());
  CHECK(damaged.message().find("adopted is damaged") != std::string::npos);
}

TEST_CASE("a used vote store whose journal is gone is in quarantine, and does not open",
          "[vote-store]") {
  FaultyDisk disk;
  make_vote_store(disk.file_system());
  {
    auto opened = open_journal(disk.file_system());
    REQUIRE(append(*opened.journal, {{4, Bytes(10, 1), true}}).ok());
  }
  disk.erase(segment_path(1));
  CHECK(reason_for(disk, 9) == QuarantineReason::kVoteStoreEmptied);
  CHECK(open_journal(disk.file_system()).failure.find("segment files are gone") !=
        std::string::npos);
}

TEST_CASE("quarantine lasts over restarts until it is ended", "[vote-store]") {
  FaultyDisk disk;
  REQUIRE(node::create_vote_store(disk.file_system(), kJournalDirectory, journal_id(1), key_of(1),
                                  QuarantineReason::kRestored)
              .ok());

  disk.crash(1);
  disk.restart();
  CHECK(reason_for(disk, 1) == QuarantineReason::kRestored);

  REQUIRE(
      node::begin_quarantine(disk.file_system(), kJournalDirectory, QuarantineReason::kOwnVoteSeen)
          .ok());
  CHECK(reason_for(disk, 1) == QuarantineReason::kOwnVoteSeen);

  REQUIRE(node::end_quarantine(disk.file_system(), kJournalDirectory).ok());
  disk.crash(2);
  disk.restart();
  CHECK(reason_for(disk, 1) == std::nullopt);

  // Ending what has ended is no failure.
  REQUIRE(node::end_quarantine(disk.file_system(), kJournalDirectory).ok());
}

TEST_CASE("no crash while a vote store is made lets a quarantined key vote", "[vote-store]") {
  const std::vector<node::ConsensusPublicKey> further{key_of(2)};
  for (std::uint64_t at = 1; at < 20; ++at) {
    CAPTURE(at);
    FaultyDisk disk;
    disk.crash_after(at, at);
    const auto made = node::create_vote_store(disk.file_system(), kJournalDirectory, journal_id(1),
                                              key_of(1), QuarantineReason::kImportedKey, further);
    if (!disk.crashed()) disk.crash(at);
    disk.restart();
    for (std::uint8_t key : {1, 2}) {
      const auto reason = reason_for(disk, key);
      CHECK(reason.has_value());
      if (made.ok()) CHECK(reason == QuarantineReason::kImportedKey);
    }
  }
}

TEST_CASE("a damaged identity or flag stops the node with its file", "[vote-store]") {
  FaultyDisk disk;
  make_vote_store(disk.file_system());
  disk.flip_bit(kJournalDirectory + "/identity", 30);
  const auto failure = node::quarantine(disk.file_system(), kJournalDirectory, key_of(9)).message();
  CHECK(failure.find(kJournalDirectory + "/identity is damaged") != std::string::npos);
  disk.flip_bit(kJournalDirectory + "/identity", 30);
  REQUIRE(node::begin_quarantine(disk.file_system(), kJournalDirectory, QuarantineReason::kRestored)
              .ok());
  disk.flip_bit(kJournalDirectory + "/quarantine", 0, 6);
  CHECK(node::quarantine(disk.file_system(), kJournalDirectory, key_of(9))
            .message()
            .find("/quarantine is damaged") != std::string::npos);
}

TEST_CASE("the bytes of an identity are pinned", "[vote-store]") {
  FaultyDisk disk;
  make_vote_store(disk.file_system());
  // Recomputed with an independent script from docs/formats/journal.md.
  CHECK(to_hex(disk.content(kJournalDirectory + "/identity")) ==
        "544d56010707070707070707070707070707070709090909090909090909090909090909090909090909090909"
        "09090909090909001ee6"
        "60731f9f874bb50d2584d1748048af73c59f55a0e8e277302f5fe4d23531");
}
