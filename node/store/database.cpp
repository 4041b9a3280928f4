// RocksDB as the store uses it. Batches are not synced, so after a crash a prefix of them must be
// left: only flush_locked() changes to another log file, and syncs the old one first (decision
// 0602). After a write or a background job has failed nothing more is written; a read that fails
// ends the process (decision 0604).
#include "node/store/database.h"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace testamur::node {
namespace {

// Keys of the store's own in the state family: table byte 0, which no ledger table has.
constexpr std::uint8_t kSchemaKey[] = {0, 1};
constexpr std::uint8_t kSchema[] = {'T', 'M', 'S', 1};  // the last byte is the schema version
constexpr const char* kFamilies[] = {"default", "pages", "blocks", "index"};

// Never reached: only flush() switches memtables.
constexpr std::uint64_t kUnreachedBytes = 4ull << 30;
// Of the filter before a memtable that is asked for keys: about ten bits for each key of one that
// is full of state.
constexpr std::uint64_t kMemtableFilterBytes = 1u << 20;

[[noreturn]] void stop_process(const std::string& message) {
  std::fprintf(stderr, "testamurd: %s\n", message.c_str());
  std::_Exit(70);
}

// The database's log of itself, where nothing may be left behind.
class NoLog final : public rocksdb::Logger {
 public:
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
};

rocksdb::DBOptions database_options(const StoreOptions& options) {
  rocksdb::DBOptions db;
  db.create_if_missing = options.create_if_missing;
  db.create_missing_column_families = options.create_if_missing;
  db.paranoid_checks = true;
  // A prefix of the batches is what the journal can complete; a hole or a skipped record is not.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  db.track_and_verify_wals_in_manifest = true;
  db.max_manifest_file_size = 0;  // each change of the list of files is a new file (decision 0606)
  db.recycle_log_file_num = 0;
  db.allow_fallocate =
      false;  // it would reserve as much for the log as a memtable may hold: kUnreachedBytes
  db.max_total_wal_size = 4 * kUnreachedBytes;
  db.allow_concurrent_memtable_write = false;  // one writer
  db.wal_bytes_per_sync = 1u << 20;            // sync_wal() then finds most of it written
  db.bytes_per_sync = 1u << 20;
  db.max_background_jobs = 2;
  db.max_open_files = 512;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  db.max_log_file_size = 4u << 20;
  db.keep_log_file_num = 4;
  if (options.only_to_look) db.info_log = std::make_shared<NoLog>();
  if (options.env != nullptr) db.env = options.env;
  return db;
}

// Hashes and signatures do not compress: no family tries. Checks on every block that is read.
rocksdb::ColumnFamilyOptions family_options(const std::shared_ptr<rocksdb::Cache>& cache,
                                            bool with_filter) {
  rocksdb::BlockBasedTableOptions table;
  table.checksum = rocksdb::ChecksumType::kXXH3;
  table.format_version = 5;
  table.block_size = 8u << 10;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  rocksdb::ColumnFamilyOptions family;
  if (with_filter) {
    // Whether a transaction is on the ledger is asked three times before it is, and then nothing is
    // found: a filter says so without a search through the memtable, and through each file.
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    family.memtable_whole_key_filtering = true;
    family.memtable_prefix_bloom_size_ratio =
        static_cast<double>(kMemtableFilterBytes) / static_cast<double>(kUnreachedBytes);
  }
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  family.compression = rocksdb::kNoCompression;
  family.level_compaction_dynamic_level_bytes = true;

  // Switching memtables by itself would leave un-synced parts in an older log (decision 0602).
  family.write_buffer_size = kUnreachedBytes;
  family.arena_block_size = 1u << 20;
  family.max_write_buffer_number = 4;
  return family;
}

std::vector<rocksdb::ColumnFamilyDescriptor> families(const StoreOptions& options) {
  const auto cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> list;
  for (const auto* name : kFamilies) {
    // Pages and blocks have ascending keys: their files never overlap and move down the levels
    // without being rewritten.
    list.emplace_back(name, family_options(cache, std::string_view(name) == kFamilies[0]));
  }
  list.back().options.disable_auto_compactions = true;  // runs are merged by CommitmentIndex
  return list;
}

// RocksDB's own threads have failed.
class FailureListener final : public rocksdb::EventListener {
 public:
  explicit FailureListener(std::atomic<bool>& has_failed) : has_failed_(has_failed) {}
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status*) override {
    has_failed_ = true;
  }

 private:
  std::atomic<bool>& has_failed_;
};

}  // namespace

Database::Database(std::string directory, StoreOptions options)
    : directory_(std::move(directory)), options_(std::move(options)) {
  if (!options_.stop) options_.stop = stop_process;
}

Database::~Database() {
  if (!db_) return;
  if (!has_failed_ && !options_.only_to_look) (void)db_->SyncWAL();
  for (auto* family : families_) (void)db_->DestroyColumnFamilyHandle(family);
  (void)db_->Close();
}

