// What a crash may leave is removed; everything else stops the node.
#include <random>

#include "tests/node/store_fixtures.h"
#include "tests/support/catch.h"

using namespace testamur;
using namespace testamur::test;

namespace {

std::vector<Rec> random_group(std::mt19937_64& random) {
  std::vector<Rec> group;
  for (auto left = 1 + random() % 3; left > 0; --left) {
    const bool aligned = random() % 2 == 0;
    const std::size_t size = aligned ? random() % 500 : random() % 6000;
    group.push_back({static_cast<std::uint8_t>(1 + random() % 7),
                     Bytes(size, static_cast<std::uint8_t>(random())), aligned});
  }
  return group;
}

// Writes `count` groups without a crash.
std::vector<Rec> write_groups(FaultyDisk& disk, int count, std::size_t size) {
  make_vote_store(disk.file_system());
  auto opened = open_journal(disk.file_system());
  std::vector<Rec> all;
  for (int i = 0; i < count; ++i) {
    all.push_back({2, Bytes(size, static_cast<std::uint8_t>(i + 1)), false});
    REQUIRE(append(*opened.journal, {all.back()}).ok());
  }
  return all;
}

}  // namespace

TEST_CASE(
    "after a crash at any point the journal holds every acknowledged group and at most the next",
    "[journal]") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    FaultyDisk disk;
    make_vote_store(disk.file_system());
    std::vector<Rec> acknowledged;
    for (int boot = 0; boot < 3; ++boot) {
      disk.crash_after(1 + random() % 120, random());
      auto opened = open_journal(disk.file_system());
      std::vector<Rec> attempted;
      if (opened.journal) {
        // What was attempted in the last boot may have become durable; it is then acknowledged by
        // being replayed.
        REQUIRE(opened.records.size() >= acknowledged.size());
        acknowledged = opened.records;
      }
      while (!disk.crashed()) {
        REQUIRE(opened.journal);
        if (random() % 8 == 0 && opened.journal->wants_spare())
          (void)opened.journal->prepare_spare();
        attempted = random_group(random);
        if (!append(*opened.journal, attempted).ok()) break;
        acknowledged.insert(acknowledged.end(), attempted.begin(), attempted.end());
        attempted.clear();
      }
      opened.journal.reset();
      if (!disk.crashed()) disk.crash(random());
      disk.restart();
      auto reopened = open_journal(disk.file_system());
      REQUIRE(reopened.failure == "");
      auto with_attempt = acknowledged;
      with_attempt.insert(with_attempt.end(), attempted.begin(), attempted.end());
      const bool exact = reopened.records == acknowledged || reopened.records == with_attempt;
      REQUIRE(exact);
      acknowledged = reopened.records;
    }
  }
}

TEST_CASE("no crash while the journal is pruned leaves a gap", "[journal]") {
  for (std::uint64_t at = 1; at <= 12; ++at) {
    CAPTURE(at);
    FaultyDisk disk;
    const auto all = write_groups(disk, 40, 5000);

    auto opened = open_journal(disk.file_system());

    disk.crash_after(at, at);
    (void)opened.journal->prune_below(opened.positions.back());
    opened.journal.reset();

    if (!disk.crashed()) disk.crash(at);
    disk.restart();

    auto reopened = open_journal(disk.file_system());
    REQUIRE(reopened.failure == "");
    REQUIRE_FALSE(reopened.records.empty());

    // The newest records, without a gap before the end.
    CHECK(reopened.records ==
          std::vector<Rec>(all.end() - static_cast<std::ptrdiff_t>(reopened.records.size()),
                           all.end()));
  }
}

TEST_CASE("any flipped bit in a durable group stops the node with file and offset", "[journal]") {
  std::mt19937_64 random(11);
  for (int round = 0; round < 200; ++round) {
    FaultyDisk disk;
    write_groups(disk, 4, 1000);  // four blocks of 4 KiB

    const auto offset = random() % (4 * 4096);
    const auto bit = static_cast<unsigned>(random() % 8);
    disk.flip_bit(segment_path(1), offset, bit);
    CAPTURE(round, offset, bit);

    const auto before = disk.content(segment_path(1));
    const auto failure = open_journal(disk.file_system()).failure;

    CHECK(failure.find("the journal is corrupt: " + segment_path(1) + ", offset " +
                       std::to_string(offset / 4096 * 4096)) == 0);
    CHECK(failure.find("restore this node from a backup") != std::string::npos);

    // The file stays as it was, for whoever looks into the damage.
    CHECK(disk.content(segment_path(1)) == before);
  }
}

