// Persist, sync, then send: records on their way to the journal, and the effects that wait for
// them.
//
// Owns the records that were not handed over yet, the effects that wait until a group is durable,
// and which view the journal durably names (rule 0 of what a key signs: docs/consensus.md). An
// effect runs in on_synced, in the order in which it was asked for, and may save and defer again.
// Private to consensus/. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "consensus/engine_context.h"
#include "consensus/values/record.h"

namespace testamur::consensus {

class DurabilityQueue {
 public:
  explicit DurabilityQueue(const EngineContext& context) : context_(context) {}

  // Goes with the next group, whenever that is: by itself a record forces no sync.
  void save(Record record) { unsaved_.push_back(std::move(record)); }
  // The records saved so far leave with the next flush, though no effect waits for them.
  void request_sync() { sync_wanted_ = true; }
  // `effect` happens once everything saved so far is durable. Precondition: something was saved and
  // not flushed.
  void after_sync(std::function<void()> effect);
  // Hands one group to the journal when a sync was asked for.
  void flush();
  // Every group up to and including `sequence` is durable: its effects happen now.
  void on_synced(std::uint64_t sequence);

  bool has_unsaved() const { return !unsaved_.empty(); }
  // The highest view of this epoch that the journal durably names; absent: none.
  const std::optional<View>& durable_view() const { return durable_view_; }

  // At start: what the journal named, and what was saved while it was read (it is there already).
  void restore_durable_view(View view) { durable_view_ = view; }
  void drop_unsaved() { unsaved_.clear(); }

  void begin_epoch() { durable_view_.reset(); }

 private:
  struct DeferredEffect {
    std::uint64_t sequence = 0;  // of the group that it waits for
    std::function<void()> effect;
  };
  void note_durable_view(const RecordGroup& group);

  const EngineContext& context_;
  std::vector<Record> unsaved_;
  bool sync_wanted_ = false;
  std::uint64_t sequence_ = 0;  // of the last group handed over
  std::uint64_t synced_ = 0;
  std::deque<DeferredEffect> deferred_;
  std::optional<View> durable_view_;
};

}  // namespace testamur::consensus
