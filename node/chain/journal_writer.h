// Writes the engine's record groups to the journal on a thread of its own, several groups in one
// sync when they wait.
//
// submit() and prune() are called by the chain's strand; answers come back through `post`. A failed
// write stops the node: what is on disk is then unknown.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "consensus/values/record.h"
#include "node/chain/counters.h"
#include "node/store/journal.h"

namespace testamur::node {

// Which view a stored record names, and where it is.
struct RecordMark {
  Epoch epoch;
  View view;
  JournalPosition position;
};

class JournalWriter {
 public:
  struct Hooks {
    std::function<void(std::function<void()>)> post;  // to the chain's strand
    std::function<void(std::uint64_t sequence)> synced;
    std::function<void(const std::string&)> failed;    // must not return to normal work
    std::function<void(std::function<void()>)> aside;  // runs slow work on another thread
    // Set: there is no thread; called when work waits, and whoever set it calls begin() and
    // finish().
    std::function<void()> wake = {};
  };

  // `marks`: of the records that the journal holds already, in order.
  JournalWriter(Journal& journal, std::vector<RecordMark> marks, Hooks hooks, Counters& counters);
  ~JournalWriter();

  void submit(consensus::RecordGroup group);
  // Writes `live` and then removes the segments that hold only records of views up to and including
  // `last`.
  void prune(std::vector<consensus::Record> live, Epoch epoch, View last);
  void stop();  // after what is queued; idempotent

  // One write, for whoever paces the writer instead of its thread: begin() takes what waits, false
  // when nothing does; finish() writes and syncs it.
  bool begin();
  void finish();

 private:
  struct Prune {
    std::vector<consensus::Record> live;
    Epoch epoch;
    View last;
  };
  using Work = std::variant<consensus::RecordGroup, Prune>;

  void run();
  void announce();
  bool write(const std::vector<const consensus::Record*>& records);
  void do_prune(const Prune& prune);
  std::vector<Work> take_work();  // precondition: mutex_ held
  void prepare_spare_aside();

  Journal& journal_;
  Hooks hooks_;
  Counters& counters_;
  // The writer's thread only:
  std::deque<RecordMark> marks_;
  std::vector<Work> taken_;
  bool failed_ = false;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Work> queue_;
  bool stopping_ = false;
  std::atomic<bool> preparing_spare_{false};
  std::thread thread_;
};

}  // namespace testamur::node
