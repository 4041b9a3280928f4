// New entries go from run to run: sorted runs in memory that double, then *frozen* while the worker
// writes them, then files that the worker merges. No entry is missing from the view that a look-up
// holds, because a view is replaced whole under the mutex. After a crash the files may be ahead of
// the state, and what they do not cover is read from the pages at load().
#include "node/store/commitment_index.h"

#include <boost/sort/pdqsort/pdqsort.hpp>

#include <algorithm>
#include <queue>

namespace testamur::node {
namespace {

constexpr std::size_t kMergeFanIn = 8;
constexpr unsigned kPositionBits = 7;  // a page has at most 128 commitments
constexpr std::uint64_t kWaitingRuns = 4;

std::uint64_t prefix_of(ByteView commitment) { return Decoder(commitment).u64(); }

void append_page(std::vector<IndexEntry>& run, std::uint64_t page, ByteView commitments) {
  for (std::uint64_t position = 0; commitments.size() >= Hash256::kSize; ++position) {
    run.push_back({prefix_of(commitments), page << kPositionBits | position});
    commitments = commitments.subspan(Hash256::kSize);
  }
}

__extension__ typedef unsigned __int128 WideNumber;

WideNumber as_number(const IndexEntry& entry) {
  return static_cast<WideNumber>(entry.prefix) << 64 | entry.slot;
}

// In the order of IndexEntry. Commitments are random: a comparison that branches is guessed wrong
// half the time.
void sort_run(std::vector<IndexEntry>& run) {
  const auto less = [](const IndexEntry& a, const IndexEntry& b) {
    return as_number(a) < as_number(b);
  };
  boost::sort::pdqsort_branchless(run.begin(), run.end(), less);
}

template <class Runs>
std::uint64_t count_entries(const Runs& runs) {
  std::uint64_t count = 0;
  for (const auto& run : runs) count += run->size();
  return count;
}

// The smallest next entry of several sources, each a function that gives its entries in ascending
// order.
template <class Source>
class Merge {
 public:
  explicit Merge(std::vector<Source> sources) : sources_(std::move(sources)) {
    for (std::size_t i = 0; i < sources_.size(); ++i) pull(i);
  }
  std::optional<IndexEntry> next() {
    if (heads_.empty()) return std::nullopt;
    const auto [entry, source] = heads_.top();
    heads_.pop();
    pull(source);
    return entry;
  }

