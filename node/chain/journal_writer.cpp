// Works on the queue of the journal in order, one write at a time. The marks stand in the order of
// the records on disk, which is what lets a prune find the first position that is still needed.
// After a failed write nothing more is written: what is on disk is then unknown.
#include "node/chain/journal_writer.h"

#include <algorithm>

#include "common/check.h"

namespace testamur::node {
namespace {

constexpr std::size_t kGatherBytes =
    4u << 20;  // groups are gathered into one sync up to this size, ...

bool is_aligned(consensus::RecordKind kind) { return kind == consensus::RecordKind::kVote; }

}  // namespace

JournalWriter::JournalWriter(Journal& journal, std::vector<RecordMark> marks, Hooks hooks,
                             Counters& counters)
    : journal_(journal),
      hooks_(std::move(hooks)),
      counters_(counters),
      marks_(marks.begin(), marks.end()) {
  if (!hooks_.wake) thread_ = std::thread([this] { run(); });
}

JournalWriter::~JournalWriter() { stop(); }

void JournalWriter::announce() { hooks_.wake ? hooks_.wake() : wake_.notify_one(); }

void JournalWriter::submit(consensus::RecordGroup group) {
  {
    const std::lock_guard lock(mutex_);
    queue_.emplace_back(std::move(group));
  }
  announce();
}

void JournalWriter::prune(std::vector<consensus::Record> live, Epoch epoch, View last) {
  {
    const std::lock_guard lock(mutex_);
    queue_.emplace_back(Prune{std::move(live), epoch, last});
  }
  announce();
}

void JournalWriter::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

bool JournalWriter::write(const std::vector<const consensus::Record*>& records) {
  std::vector<JournalRecord> group;
  group.reserve(records.size());
  for (const auto* record : records) {
    counters_.sync_bytes.add(record->size());
    const ByteView tail = record->tail ? ByteView(*record->tail) : ByteView();
    group.push_back(
        {static_cast<std::uint8_t>(record->kind), record->head, tail, is_aligned(record->kind)});
  }

  const TimedSection timed(counters_.sync);
  auto positions = journal_.append(group);
  if (!positions.ok()) {
    failed_ = true;
    hooks_.failed(positions.message());
    return false;
  }

  // A prune must know later which view each record names, without reading it again.
  for (std::size_t i = 0; i < records.size(); ++i) {
    marks_.push_back({records[i]->epoch, records[i]->view, (*positions)[i]});
  }
  return true;
}

void JournalWriter::do_prune(const Prune& prune) {
  std::optional<JournalPosition> bound;
  // What a restart still needs is written once more at the end, so that its older copies may go.
  if (!prune.live.empty()) {
    std::vector<const consensus::Record*> records;
    for (const auto& record : prune.live) records.push_back(&record);
    auto before = marks_.size();
    if (!write(records)) return;
    bound = marks_[before].position;
  }

  // Everything before the first record of a later view, and before those copies, may be removed.
  auto done = [&prune](const RecordMark& mark) {
    return mark.epoch < prune.epoch || (mark.epoch == prune.epoch && mark.view <= prune.last);
  };
  std::size_t first = 0;
  while (first < marks_.size() && done(marks_[first])) ++first;
  if (first < marks_.size() && (!bound || marks_[first].position < *bound))
    bound = marks_[first].position;
  if (!bound) return;

  while (!marks_.empty() && marks_.front().position < *bound) marks_.pop_front();
  auto status = journal_.prune_below(*bound);
  if (status.ok()) return;
  failed_ = true;
  hooks_.failed(status.message());
}

// Several groups, or one prune.
std::vector<JournalWriter::Work> JournalWriter::take_work() {
  std::vector<Work> taken;
  const auto limit =
      std::min<std::size_t>(kGatherBytes, journal_.max_group_bytes() / 2);  // ... or what fits
  std::size_t bytes = 0;

  // A prune goes alone: what it may remove follows from what was written before it.
  while (!queue_.empty()) {
    const auto* group = std::get_if<consensus::RecordGroup>(&queue_.front());
    if (group == nullptr && !taken.empty()) break;
    std::size_t size = 0;
    if (group != nullptr) {
      for (const auto& record : group->records) size += record.size();
    }

    // A group is never divided: it is synced whole, or none of it was written.
    if (!taken.empty() && bytes + size > limit) break;
    bytes += size;
    const bool alone = group == nullptr;
    taken.push_back(std::move(queue_.front()));
    queue_.pop_front();
    if (alone) break;
  }

  return taken;
}

void JournalWriter::prepare_spare_aside() {
  if (!journal_.wants_spare() || preparing_spare_.exchange(true)) return;
  hooks_.aside([this] {
    auto status = journal_.prepare_spare();
    preparing_spare_ = false;
    if (!status.ok()) hooks_.failed(status.message());
  });
}

bool JournalWriter::begin() {
  const std::lock_guard lock(mutex_);
  TM_CHECK(taken_.empty(), "the journal writes one group after the other");
  if (!failed_) taken_ = take_work();
  return !taken_.empty();
}

void JournalWriter::finish() {
  auto taken = std::move(taken_);
  taken_.clear();
  if (const auto* prune = std::get_if<Prune>(&taken.front())) {
    do_prune(*prune);
    return;
  }

  std::vector<const consensus::Record*> records;
  std::uint64_t sequence = 0;
  for (const auto& work : taken) {
    const auto& group = std::get<consensus::RecordGroup>(work);
    for (const auto& record : group.records) records.push_back(&record);
    sequence = group.sequence;
  }

  // A group without records only asks to be told: the journal holds all that came before it.
  if (!records.empty() && !write(records)) return;

  // Only now, after the sync: what the engine sends next rests on these records (decision 0600).
  hooks_.post([synced = hooks_.synced, sequence] { synced(sequence); });
  prepare_spare_aside();
}

void JournalWriter::run() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    }
    if (!begin()) return;
    finish();
  }
}

}  // namespace testamur::node
