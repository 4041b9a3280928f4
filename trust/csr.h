// A history compiled for one scope point, height and time: what everybody effectively says of
// everybody, as two compressed adjacency arrays of eight bytes an arc. Immutable after compile; any
// thread.
//
// It is read as anybody but the author reads (docs/trust.md): a viewpoint's own arcs at a past
// time, and its local statements, come from `own_arcs`.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "trust/decide.h"

namespace testamur::trust {

struct CsrArc {
  PartyIndex party = 0;     // the other end
  std::uint8_t last = 0;    // as the last statement of a chain (depth >= 0)
  std::uint8_t first = 0;   // depth >= 1
  std::uint8_t second = 0;  // depth >= 2
  bool distrust = false;
};
static_assert(sizeof(CsrArc) == 8);

// What the arcs carry: trust, or accreditation under these schemes (bits of Scheme).
struct CsrKind {
  bool accreditation = false;
  std::uint16_t schemes = 0xffff;
  auto operator<=>(const CsrKind&) const = default;
};

class CsrGraph {
 public:
  // `follow_successors_days` is the policy's.
  static CsrGraph compile(const History& history, const AsOf& as_of, std::uint64_t at_ms,
                          const ScopePoint& point, std::uint32_t follow_successors_days,
                          const CsrKind& kind);

  PartyIndex party_count() const { return static_cast<PartyIndex>(out_begin_.size() - 1); }
  std::size_t arc_count() const { return out_.size(); }
  // Ascending by party.
  std::span<const CsrArc> out(PartyIndex u) const {
    return {out_.data() + out_begin_[u], out_.data() + out_begin_[u + 1]};
  }
  std::span<const CsrArc> in(PartyIndex t) const {
    return {in_.data() + in_begin_[t], in_.data() + in_begin_[t + 1]};
  }
  // The arc u -> v, or one that carries nothing.
  CsrArc find(PartyIndex u, PartyIndex v) const;
  std::size_t memory_bytes() const;

 private:
  std::vector<std::uint32_t> out_begin_, in_begin_;
  std::vector<CsrArc> out_, in_;
};

// The viewpoint's own arcs at a time, as their author reads them, local statements included;
// ascending by party.
std::vector<CsrArc> own_arcs(const History& history, const Query& query, const Policy& policy,
                             const CsrKind& kind);
// B(at) and B(today) together, ascending.
std::vector<PartyIndex> blocked_parties(const History& history, const Query& query,
                                        const Policy& policy);

}  // namespace testamur::trust
