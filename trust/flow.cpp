#include "trust/flow.h"

#include <algorithm>

namespace testamur::trust {

MaxFlow::ArcIndex MaxFlow::add_arc(Node from, Node to, std::uint32_t capacity) {
  const auto index = static_cast<ArcIndex>(arcs_.size());
  arcs_.push_back({to, capacity, first_[from]});
  first_[from] = index;
  arcs_.push_back({from, 0, first_[to]});
  first_[to] = index + 1;
  return index;
}

bool MaxFlow::assign_levels(Node source, Node sink, Work& work) {
  // A phase touches every node, also where the search ends early: a step is worth several of them.
  if (!work.spend(level_.size() / kNodesPerStep)) return false;
  std::fill(level_.begin(), level_.end(), kUnreached);
  level_[source] = 0;

  queue_.assign(1, source);
  for (std::size_t done = 0; done < queue_.size(); ++done) {
    const Node node = queue_[done];
    for (ArcIndex i = first_[node]; i != kNoArc && work.spend(); i = arcs_[i].next) {
      const Edge& arc = arcs_[i];
      if (arc.residual == 0 || level_[arc.to] != kUnreached) continue;
      level_[arc.to] = level_[node] + 1;
      queue_.push_back(arc.to);
    }
  }

  // With the work used up the levels are incomplete: nothing may be augmented over them.
  return level_[sink] != kUnreached && !work.exhausted();
}

// One augmenting path in the level graph; what it carries, 0 when there is none left.
std::uint32_t MaxFlow::augment(Node source, Node sink, Work& work) {
  path_.clear();
  Node node = source;
  while (node != sink) {
    if (!work.spend()) return 0;

    // Dinic's current arc: one that led nowhere is not tried again in this phase, which bounds the
    // phase.
    ArcIndex& i = at_[node];
    while (i != kNoArc && (arcs_[i].residual == 0 || level_[arcs_[i].to] != level_[node] + 1)) {
      if (!work.spend()) return 0;
      i = arcs_[i].next;
    }

    if (i != kNoArc) {
      path_.push_back(i);
      node = arcs_[i].to;
    } else {
      if (path_.empty()) return 0;
      node = arcs_[path_.back() ^ 1U].to;
      path_.pop_back();
      at_[node] = arcs_[at_[node]].next;
    }
  }

  std::uint32_t amount = kUnbounded;
  for (const ArcIndex i : path_) amount = std::min(amount, arcs_[i].residual);
  for (const ArcIndex i : path_) {
    arcs_[i].residual -= amount;
    arcs_[i ^ 1U].residual += amount;
  }
  return amount;
}

std::uint32_t MaxFlow::run(Node source, Node sink, Work& work) {
  std::uint32_t total = 0;
  while (assign_levels(source, sink, work)) {
    at_ = first_;
    while (const std::uint32_t amount = augment(source, sink, work)) total += amount;
  }
  return total;
}

}  // namespace testamur::trust