 private:
  using Head = std::pair<IndexEntry, std::size_t>;
  void pull(std::size_t source) {
    if (auto entry = sources_[source]()) heads_.emplace(*entry, source);
  }
  std::vector<Source> sources_;
  std::priority_queue<Head, std::vector<Head>, std::greater<>> heads_;
};

}  // namespace

CommitmentIndex::CommitmentIndex(Database& database, std::uint64_t run_entries)
    : database_(database), run_entries_(run_entries) {}

CommitmentIndex::~CommitmentIndex() {
  {
    const std::lock_guard hold(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (worker_.joinable()) worker_.join();
}

CommitmentIndex::ViewPtr CommitmentIndex::view() const {
  const std::lock_guard hold(mutex_);
  return view_;
}

// Precondition: mutex_ is held.
template <class Change>
void CommitmentIndex::replace_view(Change&& change) {
  auto next = std::make_shared<View>(*view_);
  change(*next);
  view_ = std::move(next);
}

Status CommitmentIndex::load() {
  // Files that a crash left behind are no part of the index: a run counts once it was ingested.
  remove_unfinished_runs(database_);
  TM_TRY(const auto runs, list_runs(database_));

  std::vector<FileRunPtr> used;
  std::uint64_t covered = 0;
  for (const auto& run : runs) {
    if (run.from == covered && run.to > run.from) {
      used.push_back(std::make_shared<const FileRun>(run));
      covered = run.to;
    } else {
      TM_TRY_STATUS(remove_run(database_, run));  // merged into a wider one just before a stop
    }
  }

  {
    const std::lock_guard hold(mutex_);
    replace_view([&](View& view) { view.files = used; });
    next_page_ = frozen_next_page_ = covered;
  }

  rebuild(covered);
  return {};
}

// Reads the page commitments from `from_page` on.
void CommitmentIndex::rebuild(std::uint64_t from_page) {
  Encoder start;
  start.u8(static_cast<std::uint8_t>(ledger::Table::kPageCommitments)).u64(from_page);

  const std::unique_ptr<rocksdb::Iterator> pages(
      database_.db().NewIterator(database_.read_options(nullptr), database_.pages()));

  Run run;
  std::uint64_t next_page = from_page;
  const auto flush = [&] {
    if (run.empty()) return;
    sort_run(run);
    {
      const std::lock_guard hold(mutex_);
      next_page_ = next_page;
    }
    add_run(std::move(run));
    run = {};
  };

  for (pages->Seek(to_slice(start.bytes())); pages->Valid(); pages->Next()) {
    Decoder key(to_view(pages->key()));
    (void)key.u8();
    const auto page = key.u64();
    append_page(run, page, to_view(pages->value()));

    next_page = page + 1;
    if (run.size() >= run_entries_ / 2) flush();
  }

  database_.require(pages->status());
  flush();
}

Status CommitmentIndex::add(std::span<const ledger::Delta::Change> pages) {
  Run run;
  std::uint64_t next_page = 0;
  {
    const std::lock_guard hold(mutex_);
    TM_TRY_STATUS(worker_failure_);
    next_page = next_page_;
  }
  for (const auto& change : pages) {
    Decoder key(change.key);
    const auto page = key.u64();
    // After a crash the files may be ahead of the state: what the replay brings again is in them
    // already.
    if (!change.value || page < next_page) continue;
    append_page(run, page, *change.value);
  }
  if (run.empty()) return {};
  next_page =
      (std::max_element(run.begin(), run.end(), [](auto& a, auto& b) { return a.slot < b.slot; })
           ->slot >>
       kPositionBits) +
      1;
  sort_run(run);
  {
    const std::lock_guard hold(mutex_);
    next_page_ = next_page;
  }
  add_run(std::move(run));
  return {};
}

// Writer only. Merges while the last run is at least half as large as the one before it.
void CommitmentIndex::add_run(Run run) {
  auto memory = view()->memory;  // nobody else adds to it
  while (!memory.empty() && memory.back()->size() < 2 * run.size()) {
    Run merged(memory.back()->size() + run.size());
    std::merge(memory.back()->begin(), memory.back()->end(), run.begin(), run.end(),
               merged.begin());
    memory.pop_back();
    run = std::move(merged);
  }
  memory.push_back(std::make_shared<const Run>(std::move(run)));
  std::unique_lock hold(mutex_);
  replace_view([&](View& view) { view.memory = std::move(memory); });
  if (count_entries(view_->memory) >= run_entries_) freeze(hold);
}

void CommitmentIndex::freeze(std::unique_lock<std::mutex>& hold) {
  if (count_entries(view_->memory) >= kWaitingRuns * run_entries_) {
    changed_.wait(hold, [&] { return view_->frozen.empty() || !worker_failure_.ok(); });
  }
  if (!view_->frozen.empty()) return;
  replace_view([](View& view) { view.frozen.swap(view.memory); });
  frozen_next_page_ = next_page_;
  if (!worker_.joinable()) worker_ = std::thread([this] { work(); });
  changed_.notify_all();
}

void CommitmentIndex::work() {
  std::unique_lock hold(mutex_);
  while (true) {
    changed_.wait(hold, [&] { return stopping_ || !view_->frozen.empty(); });

    if (stopping_) return;
    hold.unlock();

    // Without the lock: the writer goes on while files are written.
    auto written = write_frozen();
    if (written.ok()) written = merge_files();
    if (written.ok()) written = remove_unused();

    hold.lock();

    // After a failure nothing more is written; the writer is told at its next block.
    if (!written.ok()) {
      worker_failure_ = written;
      changed_.notify_all();
      return;
    }
  }
}

Status CommitmentIndex::write_frozen() {
  FileRun run;

  Runs frozen;

  // The worker alone takes the frozen runs away, so they stay while they are read without the lock.
  {
    const std::lock_guard hold(mutex_);
    frozen = view_->frozen;
    run.from = view_->files.empty() ? 0 : view_->files.back()->to;
    run.to = frozen_next_page_;
  }

  run.count = count_entries(frozen);

  RunWriter writer(database_, run);
  struct Cursor {
    std::shared_ptr<const Run> run;
    std::size_t at = 0;
    std::optional<IndexEntry> operator()() {
      return at < run->size() ? std::optional((*run)[at++]) : std::nullopt;
    }
  };

  std::vector<Cursor> sources;
  for (const auto& part : frozen) sources.push_back({part});
  Merge<Cursor> merged(std::move(sources));
  while (const auto entry = merged.next()) TM_TRY_STATUS(writer.add(*entry));
  TM_TRY_STATUS(writer.finish());

  // In one step: a look-up finds each entry in the frozen runs or in the file, never in neither.
  const std::lock_guard hold(mutex_);
  replace_view([&](View& next) {
    next.frozen.clear();
    next.files.push_back(std::make_shared<const FileRun>(run));
  });
  changed_.notify_all();
  return {};
}

// As long as the last eight runs are about equally large, they become one.
Status CommitmentIndex::merge_files() {
  while (true) {
    auto files = view()->files;

    if (files.size() < kMergeFanIn) return {};
    const auto last = std::span(files).last(kMergeFanIn);
    if (last.front()->count >= kMergeFanIn / 2 * last.back()->count) return {};

    FileRun into{last.front()->from, last.back()->to, 0};
    for (const auto& run : last) into.count += run->count;
    TM_TRY_STATUS(merge(last, into));

    // Readers of an older view may still read the merged runs; remove_unused() waits for them.
    const std::lock_guard hold(mutex_);
    for (const auto& run : last) unused_.emplace_back(run, *run);
    replace_view([&](View& next) {
      next.files.resize(next.files.size() - kMergeFanIn);
      next.files.push_back(std::make_shared<const FileRun>(into));
    });
  }
}

Status CommitmentIndex::merge(std::span<const FileRunPtr> runs, const FileRun& into) {
  using Reader = std::shared_ptr<RunReader>;
  struct Cursor {
    Reader reader;
    std::optional<IndexEntry> operator()() { return reader->next(); }
  };

  std::vector<Cursor> sources;
  std::vector<std::unique_ptr<rocksdb::Iterator>> iterators;
  std::vector<Reader> readers;
  for (const auto& run : runs) {
    iterators.push_back(new_index_iterator(database_));
    readers.push_back(std::make_shared<RunReader>(*iterators.back(), *run));
    sources.push_back({readers.back()});
  }

  Merge<Cursor> merged(std::move(sources));
  RunWriter writer(database_, into);
  std::uint64_t count = 0;
  for (; const auto entry = merged.next(); ++count) TM_TRY_STATUS(writer.add(*entry));

  // A reader that failed looks like one that has ended: without this a shorter run would be taken.
  for (const auto& reader : readers) {
    if (!reader->status().ok()) return database_.failure("read", reader->status());
  }

  if (count != into.count) return error("a run of the commitment index has lost entries");
  return writer.finish();
}

// A run goes once no look-up can still be reading it; otherwise it waits for the next time, or for
// load().
Status CommitmentIndex::remove_unused() {
  for (auto at = unused_.begin(); at != unused_.end();) {
    if (!at->first.expired()) {
      ++at;
      continue;
    }
    TM_TRY_STATUS(remove_run(database_, at->second));
    at = unused_.erase(at);
  }
  return {};
}

std::vector<CommitmentSlot> CommitmentIndex::candidates(const Hash256& commitment,
                                                        const CommitmentSlot& from,
                                                        std::size_t most) const {
  const auto current = view();
  const auto prefix = prefix_of(commitment.view());
  // A position of 128 is the first of the next page.
  const IndexEntry first{prefix, (from.page.value << kPositionBits) + from.position};

  // The smallest of all are among the smallest of each run.
  std::vector<std::uint64_t> found;
  for (const auto* runs : {&current->memory, &current->frozen}) {
    for (const auto& run : *runs) {
      auto at = std::lower_bound(run->begin(), run->end(), first);
      for (std::size_t i = 0; i < most && at != run->end() && at->prefix == prefix; ++i, ++at)
        found.push_back(at->slot);
    }
  }
  const auto iterator = current->files.empty() ? nullptr : new_index_iterator(database_);
  for (const auto& run : current->files) {
    RunReader reader(*iterator, *run);
    reader.seek(first);
    auto entry = reader.next();
    for (std::size_t i = 0; i < most && entry && entry->prefix == prefix;
         ++i, entry = reader.next()) {
      found.push_back(entry->slot);
    }
    database_.require(reader.status());
  }

  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  if (found.size() > most) found.resize(most);

  std::vector<CommitmentSlot> slots;
  slots.reserve(found.size());
  for (const auto slot : found) {
    slots.push_back({PageNumber{slot >> kPositionBits},
                     static_cast<std::uint8_t>(slot & ((1u << kPositionBits) - 1))});
  }
  return slots;
}

std::uint64_t CommitmentIndex::entries_in_memory() const {
  const auto current = view();
  return count_entries(current->memory) + count_entries(current->frozen);
}

std::uint64_t CommitmentIndex::file_runs() const { return view()->files.size(); }

}  // namespace testamur::node
