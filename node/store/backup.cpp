// A folder may hold many backups, of which only the highest is of use: what was backed up while a
// node was behind must not hide what it had before. Each says of itself whose it is; of those that
// an earlier build wrote the newest block is read. What is left of a backup that is not whole any
// more (its list of files, one of them) is told apart from a folder that never held it: whoever
// restores must know that blocks are missing.
#include <rocksdb/env.h>
#include <rocksdb/utilities/backup_engine.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>
#include <vector>

#include "ledger/header.h"
#include "node/store/file.h"
#include "node/store/snapshot.h"
#include "node/store/store_state.h"

namespace testamur::node {
namespace {

Error backup_failure(const std::string& action, const std::string& directory,
                     const rocksdb::Status& status) {
  return error("the backup in " + directory + " could not be " + action + ": " + status.ToString());
}

rocksdb::BackupEngineOptions backup_options(const std::string& directory) {
  rocksdb::BackupEngineOptions options(directory);
  options.share_table_files = true;
  options.share_files_with_checksum = true;
  options.sync = true;
  return options;
}

// The words of a backup about itself, a line each (docs/formats/store.md).
constexpr std::string_view kFactsBegin = "testamur-backup-1\n";

std::string text_of(const BackupFacts& facts) {
  return std::string(kFactsBegin) +
         (facts.height ? std::to_string(facts.height->value) : std::string()) + "\n" +
         facts.ledger + "\n" + facts.node + "\n";
}

std::optional<BackupFacts> parse_facts(std::string_view text) {
  if (!text.starts_with(kFactsBegin)) return std::nullopt;
  text.remove_prefix(kFactsBegin.size());
  const auto line = [&text] {
    const auto end = text.find('\n');
    const auto found = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return found;
  };

  BackupFacts facts;
  const auto height = line();
  std::uint64_t number = 0;
  const auto [stop, wrong] = std::from_chars(height.data(), height.data() + height.size(), number);
  if (wrong == std::errc{} && stop == height.data() + height.size()) facts.height = Height{number};
  facts.ledger = line();
  facts.node = line();
  return facts;
}

// What an earlier build wrote says nothing of itself: its newest block does. What cannot be read
// says nothing.
BackupFacts look_into(const rocksdb::BackupInfo& backup) {
  rocksdb::DBOptions options;
  options.env = backup.env_for_open.get();
  rocksdb::DB* raw = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  const auto status = rocksdb::DB::OpenForReadOnly(
      options, backup.name_for_open, {{rocksdb::kDefaultColumnFamilyName, {}}, {"blocks", {}}},
      &families, &raw);
  if (!status.ok()) return {};
  const std::unique_ptr<rocksdb::DB> database(raw);

  BackupFacts facts;
  std::string value;
  if (database->Get({}, families[0], to_slice(kAppliedKey), &value).ok()) {
    Decoder decoder(as_bytes(value));
    const Height height{decoder.u64()};
    if (decoder.finished()) facts.height = height;
  }
  if (facts.height &&
      database->Get({}, families[1], to_slice(block_key(*facts.height, BlockPart::kHeader)), &value)
          .ok()) {
    const auto header = ledger::decode_header(as_bytes(value));
    if (header.ok()) facts.ledger = to_text(header->chain);
  }
  for (auto* family : families) (void)database->DestroyColumnFamilyHandle(family);
  return facts;
}

struct FoundBackup {
  rocksdb::BackupID id = 0;
  BackupFacts facts;
  std::uint64_t newest_table = 0;  // the highest number among its files of tables
};

// The number with which a name begins; 0: with none.
std::uint64_t number_of(std::string_view name) {
  std::uint64_t number = 0;
  std::from_chars(name.data(), name.data() + name.size(), number);
  return number;
}

// The backups that are complete, in the order in which they were made.
std::vector<FoundBackup> complete_of(const rocksdb::BackupEngineReadOnly& engine) {
  std::vector<rocksdb::BackupInfo> all;
  engine.GetBackupInfo(&all, true);
  std::vector<FoundBackup> found;
  for (const auto& backup : all) {
    const auto said = parse_facts(backup.app_metadata);
    FoundBackup each{backup.backup_id, said ? *said : look_into(backup), 0};
    for (const auto& file : backup.file_details) {
      const auto name = std::filesystem::path(file.relative_filename).filename().string();
      if (name.ends_with(".sst")) each.newest_table = std::max(each.newest_table, number_of(name));
    }
    found.push_back(std::move(each));
  }
  return found;
}

std::optional<FoundBackup> highest(const std::vector<FoundBackup>& all) {
  std::optional<FoundBackup> found;
  for (const auto& each : all) {
    if (!found || each.facts.height >= found->facts.height) found = each;
  }
  return found;
}

// "11 and 16", ascending.
std::string heights_of(const std::vector<FoundBackup>& all) {
  std::set<std::uint64_t> heights;
  for (const auto& each : all) {
    if (each.facts.height) heights.insert(each.facts.height->value);
  }
  std::string text;
  for (const auto height : heights) {
    const bool last = height == *heights.rbegin();
    text += (text.empty() ? "" : last ? " and " : ", ") + std::to_string(height);
  }
  return text.empty() ? "none" : text;
}

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code failure;
  for (std::filesystem::directory_iterator each(folder, failure), end; !failure && each != end;
       each.increment(failure)) {
    names.push_back(each->path().filename().string());
  }
  return names;
}

// What is left of backups that were made after `of` and are not complete; empty: nothing is.
std::string newer_trace(const rocksdb::BackupEngineReadOnly& engine, const std::string& directory,
                        const FoundBackup& of) {
  std::vector<rocksdb::BackupID> damaged;
  engine.GetCorruptedBackups(&damaged);
  for (const auto id : damaged) {
    if (id > of.id) return directory + "/meta/" + std::to_string(id);
  }

  std::set<std::uint64_t> complete;
  for (const auto& each : complete_of(engine)) complete.insert(each.id);
  for (const char* part : {"meta", "private"}) {
    for (const auto& name : names_in(std::filesystem::path(directory) / part)) {
      if (number_of(name) > of.id && !complete.contains(number_of(name)))
        return directory + "/" + part + "/" + name;
    }
  }

  // Tables are numbered upwards, and every backup of the store lists its own.
  std::uint64_t listed = of.newest_table;
  for (const auto& each : complete_of(engine)) listed = std::max(listed, each.newest_table);
  for (const char* part : {"shared", "shared_checksum"}) {
    for (const auto& name : names_in(std::filesystem::path(directory) / part)) {
      if (number_of(name) > listed) return directory + "/" + part + "/" + name;
    }
  }
  return "";
}

std::string other_heights(const std::vector<FoundBackup>& all) {
  if (all.empty()) return "No other one is complete: look for a whole copy of the folder";
  return "Complete are the heights " + heights_of(all) +
         ". Look for a whole copy of the folder first: what came after such a height is not in it. "
         "To go back all the same name one, as --height " +
         std::to_string(highest(all)->facts.height.value_or(Height{}).value);
}

// The backup that is meant, or why none is taken.
Result<FoundBackup> choose(const rocksdb::BackupEngineReadOnly& engine,
                           const std::string& directory, const std::optional<Height>& height) {
  const auto all = complete_of(engine);
  const auto newest = highest(all);
  if (!newest) {
    return error(directory +
                 " holds no complete backup: name the folder that was given to testamurd backup "
                 "--to, or a whole copy of it");
  }

  if (height) {
    std::optional<FoundBackup> wanted;
    for (const auto& each : all) {
      if (each.facts.height == height) wanted = each;
    }
    if (wanted) return *wanted;
    return error(directory + " holds no complete backup at height " +
                 std::to_string(height->value) + "; complete are the heights " + heights_of(all));
  }

  const auto trace = newer_trace(engine, directory, *newest);
  if (trace.empty()) return *newest;
  return error("the newest backup in " + directory + " is not complete (" + trace +
               "): nothing was restored. " + other_heights(all));
}

std::string lock_in(const std::string& directory) {
  return directory + "/" + std::string(kBackupLock);
}

using ReadingEngine = std::unique_ptr<rocksdb::BackupEngineReadOnly>;

Result<ReadingEngine> open_to_read(const std::string& directory) {
  rocksdb::BackupEngineReadOnly* raw = nullptr;
  const auto status =
      rocksdb::BackupEngineReadOnly::Open(rocksdb::Env::Default(), backup_options(directory), &raw);
  if (!status.ok()) return backup_failure("opened", directory, status);
  return ReadingEngine(raw);
}

}  // namespace

