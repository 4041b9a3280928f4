// Runs of the commitment index as files: a head with the number of entries, then chunks of up to
// 256 entries, each under its first one (docs/formats/store.md). All files of a run are ingested in
// one step, so a run is there whole or not at all; the names end in a suffix of their own until
// then, by which those that a crash left are found and removed.
#include "node/store/index_files.h"

#include <rocksdb/convenience.h>
#include <rocksdb/env.h>

#include <algorithm>

namespace testamur::node {
namespace {

constexpr std::size_t kChunkEntries = 256;
constexpr std::size_t kEntryBytes = 16;
constexpr std::uint64_t kFileBytes = 64u << 20;
constexpr std::uint8_t kDescriptor = 0;
constexpr std::uint8_t kChunk = 1;
constexpr char kUnfinishedSuffix[] = ".run";

Bytes run_prefix(const FileRun& run) {
  Encoder key;
  key.u64(run.from).u64(run.to);
  return key.take();
}

Bytes key_of(ByteView prefix, std::uint8_t kind, const IndexEntry* first) {
  Encoder key;
  key.raw(prefix).u8(kind);
  if (first != nullptr) key.u64(first->prefix).u64(first->slot);
  return key.take();
}

}  // namespace

RunWriter::RunWriter(Database& database, const FileRun& run) : database_(database), run_(run) {
  options_ = database.db().GetOptions(database.index());
  options_.env = database.env();
}

RunWriter::~RunWriter() {
  for (const auto& path : paths_) (void)database_.env()->DeleteFile(path);
}

Status RunWriter::open_file() {
  paths_.push_back(database_.directory() + "/" + std::to_string(run_.from) + "-" +
                   std::to_string(run_.to) + "-" + std::to_string(paths_.size()) +
                   kUnfinishedSuffix);

  file_ =
      std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(), options_, database_.index());
  const auto status = file_->Open(paths_.back());
  if (!status.ok()) return database_.failure("extended by an index file", status);

  if (paths_.size() > 1) return {};

  // The head goes into the first file, since its key comes before all chunks of the run.
  Encoder count;
  count.u64(run_.count);
  const auto put =
      file_->Put(to_slice(key_of(run_prefix(run_), kDescriptor, nullptr)), to_slice(count.bytes()));
  return put.ok() ? Status{} : Status{database_.failure("extended by an index file", put)};
}

Status RunWriter::close_file() {
  const auto status = file_->Finish();
  file_.reset();
  return status.ok() ? Status{} : Status{database_.failure("extended by an index file", status)};
}

Status RunWriter::write_chunk() {
  if (!file_) TM_TRY_STATUS(open_file());
  if (chunk_.empty()) return {};
  Encoder value;
  for (const auto& entry : chunk_) value.u64(entry.prefix).u64(entry.slot);
  const auto status = file_->Put(to_slice(key_of(run_prefix(run_), kChunk, &chunk_.front())),
                                 to_slice(value.bytes()));
  chunk_.clear();
  if (!status.ok()) return database_.failure("extended by an index file", status);
  return file_->FileSize() >= kFileBytes ? close_file() : Status{};
}

Status RunWriter::add(const IndexEntry& entry) {
  chunk_.push_back(entry);
  return chunk_.size() == kChunkEntries ? write_chunk() : Status{};
}

Status RunWriter::finish() {
  if (!chunk_.empty() || paths_.empty()) TM_TRY_STATUS(write_chunk());
  if (file_) TM_TRY_STATUS(close_file());
  rocksdb::IngestExternalFileOptions how;
  how.move_files = true;
  how.allow_blocking_flush = false;  // the family has no memtable content to flush
  const auto status = database_.db().IngestExternalFile(database_.index(), paths_, how);
  return status.ok() ? Status{} : Status{database_.failure("extended by an index file", status)};
}

std::unique_ptr<rocksdb::Iterator> new_index_iterator(const Database& database) {
  return std::unique_ptr<rocksdb::Iterator>(
      database.db().NewIterator(database.read_options(nullptr), database.index()));
}

RunReader::RunReader(rocksdb::Iterator& iterator, const FileRun& run)
    : iterator_(iterator), prefix_(run_prefix(run)) {}

