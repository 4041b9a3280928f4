// Exact integral maximum flow (Dinic 1970) with the minimum cut nearest the source. One thread.
#pragma once

#include <cstdint>
#include <vector>

#include "trust/work.h"

namespace testamur::trust {

class MaxFlow {
 public:
  using Node = std::uint32_t;
  using ArcIndex = std::uint32_t;
  static constexpr std::uint32_t kUnbounded = 0x3fff'ffff;

  explicit MaxFlow(std::size_t nodes) : first_(nodes, kNoArc), level_(nodes), at_(nodes) {}
  // `capacity` is at most kUnbounded, which no sum of statements reaches and which leaves room for
  // the residual of the reverse arc. The index of the arc is even.
  ArcIndex add_arc(Node from, Node to, std::uint32_t capacity);
  // The value of a maximum flow; a lower bound when the work is used up.
  std::uint32_t run(Node source, Node sink, Work& work);
  // After run: what the arc carries.
  std::uint32_t flow(ArcIndex arc) const { return arcs_[arc ^ 1U].residual; }
  // After run: whether the node is on the source's side of the minimum cut nearest the source.
  bool on_source_side(Node node) const { return level_[node] != kUnreached; }

 private:
  static constexpr std::uint32_t kNoArc = ~std::uint32_t{0};
  static constexpr std::uint32_t kUnreached = ~std::uint32_t{0};
  static constexpr std::size_t kNodesPerStep = 16;
  struct Edge {
    Node to;
    std::uint32_t residual;
    ArcIndex next;
  };
  bool assign_levels(Node source, Node sink, Work& work);
  std::uint32_t augment(Node source, Node sink, Work& work);

  std::vector<Edge> arcs_;  // an arc and its reverse are neighbours
  std::vector<ArcIndex> first_;
  std::vector<std::uint32_t> level_;
  std::vector<ArcIndex> at_;
  std::vector<Node> queue_;
  std::vector<ArcIndex> path_;
};

}  // namespace testamur::trust
