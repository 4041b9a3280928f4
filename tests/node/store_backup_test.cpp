#include <rocksdb/db.h>
#include <rocksdb/utilities/backup_engine.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

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

// Two at once, by hand and by cron or of two nodes on one share, destroyed each other's files.
TEST_CASE("into a folder of backups one at a time is written, and none while one is restored",
          "[backup]") {
  Folder folder;
  auto store = open_store(folder / "db");
  REQUIRE(store->apply(make_block(1, 0).finalized()).ok());
  const auto directory = folder / "backup";
  const auto is_refused = [&](const Status& status) {
    return !status.ok() && status.message().find("wait for it") != std::string::npos;
  };

  {
    const auto claimed = node::BackupFolder::claim(directory);
    INFO(claimed.message());
    REQUIRE((claimed.ok() && claimed->has_value()));
    const auto second = node::BackupFolder::claim(directory);
    REQUIRE(second.ok());
    CHECK_FALSE(second->has_value());

    // Whoever comes second writes nothing: the lock alone is there, and is no backup.
    CHECK(is_refused(store->backup(directory)));
    CHECK(is_refused(node::restore_backup(directory, folder / "restored")));
    const auto facts = node::newest_backup(directory);
    CHECK((facts.ok() && !facts->has_value()));
    CHECK(std::distance(fs::directory_iterator(directory), fs::directory_iterator()) == 1);
    REQUIRE(store->backup(**claimed).ok());
  }

  const std::string lock = directory + "/" + std::string(node::kBackupLock);
  {
    const auto reader = node::try_lock(lock, node::LockKind::kShared);
    REQUIRE((reader.ok() && *reader != nullptr));
    CHECK(is_refused(store->backup(directory)));
    CHECK(node::restore_backup(directory, folder / "beside").ok());
  }
  CHECK(store->backup(directory).ok());

  // An earlier build made none, and a copy may lack it.
  fs::remove(lock);
  CHECK(node::restore_backup(directory, folder / "copied").ok());
  CHECK_FALSE(fs::exists(lock));
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
  CHECK(failure.find("the backup at height 20") != std::string::npos);
  CHECK(failure.find("is damaged") != std::string::npos);
  CHECK_FALSE(fs::exists(folder / "restored"));

  CHECK(node::restore_backup(folder / "nowhere", folder / "restored").message() != "");
}

// An operator lost a file of the newest backup and got the one before it without a word.
TEST_CASE("what is left of a newer backup is told, and an older one taken only by its height",
          "[backup]") {
  Folder folder;
  {
    auto store = open_store(folder / "db");
    for (std::uint64_t height = 0; height <= 16; ++height) {
      REQUIRE(store->apply(make_block(1, height).finalized()).ok());
      if (height == 5 || height == 11 || height == 16)
        REQUIRE(store->backup(folder / "backup").ok());
    }
  }
  const auto says = [&](const std::string& from, std::optional<Height> height,
                        const std::string& part) {
    const auto failure = node::restore_backup(folder / from.c_str(), folder / "out", height);
    INFO(failure.message());
    CHECK_FALSE(fs::exists(folder / "out"));
    CHECK_FALSE(fs::exists(folder / "out.restoring"));
    return failure.message().find(part) != std::string::npos;
  };

  // Whichever part of it is gone.
  for (const std::vector<const char*>& lost :
       std::vector<std::vector<const char*>>{{"meta/3"}, {"private/3"}, {"meta/3", "private/3"}}) {
    fs::remove_all(folder.path / "half");
    fs::copy(folder.path / "backup", folder.path / "half", fs::copy_options::recursive);
    for (const auto* part : lost) fs::remove_all(folder.path / "half" / part);
    CAPTURE(lost);
    CHECK(says("half", std::nullopt, "the newest backup"));
    CHECK(says("half", std::nullopt, "the heights 5 and 11"));
    CHECK(says("half", Height{16},
               "no complete backup at height 16; complete are the heights 5 "
               "and 11"));
    REQUIRE(node::restore_backup(folder / "half", folder / "out", Height{11}).ok());
    CHECK(open_store(folder / "out")->applied_height() == Height{11});
    fs::remove_all(folder.path / "out");
  }

  // An older one that is gone hides nothing, and to go back is possible on purpose.
  fs::remove(folder.path / "backup/meta/1");
  REQUIRE(node::restore_backup(folder / "backup", folder / "out").ok());
  CHECK(open_store(folder / "out")->applied_height() == Height{16});
  fs::remove_all(folder.path / "out");
  REQUIRE(node::restore_backup(folder / "backup", folder / "out", Height{11}).ok());
  CHECK(open_store(folder / "out")->applied_height() == Height{11});
}

TEST_CASE("a folder that is no backup is told in words of an operator", "[backup]") {
  Folder folder;
  fs::create_directories(folder.path / "other/things");
  std::ofstream(folder.path / "file") << "x";
  for (const auto& [name, what] : {std::pair{"nowhere", "is not there: name the folder"},
                                   {"other", "holds no backup: name the folder"},
                                   {"file", "is no folder: name the folder"}}) {
    const auto failure = node::restore_backup(folder / name, folder / "out").message();
    INFO(failure);
    CHECK(failure.find(what) != std::string::npos);
    CHECK_FALSE(fs::exists(folder / "out"));
  }
}
