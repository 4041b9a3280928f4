#include <rocksdb/env.h>
#include <rocksdb/utilities/backup_engine.h>

#include <filesystem>

#include "node/store/file.h"
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

}  // namespace

Status Store::backup(const std::string& directory) {
  auto& database = *state_->database;
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
  status = engine->CreateNewBackup(how, &database.db(), &id);
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
  rocksdb::BackupEngineReadOnly* raw = nullptr;
  auto status = rocksdb::BackupEngineReadOnly::Open(rocksdb::Env::Default(),
                                                    backup_options(backup_directory), &raw);
  if (!status.ok()) return backup_failure("opened", backup_directory, status);
  const std::unique_ptr<rocksdb::BackupEngineReadOnly> engine(raw);
  std::vector<rocksdb::BackupInfo> backups;
  engine->GetBackupInfo(&backups);
  if (backups.empty()) return error(backup_directory + " holds no complete backup");
  status = engine->VerifyBackup(backups.back().backup_id, true);
  if (!status.ok()) return backup_failure("verified", backup_directory, status);
  // Under another name until it is whole: a half restored store is never opened.
  const std::string unfinished = directory + ".restoring";
  fs::remove_all(unfinished, failed);
  fs::create_directories(unfinished, failed);
  if (failed) return error("cannot create " + unfinished + ": " + failed.message());
  status = engine->RestoreDBFromBackup(backups.back().backup_id, unfinished, unfinished);
  if (!status.ok()) return backup_failure("restored", backup_directory, status);
  fs::remove(directory, failed);
  fs::rename(unfinished, directory, failed);
  if (failed)
    return error("cannot rename " + unfinished + " to " + directory + ": " + failed.message());
  const auto parent = fs::path(directory).parent_path();
  return make_posix_file_system()->sync_directory(parent.empty() ? "." : parent.string());
}

}  // namespace testamur::node
