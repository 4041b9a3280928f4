// What members do with the moment at which each honest node enters the next view, so that its
// honest leader comes too late for those who entered first.
#include <algorithm>

#include "tests/sim/adversary.h"
#include "tests/sim/strategies.h"

namespace testamur::sim {

using consensus::Act;
using consensus::Message;
using consensus::Proposal;
using consensus::Statement;
using consensus::Vote;

namespace {

// How much earlier than the honest timers something leaves that has to arrive before they fire.
constexpr std::uint64_t kMarginUs = 15'000;

// The f honest nodes that lead next: who has to build on a member's block is one of them.
std::vector<std::size_t> next_leaders(ColludingNode& self, View view) {
  const auto& seats = self.adversary().seats(self);
  const std::size_t f = (seats.numbers.size() - 1) / 3;
  std::vector<std::size_t> found;
  for (std::size_t i = 1; i <= seats.numbers.size() && found.size() < f; ++i) {
    const std::size_t number = seats.leader(view + i);
    if (!self.adversary().is_member(number)) found.push_back(number);
  }
  return found;
}

bool contains(const std::vector<std::size_t>& numbers, std::size_t number) {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

// Honest validators that are not among the next leaders, in the order of leading.
std::vector<std::size_t> holders_of(ColludingNode& self, View view) {
  const auto behind = next_leaders(self, view);
  const auto& seats = self.adversary().seats(self);
  std::vector<std::size_t> found;
  for (std::size_t i = 1; i <= seats.numbers.size(); ++i) {
    const std::size_t number = seats.leader(view + i);
    if (!self.adversary().is_member(number) && !contains(behind, number)) found.push_back(number);
  }
  return found;
}

// Microseconds from now until `units` timeout units after the honest entered the view that this
// member's engine is in, which is up to delta later than the engine itself; what leaves then may
// itself take up to delta. Which of the two the network does nobody tells the member.
std::uint64_t until_us(ColludingNode& self, std::uint64_t units) {
  const auto status = self.status();
  const std::uint64_t delta_us = self.adversary().delta_us();
  const std::uint64_t at_us =
      units * status.delta_ms * 1000 + (self.random().chance(700) ? delta_us : 0);
  const std::uint64_t gone_us =
      status.in_view_ms * 1000 + kMarginUs + (self.random().chance(700) ? 0 : delta_us);
  return at_us > gone_us + kMarginUs ? at_us - gone_us : kMarginUs;
}

const Proposal* own_block(ColludingNode& self, const Message& message) {
  const auto* proposal = std::get_if<Proposal>(&message);
  return proposal != nullptr && self.adversary().is_ours(*proposal) ? proposal : nullptr;
}

bool is_vote_or_certificate(const Message& message) {
  return std::holds_alternative<Vote>(message) ||
         std::holds_alternative<consensus::Certificate>(message);
}

// The next leaders get no block of a member. The others get one whose time lets them vote for it
// just before they would give the view up: until then no vote tells the next leaders of it. No
// other vote leaves.
void show_ahead_of_time_to_followers(ColludingNode& self, const Message& message) {
  constexpr std::uint64_t kLeadMs =
      10'000;  // of a header before the voter's clock: docs/operating.md
  if (is_vote_or_certificate(message)) return;
  const auto* proposal = own_block(self, message);
  auto header = proposal ? emptied(self, *proposal) : std::nullopt;
  if (!header) return self.say_to_all(message);
  auto& adversary = self.adversary();
  adversary.count_lie();
  const std::uint64_t vote_ms = self.clock.now_ms() + (until_us(self, 3) - 10'000) / 1000;
  header->time_ms = std::max(header->time_ms, vote_ms + kLeadMs);
  Proposal early = *proposal;
  early.body = std::make_shared<const Bytes>();
  early = adversary.signed_proposal(self, std::move(early), *header);
  adversary.learn(self, early);
  const auto holders = holders_of(self, early.view);
  const auto linked = self.linked();
  for (const std::size_t to : linked) {
    if (adversary.is_member(to) || contains(holders, to)) self.say(to, early);
  }
}

void show_at_once_to_followers(ColludingNode& self, const Message& message) {
  if (is_vote_or_certificate(message)) return;
  const auto* proposal = own_block(self, message);
  if (proposal == nullptr) return self.say_to_all(message);
  self.adversary().count_lie();
  const auto holders = holders_of(self, proposal->view);
  const auto linked = self.linked();
  for (const std::size_t to : linked) {
    if (self.adversary().is_member(to) || contains(holders, to)) self.say(to, message);
  }
}

// Nothing that would help anybody on is answered.
void answer_nothing(ColludingNode& self, std::size_t to, const Message& message) {
  const bool helps = is_vote_or_certificate(message) || std::holds_alternative<Proposal>(message);
  if (!helps || self.adversary().is_member(to)) self.say(to, message);
}

// The notarization of a member's block, made of the votes of those who were shown it, once.
std::optional<consensus::Certificate> first_notarization(ColludingNode& self,
                                                         const Message& message) {
  const auto* vote = std::get_if<Vote>(&message);
  if (vote == nullptr || vote->statement.act != Act::kNotarize) return std::nullopt;
  auto& adversary = self.adversary();
  const auto& statement = vote->statement;
  const auto* proposal = adversary.proposal(statement.block);
  if (proposal == nullptr || !adversary.is_ours(*proposal)) return std::nullopt;
  const auto key = std::tuple(static_cast<int>(statement.act), statement.epoch, statement.view);
  if (adversary.done().contains(key)) return std::nullopt;
  auto made = adversary.certificate(self, statement);
  if (!made) return std::nullopt;
  if (adversary.done().size() > 4096) adversary.done().clear();
  adversary.done().insert(key);
  return made;
}

// One of those who hold the block is let into the next view at once. Its leader lacks the block on
// which it has to build.
bool let_one_in(ColludingNode& self, std::size_t, const Message& message) {
  const auto made = first_notarization(self, message);
  if (!made) return true;
  const auto holders = holders_of(self, made->statement.view);
  self.say(holders.at(made->statement.view.value % holders.size()), *made);
  for (const std::size_t to : self.linked()) {
    if (self.adversary().is_member(to)) self.say(to, *made);
  }
  return true;
}

// When the honest nullify a member's view, its block's notarization goes to the next leader and the
// nullification to everybody else: the leader alone has to build on a block that it must fetch
// first.
bool part_ways(ColludingNode& self, std::size_t, const Message& message) {
  auto& adversary = self.adversary();
  if (const auto made = first_notarization(self, message)) {
    auto& kept = adversary.kept_certificates();
    if (kept.size() >= 16) kept.erase(kept.begin());
    kept.insert_or_assign(made->statement.view, *made);
  }
  const auto* vote = std::get_if<Vote>(&message);
  if (vote == nullptr || vote->statement.act != Act::kNullify) return true;
  const auto kept = adversary.kept_certificates().find(vote->statement.view);
  if (kept == adversary.kept_certificates().end() ||
      kept->second.statement.epoch != vote->statement.epoch)
    return true;
  const auto nullified = adversary.certificate(self, vote->statement);
  if (!nullified) return true;
  const auto behind = next_leaders(self, vote->statement.view);
  for (const std::size_t to : adversary.honest()) {
    contains(behind, to) ? self.say(to, kept->second) : self.say(to, *nullified);
  }
  adversary.kept_certificates().erase(kept);
  return true;
}

}  // namespace

std::vector<Strategy> entering_strategies() {
  std::vector<Strategy> all{
      {"lets-one-in-late",
       "a block that is voted for when its view ends, kept from the next leaders, and its "
       "certificate to one node",
       show_ahead_of_time_to_followers, answer_nothing, let_one_in},
      {"parts-ways",
       "the next leader is shown the notarization of a block that it lacks, the rest a "
       "nullification",
       show_at_once_to_followers, answer_nothing, part_ways},
  };
  for (auto& strategy : all) strategy.decides_votes = true;
  return all;
}

}  // namespace testamur::sim
