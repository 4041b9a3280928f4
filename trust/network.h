// The layered network of one question: everything that can carry flow from the viewpoint to the
// issuer over chains of at most three statements, after blocks; its maximum flow with paths and
// cut, and its independent paths.
//
//   s -> u1 (first)    u1 -> u2 (speaks)    u1 -> u' (introduces)
//   u' -> v2 (second hop)    v2 -> t (last)    s -> t (direct)
//
// Lists are sorted by institution id, so that paths do not depend on how parties were numbered. For
// the engine.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "trust/statement_resolver.h"

namespace testamur::trust {

// One capacity and the statement that gives it.
struct Grant {
  std::uint8_t amount = 0;
  Source by = 0;
};

struct Network {
  struct Intermediary {
    PartyIndex party = 0;
    Grant first;         // depth >= 1
    Grant introduction;  // depth >= 2
    std::uint32_t last =
        kNoIndex;  // its position in `last_hops`, when it speaks of the issuer itself
  };
  struct LastHop {
    PartyIndex party = 0;
    Grant grant;
  };
  struct SecondHop {
    std::uint32_t from = 0;  // position in `intermediaries`
    std::uint32_t to = 0;    // position in `last_hops`
    Grant grant;
  };
  PartyIndex viewpoint = 0;
  PartyIndex issuer = 0;
  Grant direct;
  std::vector<Intermediary> intermediaries;
  std::vector<LastHop> last_hops;
  std::vector<SecondHop> second_hops;
};

enum class Carries : std::uint8_t { kTrust, kAccreditation };

// Everything that can carry flow to `issuer` at `at`. Precondition: `issuer` is neither blocked nor
// the viewpoint. With kAccreditation the last arcs are accreditations under `schemes`.
Network build_network(StatementResolver& resolver, PartyIndex issuer, std::uint64_t at,
                      Carries carries, std::uint16_t schemes = kAnyScheme);

struct FlowAnswer {
  std::uint32_t amount = 0;
  std::vector<Path> paths;
  std::vector<Arc> cut;
};
// The maximum flow under the policy's ceilings. Empty once the work is used up.
FlowAnswer solve(const Network& network, const StatementResolver& resolver, const Policy& policy,
                 std::uint64_t at, Work& work);

struct DisjointAnswer {
  std::uint32_t count = 0;
  std::vector<Path> paths;
  std::vector<InstitutionId> cover;
};
// The independent paths over statements of at least `path_floor`. Empty once the work is used up.
DisjointAnswer independent_paths(const Network& network, const StatementResolver& resolver,
                                 const Policy& policy, std::uint64_t at, Work& work);

}  // namespace testamur::trust