Result<std::optional<BackupFacts>> newest_backup(const std::string& backup_directory) {
  std::error_code failed;
  if (!std::filesystem::is_directory(backup_directory + "/meta", failed))
    return std::optional<BackupFacts>{};
  TM_TRY(const auto engine, open_to_read(backup_directory));
  const auto found = highest(complete_of(*engine));
  return found ? std::optional(found->facts) : std::nullopt;
}

Result<std::optional<BackupFolder>> BackupFolder::claim(const std::string& directory) {
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  if (failed) return error("cannot create " + directory + ": " + failed.message());
  TM_TRY(auto lock, try_lock(lock_in(directory), LockKind::kExclusive));
  if (!lock) return std::optional<BackupFolder>{};
  return std::optional(BackupFolder(directory, std::move(lock)));
}

std::string BackupFolder::refusal(const std::string& directory) {
  return directory +
         ": another backup is being written to this folder, or restored from it; wait for it and "
         "give the command again";
}

Status Store::backup(const std::string& directory, const BackupFacts& facts) {
  TM_TRY(const auto folder, BackupFolder::claim(directory));
  return folder ? backup(*folder, facts) : Status(error(BackupFolder::refusal(directory)));
}

Status Store::backup(const BackupFolder& folder, const BackupFacts& facts) {
  const auto& directory = folder.directory();
  auto& database = *state_->database;
  // Read first: the copy holds this block at least.
  const BackupFacts said{applied_height(), facts.ledger, facts.node};
  // Flushed by our own rule first: the engine's flush would switch logs between the writes of
  // apply().
  TM_TRY_STATUS(database.flush(true));
  rocksdb::BackupEngine* raw = nullptr;
  auto status = rocksdb::BackupEngine::Open(database.env(), backup_options(directory), &raw);
  if (!status.ok()) return backup_failure("opened", directory, status);
  const std::unique_ptr<rocksdb::BackupEngine> engine(raw);
  rocksdb::CreateBackupOptions how;
  how.flush_before_backup = false;
  rocksdb::BackupID id = 0;
  status = engine->CreateNewBackupWithMetadata(how, &database.db(), text_of(said), &id);
  if (!status.ok()) return backup_failure("written", directory, status);
  status = engine->VerifyBackup(id, true);
  return status.ok() ? Status{} : Status{backup_failure("verified", directory, status)};
}

