// A folder may hold many backups, of which only the highest is of use: what was backed up while a
// node was behind must not hide what it had before. Each says of itself whose it is; of those that
// an earlier build wrote the newest block is read.
#include <rocksdb/env.h>
#include <rocksdb/utilities/backup_engine.h>

#include <charconv>
#include <filesystem>
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
};

std::optional<FoundBackup> highest(const rocksdb::BackupEngineReadOnly& engine) {
  std::vector<rocksdb::BackupInfo> all;
  engine.GetBackupInfo(&all, true);
  std::optional<FoundBackup> found;
  for (const auto& backup : all) {
    const auto said = parse_facts(backup.app_metadata);
    FoundBackup each{backup.backup_id, said ? *said : look_into(backup)};
    if (!found || each.facts.height >= found->facts.height) found = std::move(each);
  }
  return found;
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
  const auto found = highest(*engine);
  return found ? std::optional(found->facts) : std::nullopt;
}

Status Store::backup(const std::string& directory, const BackupFacts& facts) {
  auto& database = *state_->database;
  // Read first: the copy holds this block at least.
  const BackupFacts said{applied_height(), facts.ledger, facts.node};
  // Flushed by our own rule first: the engine's flush would switch logs between the writes of
  // apply().
  TM_TRY_STATUS(database.flush(true));
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  if (failed) return error("cannot create " + directory + ": " + failed.message());
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

Status restore_backup(const std::string& backup_directory, const std::string& directory) {
  namespace fs = std::filesystem;
  std::error_code failed;
  if (fs::exists(directory, failed) && !fs::is_empty(directory, failed)) {
    return error(directory + " is not empty; a backup is restored only into an empty place");
  }
  TM_TRY(const auto engine, open_to_read(backup_directory));
  const auto chosen = highest(*engine);
  if (!chosen) return error(backup_directory + " holds no complete backup");
  auto status = engine->VerifyBackup(chosen->id, true);
  if (!status.ok()) return backup_failure("verified", backup_directory, status);
  // Under another name until it is whole: a half restored store is never opened.
  const std::string unfinished = directory + ".restoring";
  fs::remove_all(unfinished, failed);
  fs::create_directories(unfinished, failed);
  if (failed) return error("cannot create " + unfinished + ": " + failed.message());
  status = engine->RestoreDBFromBackup(chosen->id, unfinished, unfinished);
  if (!status.ok()) return backup_failure("restored", backup_directory, status);
  fs::remove(directory, failed);
  fs::rename(unfinished, directory, failed);
  if (failed)
    return error("cannot rename " + unfinished + " to " + directory + ": " + failed.message());
  const auto parent = fs::path(directory).parent_path();
  return make_posix_file_system()->sync_directory(parent.empty() ? "." : parent.string());
}

}  // namespace testamur::node