bool RunReader::load_chunk() {
  count_ = at_ = 0;

  if (!iterator_.Valid()) {
    status_ = iterator_.status();
    return false;
  }

  // The iterator runs over the whole family: here the chunks of this run are over.
  const auto key = to_view(iterator_.key());
  if (key.size() <= prefix_.size() || !equal(key.first(prefix_.size()), prefix_) ||
      key[prefix_.size()] != kChunk) {
    return false;
  }

  chunk_ = to_view(iterator_.value());
  count_ = chunk_.size() / kEntryBytes;
  if (count_ > 0 && chunk_.size() % kEntryBytes == 0) return true;
  status_ = rocksdb::Status::Corruption("a chunk of the commitment index is malformed");
  count_ = 0;
  return false;
}

IndexEntry RunReader::entry_at(std::size_t at) const {
  const auto* bytes = chunk_.data() + at * kEntryBytes;
  IndexEntry entry;
  for (int i = 0; i < 8; ++i) entry.prefix = entry.prefix << 8 | bytes[i];
  for (int i = 8; i < 16; ++i) entry.slot = entry.slot << 8 | bytes[i];
  return entry;
}

void RunReader::seek(const IndexEntry& entry) {
  started_ = true;
  const auto key = key_of(prefix_, kChunk, &entry);
  iterator_.SeekForPrev(to_slice(key));  // the chunk that may hold the entry

  // Where no chunk begins at or before the entry, the first chunk of the run is the one.
  if (!load_chunk() && status_.ok()) {
    iterator_.Seek(to_slice(key));
    (void)load_chunk();
  }

  std::size_t end = count_;
  while (at_ < end) {
    const std::size_t middle = (at_ + end) / 2;
    if (entry_at(middle) < entry) {
      at_ = middle + 1;
    } else {
      end = middle;
    }
  }
}

std::optional<IndexEntry> RunReader::next() {
  if (!started_) seek({0, 0});
  if (at_ == count_) {
    if (count_ == 0 || !status_.ok()) return std::nullopt;  // the end was reached before
    iterator_.Next();
    if (!load_chunk()) return std::nullopt;
  }
  return entry_at(at_++);
}

Result<std::vector<FileRun>> list_runs(const Database& database) {
  std::vector<FileRun> runs;
  const auto iterator = new_index_iterator(database);
  iterator->SeekToFirst();
  while (iterator->Valid()) {
    Decoder key(to_view(iterator->key()));
    Decoder value(to_view(iterator->value()));
    FileRun run;
    run.from = key.u64();
    run.to = key.u64();
    const auto kind = key.u8();
    run.count = value.u64();

    if (!key.finished() || !value.finished() || kind != kDescriptor) {
      return database.failure(
          "opened", rocksdb::Status::Corruption("the commitment index has a run without its head"));
    }

    // The chunks are passed over: only the heads are of interest, however many entries there are.
    runs.push_back(run);
    iterator->Seek(to_slice(key_of(run_prefix(run), kChunk + 1, nullptr)));
  }

  if (!iterator->status().ok()) return database.failure("opened", iterator->status());

  // The wider of two runs that begin alike comes first: load() takes it and drops the ones inside
  // it.
  std::sort(runs.begin(), runs.end(), [](const FileRun& a, const FileRun& b) {
    return a.from != b.from ? a.from < b.from : a.to > b.to;
  });
  return runs;
}

Status remove_run(Database& database, const FileRun& run) {
  const auto begin = key_of(run_prefix(run), kDescriptor, nullptr);
  const auto end = key_of(run_prefix(run), kChunk + 1, nullptr);
  const auto first = to_slice(begin), last = to_slice(end);
  const auto status = rocksdb::DeleteFilesInRange(&database.db(), database.index(), &first, &last);
  return status.ok() ? Status{} : Status{database.failure("rid of an old index file", status)};
}

void remove_unfinished_runs(Database& database) {
  std::vector<std::string> names;
  if (!database.env()->GetChildren(database.directory(), &names).ok()) return;
  for (const auto& name : names) {
    if (name.ends_with(kUnfinishedSuffix))
      (void)database.env()->DeleteFile(database.directory() + "/" + name);
  }
}

}  // namespace testamur::node