namespace {

// What RocksDB would say in words of its own.
Status check_is_backup(const std::string& directory) {
  namespace fs = std::filesystem;
  std::error_code failure;
  const auto kind = fs::status(directory, failure);
  const std::string cure =
      ": name the folder that was given to testamurd backup --to, with meta, private and "
      "shared_checksum in it";
  if (failure && kind.type() != fs::file_type::not_found)
    return error("the backup in " + directory + " cannot be read: " + failure.message());
  if (!fs::exists(kind)) return error(directory + " is not there" + cure);
  if (!fs::is_directory(kind)) return error(directory + " is no folder" + cure);
  const bool backup = fs::is_directory(directory + "/meta", failure);
  if (failure && failure != std::errc::no_such_file_or_directory)
    return error("the backup in " + directory + " cannot be read: " + failure.message());
  return backup ? Status{} : Status(error(directory + " holds no backup" + cure));
}

Status restore_chosen(const rocksdb::BackupEngineReadOnly& engine, const FoundBackup& chosen,
                      const std::string& backup_directory, const std::string& directory) {
  namespace fs = std::filesystem;
  std::error_code failed;
  // Under another name until it is whole: a half restored store is never opened.
  const std::string unfinished = directory + ".restoring";
  fs::remove_all(unfinished, failed);
  fs::create_directories(unfinished, failed);
  if (failed) return error("cannot create " + unfinished + ": " + failed.message());
  const auto status = engine.RestoreDBFromBackup(chosen.id, unfinished, unfinished);
  if (!status.ok()) {
    fs::remove_all(unfinished, failed);
    return backup_failure("restored", backup_directory, status);
  }
  fs::remove(directory, failed);
  fs::rename(unfinished, directory, failed);
  if (failed)
    return error("cannot rename " + unfinished + " to " + directory + ": " + failed.message());
  const auto parent = fs::path(directory).parent_path();
  return make_posix_file_system()->sync_directory(parent.empty() ? "." : parent.string());
}

}  // namespace

Status restore_backup(const std::string& backup_directory, const std::string& directory,
                      std::optional<Height> height) {
  namespace fs = std::filesystem;
  std::error_code failed;
  if (fs::exists(directory, failed) && !fs::is_empty(directory, failed)) {
    return error(directory + " is not empty; a backup is restored only into an empty place");
  }

  // A backup that is half written looks like one that was damaged. Where the lock cannot be opened
  // (a copy, a disk that is only read, an earlier build's folder) nobody writes who would take it;
  // and reading harms no backup.
  const auto reading = try_lock(lock_in(backup_directory), LockKind::kShared);
  if (reading.ok() && !*reading) {
    return error(backup_directory +
                 ": a backup is being written to this folder; wait for it and give the command "
                 "again");
  }

  TM_TRY_STATUS(check_is_backup(backup_directory));
  TM_TRY(const auto engine, open_to_read(backup_directory));
  TM_TRY(const auto chosen, choose(*engine, backup_directory, height));
  const auto status = engine->VerifyBackup(chosen.id, true);
  if (status.ok()) return restore_chosen(*engine, chosen, backup_directory, directory);
  auto others = complete_of(*engine);
  std::erase_if(others, [&chosen](const auto& each) { return each.id == chosen.id; });
  return error("the backup at height " +
               std::to_string(chosen.facts.height.value_or(Height{}).value) + " in " +
               backup_directory + " is damaged (" + status.ToString() +
               "): nothing was restored. " + other_heights(others));
}

}  // namespace testamur::node
