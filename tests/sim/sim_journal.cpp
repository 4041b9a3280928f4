#include "tests/sim/sim_journal.h"

#include <algorithm>

namespace testamur::sim {
namespace {

JournalEntry entry_of(const consensus::Record& record) {
  JournalEntry entry{record.kind, record.epoch, record.view, record.height, record.head};
  if (record.tail) entry.bytes.insert(entry.bytes.end(), record.tail->begin(), record.tail->end());
  return entry;
}

}  // namespace

void SimJournal::append(const consensus::RecordGroup& group) {
  Group queued{group.sequence, {}};
  for (const auto& record : group.records) queued.entries.push_back(entry_of(record));
  queue_.push_back(std::move(queued));
}

bool SimJournal::begin_write() {
  if (writing_ || queue_.empty()) return false;
  in_flight_.swap(queue_);
  writing_ = true;
  return true;
}

std::uint64_t SimJournal::end_write() {
  std::uint64_t last = 0;
  for (auto& group : in_flight_) {
    last = group.sequence;
    std::move(group.entries.begin(), group.entries.end(), std::back_inserter(durable_));
  }
  in_flight_.clear();
  writing_ = false;
  return last;
}

bool SimJournal::is_durable(const Bytes& record) const {
  return std::any_of(durable_.rbegin(), durable_.rend(),
                     [&](const JournalEntry& entry) { return entry.bytes == record; });
}

void SimJournal::crash(Random& random) {
  // A group survives whole or not at all, and none does behind one that did not.
  std::size_t kept = writing_ ? random.between(0, in_flight_.size()) : 0;
  while (in_flight_.size() > kept) in_flight_.pop_back();
  end_write();
  in_flight_.clear();
  queue_.clear();
  writing_ = false;
}

void SimJournal::prune(Height synced_height, Epoch epoch, View finalized, const std::vector<consensus::Record>& live) {
  using consensus::RecordKind;
  std::erase_if(durable_, [&](const JournalEntry& entry) {
    switch (entry.kind) {
      case RecordKind::kBlock:
      case RecordKind::kFinality: return entry.height < synced_height;
      case RecordKind::kCertificate:
      case RecordKind::kVote: return entry.epoch < epoch || (entry.epoch == epoch && entry.view <= finalized);
      default: return true;  // in `live`
    }
  });
  std::vector<JournalEntry> renewed;
  for (const auto& record : live) renewed.push_back(entry_of(record));
  durable_.insert(durable_.begin(), renewed.begin(), renewed.end());
}

SimJournal SimJournal::backup(Random& random) const {
  SimJournal copy = *this;
  copy.crash(random);
  return copy;
}

void SimJournal::wipe() { *this = SimJournal{}; }

}  // namespace testamur::sim
