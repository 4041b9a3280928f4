// The journal when all is well: records, positions, segments, pruning. What damage does to it is in
// store_journal_damage_test.cpp.
#include <filesystem>
#include <functional>
#include <random>

#include "node/store/journal_format.h"
#include "tests/node/store_fixtures.h"
#include "tests/support/catch.h"

using namespace testamur;
using namespace testamur::test;

TEST_CASE("a journal gives back its records in order, with their positions", "[journal]") {
  FaultyDisk disk;
  make_vote_store(disk.file_system());

  const Rec vote{4, Bytes(300, 0), true};
  const Rec body{2, Bytes(5000, 0), false};  // zeros do not look like the end

  std::vector<node::JournalPosition> written;
  {
    auto opened = open_journal(disk.file_system());
    REQUIRE(opened.journal);
    CHECK(opened.records.empty());
    CHECK_FALSE(opened.journal->first_position());
    for (const auto& group : {std::vector<Rec>{body, vote}, std::vector<Rec>{{5, {}, false}}}) {
      auto positions = append(*opened.journal, group);
      REQUIRE(positions.ok());
      written.insert(written.end(), positions->begin(), positions->end());
    }
  }

  auto reopened = open_journal(disk.file_system());
  REQUIRE(reopened.failure == "");
  CHECK(reopened.records == std::vector<Rec>{body, vote, {5, {}, false}});
  CHECK(reopened.positions == written);

  for (std::size_t i = 0; i < written.size(); ++i) {
    auto record = reopened.journal->read(written[i]);
    REQUIRE(record.ok());
    CHECK(record->type == reopened.records[i].type);
    CHECK(record->bytes == reopened.records[i].bytes);
  }

  CHECK_FALSE(reopened.journal->read({1, 0, 3}).ok());
}

TEST_CASE("a vote record lies in one sector of its own", "[journal]") {
  FaultyDisk disk;
  make_vote_store(disk.file_system());
  auto opened = open_journal(disk.file_system());
  const Rec vote{4, Bytes(node::Journal::kMaxAlignedBytes, 0xee), true};
  auto positions =
      append(*opened.journal, {{2, Bytes(100, 1), false}, vote, {3, Bytes(9, 2), false}});
  REQUIRE(positions.ok());
  const auto file = disk.content(segment_path(1));
  // Sector 0 is the header, sector 1 the body, sector 2 the vote and nothing else.
  CHECK(positions->at(1).record == node::Journal::kSectorPayloadBytes);
  CHECK(file[1024] == 0x5a);
  CHECK(file[1025] == 4);
  CHECK(std::count(file.begin() + 1024, file.begin() + 1536, 0xee) ==
        node::Journal::kMaxAlignedBytes);
  CHECK(open_journal(disk.file_system()).failure != "");  // one holder at a time
}

TEST_CASE("every sector of a written group begins with a marker, and a group is whole 4 KiB blocks",
          "[journal]") {
  FaultyDisk disk;
  make_vote_store(disk.file_system());
  auto opened = open_journal(disk.file_system());
  for (const std::size_t size : {0u, 1u, 505u, 506u, 507u, 3571u, 3572u, 3573u, 9000u}) {
    const auto from = opened.journal->end_position().group;
    REQUIRE(append(*opened.journal, {{1, Bytes(size, 0), false}}).ok());
    const auto to = opened.journal->end_position().group;

    CAPTURE(size, from, to);
    CHECK(to % node::Journal::kBlockBytes == 0);
    CHECK(to - from == (size + 5 <= 7 * 511 ? 4096u : size + 5 <= 15 * 511 ? 8192u : 12288u));

    const auto file = disk.content(segment_path(1));
    for (auto at = from; at < to; at += 512) CHECK(file[at] != 0);
  }
}

TEST_CASE("the bytes of a journal group are pinned", "[journal]") {
  node::journal_format::GroupHeader header;
  header.journal = journal_id(7);
  header.segment = 1;
  header.sequence = 2;
  header.record_count = 2;
  header.previous.bytes.fill(3);
  const Bytes vote(3, 0xaa), body(2, 0xbb);
  const node::JournalRecord records[] = {{2, body, {}, false}, {4, vote, {}, true}};
  const auto payload = node::journal_format::encode_records(records);
  const auto group = node::journal_format::encode_group(header, payload.bytes);
  REQUIRE(group.size() == 4096);
  // Recomputed with an independent script from docs/formats/journal.md.
  CHECK(to_hex(ByteView(group).first(77)) ==
        "a5544d4a01"
        "07070707070707070707070707070707"
        "0000000000000001"
        "0000000000000002"
        "00000207"
        "00000002"
        "0303030303030303030303030303030303030303030303030303030303030303");
  CHECK(sha256(group).hex() == "196c79ecc6b5eb285ecacd5361c8ed21bffeeee472a4986c0c9656df71e85a1f");
}

