// What members do with their votes, and with the certificates that their votes complete.
#include "tests/sim/adversary.h"
#include "tests/sim/strategies.h"

namespace testamur::sim {

using consensus::Act;
using consensus::Message;
using consensus::Statement;
using consensus::Vote;

namespace {

constexpr std::uint64_t kBlockPatienceUs = 3 * 250'000;

BlockId invented(ColludingNode& self) {
  BlockId id;
  for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(self.random().next());
  return id;
}

// Nullify to everybody in every view; notarize to one half; finalize to the other.
void split_votes(ColludingNode& self, const Message& message) {
  const auto* vote = std::get_if<Vote>(&message);
  if (vote == nullptr) return self.say_to_all(message);
  const auto& statement = vote->statement;
  self.adversary().count_lie();
  const auto nullify =
      self.adversary().vote_of(self, {Act::kNullify, statement.epoch, statement.view, View{0}, {}});
  std::size_t turn = 0;
  const auto linked = self.linked();
  for (const std::size_t to : linked) {
    const bool first_half = turn++ % 2 == 0;
    if (statement.act == Act::kNullify || first_half == (statement.act == Act::kNotarize))
      self.say(to, message);
    self.say(to, nullify);
  }
}

// No vote leaves. When the honest votes need only ours the certificate is made, kept, and given to
// one honest node a moment before the others' timers fire.
void keep_votes(ColludingNode& self, const Message& message) {
  if (std::holds_alternative<Vote>(message)) return;
  if (std::holds_alternative<consensus::Certificate>(message)) return;
  self.say_to_all(message);
}

bool release_late(ColludingNode& self, std::size_t, const Message& message) {
  const auto* vote = std::get_if<Vote>(&message);
  if (vote == nullptr) return true;
  auto& adversary = self.adversary();
  const auto& statement = vote->statement;
  const auto key = std::tuple(static_cast<int>(statement.act), statement.epoch, statement.view);
  if (adversary.done().contains(key)) return true;
  const auto certificate = adversary.certificate(self, statement);
  if (!certificate) return true;
  if (adversary.done().size() > 4096) adversary.done().clear();
  adversary.done().insert(key);
  adversary.count_lie();
  const auto& victims = adversary.victims();
  const std::size_t one = victims[statement.view.value % victims.size()];
  const std::uint64_t patience_us = statement.act == Act::kNullify ? 100'000 : kBlockPatienceUs;
  self.say_later(patience_us - self.random().below(60'000), one, *certificate);
  return true;
}

// In each view a vote for a block that does not exist, another one for everybody.
void vote_for_inventions(ColludingNode& self, const Message& message) {
  const auto* vote = std::get_if<Vote>(&message);
  if (vote == nullptr || vote->statement.act == Act::kNullify) return self.say_to_all(message);
  self.adversary().count_lie();
  const auto linked = self.linked();
  for (const std::size_t to : linked) {
    auto other = vote->statement;
    other.block = invented(self);
    if (self.random().chance(500)) other.parent_view = View{self.random().below(other.view.value)};
    self.say(to, self.adversary().vote_of(self, other));
  }
}

// Votes of every kind in all the views that a node might keep, each for another block.
void vote_far_ahead(ColludingNode& self) {
  const View view = self.status().view;
  for (int i = 0; i < 24; ++i) {
    const View far = view + self.random().below(400);
    const Act act = self.random().chance(400)   ? Act::kNullify
                    : self.random().chance(500) ? Act::kNotarize
                                                : Act::kFinalize;
    const bool nullify = act == Act::kNullify;
    const Statement statement{act, self.engine_epoch(), far, View{nullify ? 0 : far.value - 1},
                              nullify ? BlockId{} : invented(self)};
    for (const std::size_t to : self.adversary().honest())
      self.say(to, self.adversary().vote_of(self, statement));
  }
  self.adversary().count_lie();
}

// Nullifies the views that others lead as soon as they begin, and finalizes what it nullified.
void nullify_ahead(ColludingNode& self, const Message& message) {
  self.say_to_all(message);
  const auto* vote = std::get_if<Vote>(&message);
  if (vote == nullptr) return;
  self.adversary().count_lie();
  for (std::uint64_t ahead = 0; ahead < 3; ++ahead) {
    self.say_to_all(self.adversary().vote_of(
        self, {Act::kNullify, vote->statement.epoch, vote->statement.view + ahead, View{0}, {}}));
  }
}

// Votes leave when the timers fire.
void vote_late(ColludingNode& self, const Message& message) {
  if (!std::holds_alternative<Vote>(message)) return self.say_to_all(message);
  self.adversary().count_lie();
  const auto linked = self.linked();
  for (const std::size_t to : linked)
    self.say_later(kBlockPatienceUs - self.random().below(60'000), to, message);
}

// The certificates that its engine holds reach f honest nodes and nobody else; votes too.
void speak_to_victims(ColludingNode& self, const Message& message) {
  self.adversary().count_lie();
  for (const std::size_t to : self.adversary().victims()) self.say(to, message);
  if (!std::holds_alternative<consensus::Presence>(message)) return;
  self.say_to_all(message);
}

// Signatures that are false, in every vote: nothing can be made of them.
void vote_falsely_signed(ColludingNode& self, const Message& message) {
  const auto* vote = std::get_if<Vote>(&message);
  if (vote == nullptr) return self.say_to_all(message);
  auto other = *vote;
  other.signature.bytes[5] ^= 1;
  self.adversary().count_lie();
  self.say_to_all(other);
}

}  // namespace

std::vector<Strategy> voting_strategies() {
  std::vector<Strategy> all{
      {"nullifies-every-view", "nullify to all, notarize to one half, finalize to the other",
       split_votes},
      {"releases-late",
       "keeps its votes, gives late certificates to one honest node",
       keep_votes,
       {},
       release_late},
      {"votes-for-inventions", "votes for blocks that do not exist, another for everybody",
       vote_for_inventions},
      {"votes-far-ahead", "votes in all views that can be kept", {}, {}, {}, {}, vote_far_ahead},
      {"nullifies-ahead", "nullifies this view and the next two", nullify_ahead},
      {"votes-late", "its votes leave when the timers fire", vote_late},
      {"speaks-to-few", "all that it says reaches f honest nodes only", speak_to_victims},
      {"false-signatures", "its votes are falsely signed", vote_falsely_signed},
  };
  for (auto& strategy : all) strategy.decides_votes = strategy.name != "votes-far-ahead";
  return all;
}

}  // namespace testamur::sim
