#include "consensus/durability_queue.h"

#include <utility>

#include "common/check.h"

namespace testamur::consensus {

void DurabilityQueue::after_sync(std::function<void()> effect) {
  TM_CHECK(!unsaved_.empty());
  sync_wanted_ = true;
  deferred_.push_back({sequence_ + 1, std::move(effect)});
}

void DurabilityQueue::flush() {
  if (!sync_wanted_ || unsaved_.empty()) return;
  sync_wanted_ = false;

  RecordGroup group{++sequence_, std::move(unsaved_)};
  unsaved_.clear();

  // After the group's other effects: what waits for the group may still rely on what the journal
  // named before it.
  note_durable_view(group);
  context_.driver.persist(std::move(group));
}

// Once the group is durable the journal names the highest view of its records, unless the epoch has
// ended meanwhile.
void DurabilityQueue::note_durable_view(const RecordGroup& group) {
  const Epoch epoch = context_.committee.epoch();
  std::optional<View> named;
  for (const auto& record : group.records) {
    if (record.epoch == epoch && (!named || record.view > *named)) named = record.view;
  }
  if (!named) return;

  deferred_.push_back({group.sequence, [this, epoch, view = *named] {
                         if (epoch != context_.committee.epoch()) return;
                         if (!durable_view_ || view > *durable_view_) durable_view_ = view;
                       }});
}

void DurabilityQueue::on_synced(std::uint64_t sequence) {
  if (sequence > synced_) synced_ = sequence;
  TM_CHECK(synced_ <= sequence_, "a group was reported as synced that was never written:", sequence,
           sequence_);

  // Taken out before it runs: an effect may defer another one.
  while (!deferred_.empty() && deferred_.front().sequence <= synced_) {
    const auto effect = std::move(deferred_.front().effect);
    deferred_.pop_front();
    effect();
  }
}

}  // namespace testamur::consensus
