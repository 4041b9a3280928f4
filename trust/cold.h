// One decision of a viewpoint that no table serves, on a graph compiled for today: some hundred nanoseconds where the
// issuer has few recommenders. Only outcome; decide() explains. One thread at a time per object.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "trust/csr.h"

namespace testamur::trust {

class ColdAsker {
 public:
  // `graph` is the trust graph compiled with at = today; it must outlive the asker.
  ColdAsker(const History& history, const CsrGraph& graph) : history_(history), graph_(graph) {}
  // Nothing where the policy asks for more than an amount (more than one path, accreditation, local statements) or the
  // viewpoint ever lost its good standing, which others heed and it does not: decide() answers those.
  std::optional<Outcome> ask(PartyIndex viewpoint, PartyIndex issuer, const Policy& policy);

 private:
  struct Middle {
    PartyIndex from;
    std::uint32_t to;  // in lasts_
    std::uint32_t amount;
  };
  bool vetoed(PartyIndex party, const Policy& policy) const;
  CsrArc own(PartyIndex party) const;
  bool flows(PartyIndex t, std::uint32_t direct, const Policy& policy);
  void collect_middles(PartyIndex s, PartyIndex t, const Policy& policy);
  bool flows_exactly(std::uint32_t missing, const Policy& policy) const;

  const History& history_;
  const CsrGraph& graph_;
  PartyIndex viewpoint_ = 0;
  std::vector<std::uint64_t> marks_;  // party -> stamp << 32 | position of the viewpoint's arc
  std::uint32_t stamp_ = 0;
  std::span<const CsrArc> own_arcs_;
  bool marked_ = false;
  std::vector<CsrArc> lasts_;
  std::vector<Middle> middles_;
};

}  // namespace testamur::trust
