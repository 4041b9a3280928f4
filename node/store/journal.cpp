// One writer appends group after group to the last segment. What holds between the functions: a
// group is written only after the one before it was synced; a segment has its durable name before
// anything is written into it; after a failed write (is_failed) nothing more is written.
// segments_mutex guards what other threads ask, spare_mutex the spare segment; neither is taken
// while the other is held.
#include "node/store/journal.h"

#include <algorithm>
#include <atomic>
#include <cinttypes>
#include <cstdio>
#include <deque>
#include <mutex>

#include "node/store/journal_format.h"
#include "node/store/journal_recovery.h"
#include "node/store/vote_store.h"

namespace testamur::node {

namespace format = journal_format;

struct Journal::State {
  FileSystem& files;
  std::string directory;
  JournalOptions options;
  std::unique_ptr<FileLock> lock;
  JournalId id;

  // The writer's own; open(), append() and prune_below() are one thread's.
  std::unique_ptr<File> active;  // null until the first group
  std::uint64_t active_bytes = 0;
  std::uint64_t end = 0;  // offset of the next group in `active`
  std::uint64_t next_sequence = 1;
  Hash256 last_digest;
  bool is_used = false;
  bool is_failed = false;

  mutable std::mutex segments_mutex;
  std::deque<std::uint64_t> segments;  // numbers, ascending without gaps; the last is `active`
  bool has_groups = false;
  std::uint64_t published_end = 0;
  std::uint64_t published_groups = 0;

  std::mutex spare_mutex;
  std::unique_ptr<File> spare;  // zeroed and synced, under kSpareName
  std::atomic<bool> spare_wanted{true};

  State(FileSystem& file_system, std::string path, const JournalOptions& chosen)
      : files(file_system), directory(std::move(path)), options(chosen) {}