Error Database::failure(const std::string& action, const rocksdb::Status& status) const {
  std::string message =
      "the store " + directory_ + " could not be " + action + ": " + status.ToString();
  if (status.IsCorruption()) {
    message +=
        ". The data on disk is damaged. Look for a failing disk, keep a copy of the directory, "
        "then restore this "
        "node from a backup, or remove the directory and let the node catch up from its peers";
  } else if (status.IsNoSpace()) {
    message += ". Free some space and start again";
  } else if (status.IsIOError()) {
    message +=
        ". A file of it is gone or cannot be read (ls -l), or another process has it open. Put it "
        "back; else move the directory aside, then restore this node from a backup, or let it "
        "catch up from its peers";
  }
  return error(std::move(message));
}

Result<std::unique_ptr<Database>> Database::open(const std::string& directory,
                                                 StoreOptions options) {
  std::unique_ptr<Database> database(new Database(directory, std::move(options)));
  TM_TRY_STATUS(database->open_files());
  TM_TRY_STATUS(database->check_schema());

  std::uint64_t bytes = 0;
  for (auto* family : database->families_) {
    std::uint64_t of_family = 0;
    (void)database->db_->GetIntProperty(family, rocksdb::DB::Properties::kTotalSstFilesSize,
                                        &of_family);
    bytes += of_family;
  }

  // A small store is read whole now; of a large one damage shows when it is read (decision 0604).
  if (bytes <= database->options_.verify_on_open_bytes) TM_TRY_STATUS(database->verify());
  return database;
}

Status Database::open_files() {
  rocksdb::DB* opened = nullptr;
  auto with_listener = database_options(options_);
  with_listener.listeners.push_back(std::make_shared<FailureListener>(has_failed_));
  const auto status =
      options_.only_to_look
          ? rocksdb::DB::OpenForReadOnly(with_listener, directory_, families(options_), &families_,
                                         &opened)
          : rocksdb::DB::Open(with_listener, directory_, families(options_), &families_, &opened);
  if (!status.ok()) {
    families_.clear();
    return failure("opened", status);
  }
  db_.reset(opened);
  return {};
}

Status Database::check_schema() {
  const auto schema = get(state(), nullptr, kSchemaKey);
  if (schema && equal(*schema, kSchema)) return {};

  if (schema) {
    return error("the store " + directory_ + " has schema " + to_hex(*schema) +
                 ", this program knows " + to_hex(kSchema) +
                 ": use the version of the program that wrote it");
  }

  // A database with content and no schema is somebody else's: nothing is written into it.
  const std::unique_ptr<rocksdb::Iterator> any(db_->NewIterator(read_options(nullptr), state()));
  any->SeekToFirst();
  if (any->Valid() || !options_.create_if_missing) {
    return error("the store " + directory_ + " is not a store of this program: no schema in it");
  }

  rocksdb::WriteOptions synced;
  synced.sync = true;
  return after("written", db_->Put(synced, state(), to_slice(kSchemaKey), to_slice(kSchema)));
}

Status Database::after(const std::string& action, const rocksdb::Status& status) {
  if (status.ok()) return {};
  has_failed_ = true;
  return failure(action, status);
}

Status Database::write(rocksdb::WriteBatch& batch) {
  const std::lock_guard hold(write_mutex_);
  if (has_failed_)
    return error("the store " + directory_ + " failed before and takes no more writes");
  TM_TRY_STATUS(after("written", db_->Write(rocksdb::WriteOptions{}, &batch)));
  written_since_flush_ += batch.GetDataSize();
  return written_since_flush_ > options_.write_buffer_bytes / 2 ? flush_locked(false) : Status{};
}

Status Database::sync_wal() {
  if (has_failed_) return error("the store " + directory_ + " failed before and cannot be synced");
  return after("synced", db_->SyncWAL());
}

Status Database::flush(bool wait) {
  const std::lock_guard hold(write_mutex_);
  return flush_locked(wait);
}

Status Database::flush_locked(bool wait) {
  TM_TRY_STATUS(sync_wal());
  rocksdb::FlushOptions how;
  how.wait = wait;
  how.allow_write_stall = true;
  written_since_flush_ = 0;
  return after("flushed", db_->Flush(how, {state(), pages(), blocks()}));
}

Status Database::verify() const {
  const auto status = db_->VerifyChecksum(read_options(nullptr));
  return status.ok() ? Status{} : Status{failure("verified", status)};
}

rocksdb::ReadOptions Database::read_options(const rocksdb::Snapshot* snapshot) const {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  options.verify_checksums = true;
  return options;
}

void Database::stop(const std::string& message) const {
  options_.stop(message);
  check_failed("StoreOptions::stop does not return", __FILE__, __LINE__, message);
}

void Database::require(const rocksdb::Status& status) const {
  if (!status.ok()) stop(failure("read", status).message);
}

std::optional<Bytes> Database::get(rocksdb::ColumnFamilyHandle* family,
                                   const rocksdb::Snapshot* snapshot, ByteView key) const {
  rocksdb::PinnableSlice value;
  const auto status = db_->Get(read_options(snapshot), family, to_slice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  require(status);
  return to_bytes(to_view(value));
}

rocksdb::Env* Database::env() const { return db_->GetEnv(); }

}  // namespace testamur::node