TEST_CASE("a sector lost from a group that others follow is corruption, not the end", "[journal]") {
  for (const std::uint64_t sector : {0u, 1u, 7u}) {
    FaultyDisk disk;
    write_groups(disk, 3, 1000);
    disk.fill(segment_path(1), 4096 + sector * 512, 512, 0);
    CAPTURE(sector);
    const auto failure = open_journal(disk.file_system()).failure;
    CHECK(failure.find(segment_path(1) + ", offset 4096") != std::string::npos);
    CHECK(failure.find("a later one exists at offset 8192") != std::string::npos);
  }
}

TEST_CASE(
    "a sector lost from the last group is a torn write: the group goes and its space is zeroed",
    "[journal]") {
  for (const std::uint64_t sector : {0u, 1u, 7u}) {
    CAPTURE(sector);
    FaultyDisk disk;

    const auto all = write_groups(disk, 3, 1000);
    disk.fill(segment_path(1), 8192 + sector * 512, 512, 0);

    {
      auto opened = open_journal(disk.file_system());
      REQUIRE(opened.failure == "");
      CHECK(opened.records == std::vector<Rec>(all.begin(), all.begin() + 2));
      const auto file = disk.content(segment_path(1));
      CHECK(std::count(file.begin() + 8192, file.end(), 0) == std::ptrdiff_t(file.size() - 8192));
      REQUIRE(append(*opened.journal, {{1, Bytes(5, 5), false}}).ok());
    }

    CHECK(open_journal(disk.file_system()).records.size() == 3);
  }
}

TEST_CASE("data far beyond the end, stale segments and gaps are corruption", "[journal]") {
  FaultyDisk disk;

  write_groups(disk, 20, 5000);
  const auto intact = disk.image();
  const auto failure = [&] { return open_journal(disk.file_system()).failure; };

  SECTION("data beyond the largest group") {
    disk.fill(segment_path(3), 60 << 10, 1, 0x5a);
    CHECK(failure().find("offset 61440: there is data far beyond the end") != std::string::npos);
  }
  SECTION("a damaged sector within the reach of the largest group") {
    const auto end = open_journal(disk.file_system()).journal->end_position().group;
    disk.fill(segment_path(3), end + 512, 1, 0x11);
    CHECK(failure().find("the sector is damaged") != std::string::npos);
  }

  SECTION("a segment of another place in the chain") {
    disk.erase(segment_path(3));
    auto image = disk.image();
    image[segment_path(3)] = intact.at(segment_path(1));
    disk.restore_image(image);
    CHECK(failure().find("belongs to another segment") != std::string::npos);
  }

  SECTION("a missing segment") {
    disk.erase(segment_path(2));
    CHECK(failure().find(segment_path(2) + ", offset 0: the segment file is missing") !=
          std::string::npos);
  }
  SECTION("a segment cut short") {
    disk.cut(segment_path(2), 1000);
    CHECK(failure().find("cut short") != std::string::npos);
  }
  SECTION("an earlier segment whose last group is incomplete") {
    disk.fill(segment_path(1), 6 * 8192 + 512, 512, 0);
    CHECK(failure().find("incomplete although a later segment exists") != std::string::npos);
  }

  SECTION("another node's segment") {
    FaultyDisk other;
    REQUIRE(
        node::create_vote_store(other.file_system(), kJournalDirectory, journal_id(8), key_of(9))
            .ok());
    REQUIRE(append(*open_journal(other.file_system()).journal, {{1, Bytes(5, 5), false}}).ok());
    auto image = disk.image();
    image[segment_path(1)] = other.content(segment_path(1));
    disk.restore_image(image);
    CHECK(failure().find("belongs to another journal") != std::string::npos);
  }
}
