#include <rocksdb/db.h>
#include <rocksdb/utilities/backup_engine.h>
#include <unistd.h>

#include <filesystem>

#include "tests/node/store_blocks.h"
#include "tests/node/store_fixtures.h"
#include "tests/support/catch.h"

using namespace testamur;
using namespace testamur::test;
namespace fs = std::filesystem;

namespace {

// On the files of this machine.
struct Folder {
  fs::path path = fs::temp_directory_path() / ("testamur-backup-" + std::to_string(::getpid()));
  Folder() { fs::remove_all(path), fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  std::string operator/(const char* name) const { return (path / name).string(); }
};

std::unique_ptr<node::Store> open_store(const std::string& directory) {
  auto store = node::Store::open(directory, store_options(nullptr));
  INFO(store.message());
  REQUIRE(store.ok());
  return std::move(*store);
}

}  // namespace

TEST_CASE("a backup of a running store restores to a state that it had", "[backup]") {
  Folder folder;
  auto store = open_store(folder / "db");
  for (std::uint64_t height = 0; height <= 20; ++height)
    REQUIRE(store->apply(make_block(1, height).finalized()).ok());
  REQUIRE(store->backup(folder / "backup").ok());
  for (std::uint64_t height = 21; height <= 30; ++height)
    REQUIRE(store->apply(make_block(1, height).finalized()).ok());
  REQUIRE(store->backup(folder / "backup").ok());  // incremental
  for (std::uint64_t height = 31; height <= 33; ++height)
    REQUIRE(store->apply(make_block(1, height).finalized()).ok());

  REQUIRE(node::restore_backup(folder / "backup", folder / "restored").ok());
  auto restored = open_store(folder / "restored");
  CHECK(restored->applied_height() == Height{30});
  CHECK(contents(*restored->snapshot()) == expected_contents(1, 30));
  CHECK(restored->snapshot()->find_commitment(make_block(1, 17).commitments[2]).size() == 1);
  CHECK(restored->apply(make_block(1, 31).finalized()).ok());
  CHECK(node::restore_backup(folder / "backup", folder / "db").message().find("not empty") !=
        std::string::npos);
}

TEST_CASE("the highest backup of a folder is the one that counts, and says whose it is",
          "[backup]") {
  Folder folder;
  CHECK_FALSE(node::newest_backup(folder / "backup")->has_value());
  auto store = open_store(folder / "db");
  auto behind = open_store(folder / "behind");
  for (std::uint64_t height = 0; height <= 20; ++height) {
    REQUIRE(store->apply(make_block(1, height).finalized()).ok());
    if (height <= 5) REQUIRE(behind->apply(make_block(1, height).finalized()).ok());
  }

  // Made later, and lower: as by a node that catches up.
  REQUIRE(store->backup(folder / "backup", {{}, "tmn1a", "tmi1b"}).ok());
  REQUIRE(behind->backup(folder / "backup", {{}, "tmn1a", "tmi1b"}).ok());
  const auto facts = node::newest_backup(folder / "backup");
  INFO(facts.message());
  REQUIRE((facts.ok() && facts->has_value()));
  CHECK((*facts)->height == Height{20});
  CHECK((*facts)->ledger == "tmn1a");
  CHECK((*facts)->node == "tmi1b");

  REQUIRE(node::restore_backup(folder / "backup", folder / "restored").ok());
  CHECK(open_store(folder / "restored")->applied_height() == Height{20});
}

TEST_CASE("of a backup that says nothing of itself the newest block is read", "[backup]") {
  Folder folder;
  {
    auto store = open_store(folder / "db");
    for (std::uint64_t height = 0; height <= 7; ++height)
      REQUIRE(store->apply(make_block(1, height).finalized()).ok());
  }

  // As an earlier build made it.
  rocksdb::DB* opened = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  REQUIRE(rocksdb::DB::Open({}, folder / "db",
                            {{"default", {}}, {"pages", {}}, {"blocks", {}}, {"index", {}}},
                            &families, &opened)
              .ok());
  const std::unique_ptr<rocksdb::DB> database(opened);
  rocksdb::BackupEngine* made = nullptr;
  REQUIRE(rocksdb::BackupEngine::Open(rocksdb::Env::Default(),
                                      rocksdb::BackupEngineOptions(folder / "backup"), &made)
              .ok());
  const std::unique_ptr<rocksdb::BackupEngine> engine(made);
  REQUIRE(engine->CreateNewBackup(database.get(), true).ok());
  for (auto* family : families) (void)database->DestroyColumnFamilyHandle(family);

  const auto facts = node::newest_backup(folder / "backup");
  INFO(facts.message());
  REQUIRE((facts.ok() && facts->has_value()));
  CHECK((*facts)->height == Height{7});
}

TEST_CASE("a restored node is in quarantine", "[backup]") {
  Folder folder;
  open_store(folder / "db")->backup(folder / "backup").ok();
  REQUIRE(node::restore_backup(folder / "backup", folder / "node/db").ok());
  const auto files = node::make_posix_file_system();
  const auto journal = folder / "node/journal";
  REQUIRE(node::create_vote_store(*files, journal, journal_id(2), key_of(3),
                                  node::QuarantineReason::kRestored)
              .ok());
  const auto reason = node::quarantine(*files, journal, key_of(3));
  REQUIRE(reason.ok());
  CHECK(*reason == node::QuarantineReason::kRestored);
}

TEST_CASE("a damaged backup is not restored", "[backup]") {
  Folder folder;
  auto store = open_store(folder / "db");

  for (std::uint64_t height = 0; height <= 20; ++height)
    REQUIRE(store->apply(make_block(1, height).finalized()).ok());
  REQUIRE(store->backup(folder / "backup").ok());

  bool damaged = false;

  for (const auto& entry : fs::recursive_directory_iterator(folder.path / "backup")) {
    if (entry.path().extension() != ".sst") continue;
    FILE* file = std::fopen(entry.path().c_str(), "r+b");
    REQUIRE(file != nullptr);
    std::fputc('x', file);
    std::fclose(file);
    damaged = true;
    break;
  }

  REQUIRE(damaged);

  const auto failure = node::restore_backup(folder / "backup", folder / "restored").message();
  CHECK(failure.find("could not be verified") != std::string::npos);
  CHECK_FALSE(fs::exists(folder / "restored"));

  CHECK(node::restore_backup(folder / "nowhere", folder / "restored").message() != "");
}