  std::string path(const std::string& name) const { return directory + "/" + name; }
  Status fill_spare();
  Status start_segment();
  Status write_group(format::GroupHeader& header, ByteView payload);
};

namespace {

constexpr char kLockName[] = "lock";
constexpr char kSpareName[] = "spare";
constexpr std::size_t kZeroChunkBytes = 1u << 20;

}  // namespace

std::string segment_file_name(std::uint64_t number) {
  char name[32];
  std::snprintf(name, sizeof name, "%016" PRIx64 ".seg", number);
  return name;
}

// Precondition: spare_mutex is held.
Status Journal::State::fill_spare() {
  if (spare) return {};

  const auto spare_path = path(kSpareName);
  // Left from an attempt that failed: how far it came is unknown.
  if (files.exists(spare_path)) TM_TRY_STATUS(files.remove(spare_path));
  TM_TRY(auto file, files.open(spare_path, OpenMode::kCreateNew));

  // Written, not only allocated: a sync must not commit the file's size and blocks as well.
  const Bytes zeros(std::min<std::uint64_t>(kZeroChunkBytes, options.segment_bytes));
  for (std::uint64_t at = 0; at < options.segment_bytes; at += zeros.size()) {
    const auto size = std::min<std::uint64_t>(zeros.size(), options.segment_bytes - at);
    TM_TRY_STATUS(file->write_at(at, ByteView(zeros).first(size)));
  }

  TM_TRY_STATUS(file->sync());
  spare = std::move(file);
  spare_wanted = false;
  return {};
}

// The new segment has its name durably before anything is written into it.
Status Journal::State::start_segment() {
  const std::uint64_t number = segments.empty() ? 1 : segments.back() + 1;

  {
    const std::lock_guard hold(spare_mutex);
    TM_TRY_STATUS(fill_spare());
    TM_TRY_STATUS(files.rename(path(kSpareName), path(segment_file_name(number))));
    TM_TRY_STATUS(files.sync_directory(directory));
    active = std::move(spare);
    spare_wanted = true;
  }

  active_bytes = options.segment_bytes;
  end = 0;

  const std::lock_guard hold(segments_mutex);
  segments.push_back(number);
  published_end = 0;
  return {};
}

Status Journal::State::write_group(format::GroupHeader& header, ByteView payload) {
  const auto extent = format::encoded_bytes(payload.size());
  if (!active || end + extent > active_bytes) TM_TRY_STATUS(start_segment());
  if (!is_used) TM_TRY_STATUS(mark_vote_store_used(files, directory));
  is_used = true;
  header.segment = segments.back();
  const auto group = format::encode_group(header, payload);
  TM_TRY_STATUS(active->write_at(end, group));
  return active->sync();
}

Journal::Journal(std::unique_ptr<State> state) : state_(std::move(state)) {}
Journal::~Journal() = default;

Result<std::unique_ptr<Journal>> Journal::open(FileSystem& files, const std::string& directory,
                                               const JournalOptions& options,
                                               const Replay& replay) {
  TM_CHECK(options.segment_bytes % kBlockBytes == 0 &&
           options.segment_bytes >= options.max_group_bytes);

  auto state = std::make_unique<State>(files, directory, options);

  // One process at a time: two writers of one journal would sign against each other. Taken before
  // anything is read: what another process wrote until it let go must be seen.
  TM_TRY(state->lock, files.lock(state->path(kLockName)));

  TM_TRY(const auto identity, read_vote_store_identity(files, directory));
  if (!identity) return error(directory + " holds no vote store: make one with 'testamurd init'");
  state->id = identity->journal;
  state->is_used = identity->used;

  // A spare may have been cut short by a crash; it is made again.
  if (files.exists(state->path(kSpareName))) {
    TM_TRY_STATUS(files.remove(state->path(kSpareName)));
    TM_TRY_STATUS(files.sync_directory(directory));
  }

  TM_TRY(auto found, recover_journal(files, directory, identity->journal, options, replay));

  // A key that has voted must not vote again without a record of its votes.
  if (identity->used && found.segments.empty()) {
    return error(
        directory +
        " says that votes were journaled, but its segment files are gone: put them back, or move "
        "the directory aside; the node then begins in quarantine");
  }

  if (!found.segments.empty()) {
    TM_TRY(state->active,
           files.open(state->path(segment_file_name(found.segments.back())), OpenMode::kExisting));
    TM_TRY(state->active_bytes, state->active->size());
    state->segments.assign(found.segments.begin(), found.segments.end());
  }

  state->end = state->published_end = found.end;
  state->next_sequence = found.next_sequence;
  state->published_groups = found.next_sequence - 1;
  state->last_digest = found.last_digest;
  state->has_groups = found.group_count > 0;
  return std::unique_ptr<Journal>(new Journal(std::move(state)));
}

Result<std::uint64_t> Journal::check(FileSystem& files, const std::string& directory,
                                     const JournalOptions& options, const Replay& replay) {
  TM_TRY(const auto identity, read_vote_store_identity(files, directory));
  if (!identity) return std::uint64_t{0};
  TM_TRY(const auto found, recover_journal(files, directory, identity->journal, options, replay,
                                           Recovering::kToLook));
  return found.next_sequence - 1;
}

Result<std::vector<JournalPosition>> Journal::append(std::span<const JournalRecord> group) {
  TM_CHECK(!group.empty());

  auto& state = *state_;
  if (state.is_failed)
    return error(state.directory + ": an earlier write failed, the journal must be reopened");

  const auto payload = format::encode_records(group);
  const auto extent = format::encoded_bytes(payload.bytes.size());
  if (extent > state.options.max_group_bytes) {
    return error("a journal group of " + std::to_string(extent) +
                 " bytes is larger than the limit of " +
                 std::to_string(state.options.max_group_bytes));
  }

  format::GroupHeader header;
  header.journal = state.id;
  header.sequence = state.next_sequence;
  header.record_count = static_cast<std::uint32_t>(group.size());
  header.previous = state.last_digest;

  // What is on disk after a failed write is unknown: this journal must be opened again.
  if (auto written = state.write_group(header, payload.bytes); !written.ok()) {
    state.is_failed = true;
    return written.failure();
  }

  std::vector<JournalPosition> positions;
  for (const auto offset : payload.offsets) {
    positions.push_back({header.segment, static_cast<std::uint32_t>(state.end), offset});
  }

  state.end += extent;
  ++state.next_sequence;
  state.last_digest = header.digest;

  const std::lock_guard hold(state.segments_mutex);
  state.has_groups = true;
  state.published_end = state.end;
  state.published_groups = header.sequence;
  return positions;
}

Status Journal::prune_below(const JournalPosition& position) {
  auto& state = *state_;
  while (state.segments.size() > 1 && state.segments.front() < position.segment) {
    // Oldest first and each durably, so that no crash leaves a gap.
    TM_TRY_STATUS(state.files.remove(state.path(segment_file_name(state.segments.front()))));
    TM_TRY_STATUS(state.files.sync_directory(state.directory));
    const std::lock_guard hold(state.segments_mutex);
    state.segments.pop_front();
  }
  return {};
}

bool Journal::wants_spare() const { return state_->spare_wanted; }

Status Journal::prepare_spare() {
  const std::lock_guard hold(state_->spare_mutex);
  return state_->fill_spare();
}

Result<Journal::Owned> Journal::read(const JournalPosition& position) const {
  const auto path = state_->path(segment_file_name(position.segment));
  const auto where = path + " at offset " + std::to_string(position.group) + ": ";

  TM_TRY(const auto file, state_->files.open(path, OpenMode::kExisting));
  Bytes sector(kSectorBytes);
  TM_TRY_STATUS(file->read_at(position.group, sector));

  // The header says how long the group is, and it was read from disk: it is verified first.
  auto header = format::decode_header(sector);
  if (!header.ok()) return error(where + header.message());

  Bytes group(format::encoded_bytes(header->payload_bytes));
  TM_TRY_STATUS(file->read_at(position.group, group));
  auto body = format::decode_body(*header, group);
  if (!body.ok()) return error(where + body.message());
  if (body->lacking_sector) return error(where + "the group is incomplete");

  auto records = format::decode_records(body->payload, header->record_count);
  if (!records.ok()) return error(where + records.message());
  for (const auto& record : *records) {
    if (record.offset == position.record) return Owned{record.type, to_bytes(record.bytes)};
  }
  return error(where + "no record begins " + std::to_string(position.record) +
               " bytes into the group");
}

std::optional<JournalPosition> Journal::first_position() const {
  const std::lock_guard hold(state_->segments_mutex);
  if (!state_->has_groups) return std::nullopt;
  return JournalPosition{state_->segments.front(), 0, 0};
}

JournalPosition Journal::end_position() const {
  const std::lock_guard hold(state_->segments_mutex);
  if (state_->segments.empty()) return {1, 0, 0};
  return {state_->segments.back(), static_cast<std::uint32_t>(state_->published_end), 0};
}

std::uint64_t Journal::max_group_bytes() const { return state_->options.max_group_bytes; }

std::uint64_t Journal::group_count() const {
  const std::lock_guard hold(state_->segments_mutex);
  return state_->published_groups;
}

std::uint64_t Journal::segment_count() const {
  const std::lock_guard hold(state_->segments_mutex);
  return state_->segments.size();
}

}  // namespace testamur::node