TEST_CASE("segments follow one another and are pruned from the oldest", "[journal]") {
  FaultyDisk disk;
  make_vote_store(disk.file_system());
  std::vector<node::JournalPosition> positions;
  std::vector<Rec> all;
  {
    auto opened = open_journal(disk.file_system());
    for (int i = 0; i < 40; ++i) {
      if (opened.journal->wants_spare()) REQUIRE(opened.journal->prepare_spare().ok());
      all.push_back({1, Bytes(5000, static_cast<std::uint8_t>(i)), false});
      auto position = append(*opened.journal, {all.back()});
      REQUIRE(position.ok());
      positions.push_back(position->front());
    }
    CHECK(opened.journal->segment_count() == 5);
    REQUIRE(opened.journal->prune_below(positions[20]).ok());
    CHECK(opened.journal->segment_count() == 3);
    CHECK(opened.journal->first_position() == node::JournalPosition{3, 0, 0});
    CHECK_FALSE(opened.journal->read(positions[0]).ok());
    CHECK(opened.journal->read(positions[20]).ok());
    // The segment in use stays, whatever the caller says.
    REQUIRE(opened.journal->prune_below({99, 0, 0}).ok());
    CHECK(opened.journal->segment_count() == 1);
  }
  auto reopened = open_journal(disk.file_system());
  REQUIRE(reopened.failure == "");
  CHECK(reopened.records == std::vector<Rec>(all.begin() + 32, all.end()));
  CHECK(append(*reopened.journal, {all[0]}).ok());
}

TEST_CASE("a group beyond the limit is refused and the journal goes on", "[journal]") {
  FaultyDisk disk;
  make_vote_store(disk.file_system());
  auto opened = open_journal(disk.file_system());
  CHECK_FALSE(append(*opened.journal, {{1, Bytes(24 << 10), false}}).ok());
  CHECK(append(*opened.journal, {{1, Bytes(20 << 10), false}}).ok());
}

TEST_CASE("after a failed write the journal refuses everything until it is reopened", "[journal]") {
  FaultyDisk disk;
  make_vote_store(disk.file_system());
  auto opened = open_journal(disk.file_system());
  REQUIRE(append(*opened.journal, {{1, Bytes(10, 1), false}}).ok());
  disk.crash_after(1, 5);
  CHECK_FALSE(append(*opened.journal, {{1, Bytes(10, 2), false}}).ok());
  disk.restart();
  CHECK_FALSE(append(*opened.journal, {{1, Bytes(10, 3), false}}).ok());
}

// Another process that lets go of the journal just before its lock is taken.
class LetGoOf final : public node::FileSystem {
 public:
  LetGoOf(node::FileSystem& files, std::function<void()> last) : files_(files), last_(last) {}
  Result<std::unique_ptr<node::File>> open(const std::string& path, node::OpenMode mode) override {
    return files_.open(path, mode);
  }
  bool exists(const std::string& path) const override { return files_.exists(path); }
  Result<std::vector<std::string>> list(const std::string& directory) const override {
    return files_.list(directory);
  }
  Status create_directory(const std::string& directory) override {
    return files_.create_directory(directory);
  }
  Status rename(const std::string& from, const std::string& to) override {
    return files_.rename(from, to);
  }
  Status remove(const std::string& path) override { return files_.remove(path); }
  Status sync_directory(const std::string& directory) override {
    return files_.sync_directory(directory);
  }
  Result<std::unique_ptr<node::FileLock>> lock(const std::string& path) override {
    last_();
    return files_.lock(path);
  }

 private:
  node::FileSystem& files_;
  std::function<void()> last_;
};

TEST_CASE("what another process said of its votes until it let go is seen", "[journal]") {
  FaultyDisk disk;
  make_vote_store(disk.file_system());
  LetGoOf files(disk.file_system(), [&] {
    REQUIRE(node::mark_vote_store_used(disk.file_system(), kJournalDirectory).ok());
  });
  CHECK(open_journal(files).failure.find("its segment files are gone") != std::string::npos);
}

TEST_CASE("the journal works on the files of this machine", "[journal]") {
  const auto directory =
      std::filesystem::temp_directory_path() / ("testamur-journal-" + std::to_string(::getpid()));
  std::filesystem::remove_all(directory);

  const auto files = node::make_posix_file_system();
  const auto path = (directory / "a" / "journal").string();
  make_vote_store(*files, path);
  const node::JournalOptions options{.segment_bytes = 64 << 10, .max_group_bytes = 24 << 10};

  std::vector<Rec> all;
  {
    auto opened = open_journal(*files, options, path);
    REQUIRE(opened.failure == "");

    CHECK(open_journal(*files, options, path).failure.find("locked") != std::string::npos);
    for (int i = 0; i < 30; ++i) {
      all.push_back(
          {2, Bytes(static_cast<std::size_t>(i) * 331, static_cast<std::uint8_t>(i)), false});
      REQUIRE(append(*opened.journal, {all.back()}).ok());
    }
  }

  auto reopened = open_journal(*files, options, path);
  CHECK(reopened.failure == "");
  CHECK(reopened.records == all);

  reopened.journal.reset();
  std::filesystem::remove_all(directory);
}
