// How institutions behave towards this node: what was refused of each, by name, and who is
// disconnected for a while.
//
// Each refusal has points, by how sure a sign it is; points fade with time. An institution that is
// no member of the validator set and reaches the limit is shut out, for twice as long each time
// within a day. A member is never shut out: its votes may be needed, and its work is bounded by its
// share.
//
// Bounded: institutions beyond kMaxInstitutions are counted together. Times are of any clock that
// does not go back. One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "node/net/cost.h"
#include "node/net/network.h"

namespace testamur::node::net {

class Conduct {
 public:
  static constexpr std::uint64_t kLimitPoints = 1'000;
  static constexpr std::uint64_t kFadePerSecond = 20;
  static constexpr std::uint64_t kFirstShutOutMs = 30'000;
  static constexpr std::uint64_t kLongestShutOutMs = 600'000;
  static constexpr std::uint64_t kForgivenAfterMs = 86'400'000;
  static constexpr std::size_t kMaxInstitutions = 4'096;

  // For `count` of them at once. Of what an honest node may send by mistake, many at once count
  // little more than one.
  static std::uint64_t points_of(Refusal refusal, std::uint64_t count = 1);

  // Returns whether the institution is shut out by this.
  bool note(const InstitutionId& institution, Rank rank, Refusal refusal, std::uint64_t count,
            std::uint64_t now_ms);
  // How long it is still shut out; 0: it is not.
  std::uint64_t shut_out_ms(const InstitutionId& institution, std::uint64_t now_ms) const;
  const std::array<std::uint64_t, kRefusals>& totals() const { return totals_; }
  // Those of whom something was refused in the last ten minutes.
  std::vector<PeerConduct> recent(std::uint64_t now_ms) const;

 private:
  struct Record {
    std::uint64_t points = 0;
    std::uint64_t faded_at_ms = 0;
    std::uint64_t last_ms = 0;
    std::uint64_t shut_out_until_ms = 0;
    std::uint32_t times_shut_out = 0;
    std::array<std::uint64_t, kRefusals> refused{};
    Refusal newest = Refusal::kQueueFull;
  };
  void make_room(std::uint64_t now_ms);

  std::map<InstitutionId, Record> records_;
  std::array<std::uint64_t, kRefusals> totals_{};
};

}  // namespace testamur::node::net
