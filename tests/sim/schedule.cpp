#include "tests/sim/schedule.h"

#include <algorithm>

namespace testamur::sim {

using consensus::Act;

namespace {

constexpr std::uint64_t kAtOnceUs = 200;
constexpr std::uint64_t kLongUs = 3'000'000;

}  // namespace

const AdversarialSchedule::Seen& AdversarialSchedule::look(const Packet& packet) {
  using Kind = Seen::Kind;
  if (packet.bytes == last_) return seen_;
  last_ = packet.bytes;
  seen_ = {};
  const auto message = message_in(packet);
  if (!message) return seen_;
  if (const auto* vote = std::get_if<consensus::Vote>(&*message)) {
    const Act act = vote->statement.act;
    seen_ = {act == Act::kNotarize  ? Kind::kNotarize
             : act == Act::kNullify ? Kind::kNullify
                                    : Kind::kFinalize,
             vote->statement.view.value};
  } else if (const auto* proposal = std::get_if<consensus::Proposal>(&*message)) {
    seen_ = {Kind::kProposal, proposal->view.value};
  } else if (const auto* certificate = std::get_if<consensus::Certificate>(&*message)) {
    seen_ = {Kind::kCertificate, certificate->statement.view.value};
  } else if (std::holds_alternative<consensus::BlockRequest>(*message) ||
             std::holds_alternative<consensus::CertificateRequest>(*message)) {
    seen_ = {Kind::kRequest, 0};
  }
  return seen_;
}

// One decision for each kind of thing in each view and for each receiver, so that some see what
// others never do.
std::optional<std::uint64_t> AdversarialSchedule::untimely_us(const Packet& packet,
                                                              const Seen& seen) {
  Random decision{salt_ ^ (seen.view * 1'000'003 + static_cast<std::uint64_t>(seen.kind) * 7'919 +
                           packet.to * 101)};
  if (liars_.contains(packet.from) && decision.chance(700)) return kAtOnceUs;
  switch (decision.below(10)) {
    case 0:
    case 1: return std::nullopt;
    case 2:
    case 3: return decision.below(kLongUs);
    case 4: return 600'000 + random_.below(200'000);  // about when timers fire
    case 5: return random_.chance(500) ? std::nullopt : std::optional(random_.below(kLongUs));
    default: return random_.below(20'000);
  }
}

std::uint64_t AdversarialSchedule::timely_us(const Packet& packet, const Seen& seen) {
  using Kind = Seen::Kind;
  const bool liar = liars_.contains(packet.from) || liars_.contains(packet.to);
  const auto late_if = [&](bool late) {
    return late ? delta_us_ - random_.below(delta_us_ / 20 + 1) : kAtOnceUs;
  };
  const bool half = ((packet.to * 7 + salt_) & 1) != 0;
  switch (order_) {
    case Order::kAny: break;
    case Order::kLiarsFirst: return late_if(!liar);
    case Order::kLeaderLast:
      return late_if(!liar && (seen.kind == Kind::kProposal || seen.kind == Kind::kNotarize));
    case Order::kKindsApart:
      return late_if(seen.kind == Kind::kCertificate ||
                     seen.kind == (half ? Kind::kNotarize : Kind::kFinalize));
    case Order::kNullifyFirst: return late_if(seen.kind != Kind::kNullify && !liar);
  }
  return kAtOnceUs + random_.below(delta_us_ - kAtOnceUs + 1);
}

std::optional<std::uint64_t> AdversarialSchedule::delay_us(const Packet& packet,
                                                           std::uint64_t now_us) {
  const auto& seen = look(packet);
  if (now_us >= timely_at_us_) return timely_us(packet, seen);
  const auto delay = untimely_us(packet, seen);
  if (!delay) return std::nullopt;
  return std::min(*delay, timely_at_us_ + delta_us_ - now_us);  // then it has to arrive
}

}  // namespace testamur::sim
