// What members do with the blocks of the views that they lead. All but `proposal_of` are
// strategies' functions; each says the truth about everything that is not such a block.
#include "tests/sim/adversary.h"
#include "tests/sim/byzantine_node.h"
#include "tests/sim/strategies.h"

namespace testamur::sim {

using consensus::Act;
using consensus::Message;
using consensus::Proposal;

namespace {

// A proposal that a member of the adversary made, if the message is one.
const Proposal* proposal_of(ColludingNode& self, const Message& message) {
  const auto* proposal = std::get_if<Proposal>(&message);
  if (proposal == nullptr) return nullptr;
  const auto facts = node::header_facts(*proposal->header);
  return facts.proposer == self.id() ? proposal : nullptr;
}

std::optional<Proposal> with_false_parent_view(ColludingNode& self, Proposal proposal) {
  if (proposal.view < View{2}) return std::nullopt;
  const View last = proposal.view - 1;
  proposal.parent_view = proposal.parent_view == last ? View{last.value - 1} : last;
  return self.adversary().signed_proposal(self, std::move(proposal));
}

Proposal with_false_body(ColludingNode& self, Proposal proposal) {
  proposal.body = junk_body(self);
  return proposal;
}

void keep_false_copy(ColludingNode& self, const Proposal& copy) {
  auto& kept = self.adversary().inventions();
  std::erase_if(kept, [&](const auto& each) { return each.second.view + 64 < copy.view; });
  kept[node::header_facts(*copy.header).id] = copy;
}

// Whoever has thrown a false copy away is given it again before the true one can come.
void say_false_copies_again(ColludingNode& self) {
  for (const auto& [id, copy] : self.adversary().inventions()) {
    if (!self.adversary().is_ours(copy)) continue;
    for (const std::size_t to : self.adversary().victims()) self.say(to, copy);
  }
}

// The victims get, and are answered with, what `falsify` makes of the block; the others the truth.
template <class Falsify>
Strategy falsified(std::string name, std::string what, Falsify falsify) {
  Strategy made{std::move(name), std::move(what)};
  made.broadcast = [falsify](ColludingNode& self, const Message& message) {
    const auto* proposal = proposal_of(self, message);
    if (proposal == nullptr) return self.say_to_all(message);
    const std::optional<Proposal> other = falsify(self, *proposal);
    if (other) keep_false_copy(self, *other);
    const auto linked = self.linked();
    for (const std::size_t to : linked) {
      other&& self.adversary().is_victim(to) ? self.say(to, *other) : self.say(to, message);
    }
    self.adversary().count_lie();
  };
  made.tick = say_false_copies_again;
  made.send = [falsify](ColludingNode& self, std::size_t to, const Message& message) {
    const auto* proposal = proposal_of(self, message);
    const std::optional<Proposal> other = proposal ? falsify(self, *proposal) : std::nullopt;
    other&& self.adversary().is_victim(to) ? self.say(to, *other) : self.say(to, message);
  };
  return made;
}

// The victims never get the block from a member, neither first nor when they ask.
void withhold_block(ColludingNode& self, const Message& message) {
  const auto* proposal = proposal_of(self, message);
  if (proposal == nullptr) return self.say_to_all(message);
  auto& withheld = self.adversary().withheld();
  if (withheld.size() >= 4) withheld.clear();
  withheld.insert(node::header_facts(*proposal->header).id);
  const auto linked = self.linked();
  for (const std::size_t to : linked) {
    if (!self.adversary().is_victim(to)) self.say(to, message);
  }
  self.adversary().count_lie();
}

void keep_withheld(ColludingNode& self, std::size_t to, const Message& message) {
  const auto* proposal = std::get_if<Proposal>(&message);
  if (proposal && self.adversary().is_victim(to) &&
      self.adversary().withheld().contains(node::header_facts(*proposal->header).id)) {
    return;
  }
  self.say(to, message);
}

// A block of a later view of ours, whose parent is `block`, said to be of view `claimed`.
std::optional<Proposal> child_of(ColludingNode& self, const BlockId& block, const Proposal& like,
                                 View claimed) {
  const auto [view, leads] = self.adversary().next_led(self, like.view);
  if (leads == nullptr || claimed >= view) return std::nullopt;
  auto header = ledger::decode_header(*like.header).value();
  header.parent = block;
  header.view = view;
  header.height = header.height.next();
  header.proposer = leads->id();
  Proposal child = like;
  child.view = view;
  child.parent_view = claimed;
  return self.adversary().signed_proposal(*leads, std::move(child), header);
}

// Two views are claimed for the withheld block, again and again, so that the wish for it has no
// peace.
void fight_over_withheld(ColludingNode& self) {
  for (const BlockId& block : self.adversary().withheld()) {
    const Proposal* known = self.adversary().proposal(block);
    if (known == nullptr || known->view < View{2}) continue;
    const View other = known->view.next();
    const auto child = child_of(self, block, *known, other);
    if (!child) continue;
    for (const std::size_t to : self.adversary().victims()) self.say(to, *child);
    // The vote for a block that its voter says to be of another view.
    const auto& status_view = child->view;
    const consensus::Statement statement{Act::kNotarize, child->epoch, status_view, other, block};
    for (const std::size_t to : self.adversary().victims())
      self.say(to, self.adversary().vote_of(self, statement));
  }
}

// Two blocks for two halves, and votes for both.
void propose_two(ColludingNode& self, const Message& message) {
  auto& adversary = self.adversary();
  const auto* proposal = proposal_of(self, message);
  if (proposal == nullptr) return self.say_to_all(message);
  const auto twin = later_twin(self, *proposal);
  adversary.count_lie();
  std::size_t turn = 0;
  const auto linked = self.linked();
  for (const std::size_t to : linked) {
    const bool second = turn++ % 2 == 1;
    second ? self.say(to, twin) : self.say(to, *proposal);
    const consensus::Statement both{
        Act::kNotarize, twin.epoch, twin.view, twin.parent_view,
        node::header_facts(second ? *twin.header : *proposal->header).id};
    self.say(to, adversary.vote_of(self, both));
  }
}

// The block leaves when the others' patience with its leader ends: for some a moment before, for
// some a moment after.
void propose_at_the_timeout(ColludingNode& self, const Message& message) {
  constexpr std::uint64_t kPatienceUs = 2 * 250'000;
  const auto* proposal = proposal_of(self, message);
  if (proposal == nullptr) return self.say_to_all(message);
  self.adversary().count_lie();
  const auto linked = self.linked();
  for (const std::size_t to : linked) {
    const std::uint64_t before_us = self.random().below(60'000);
    self.say_later(kPatienceUs - before_us - 5'000, to, message);
  }
}

// To too few for a notarization: they wait for votes, the others for the block.
void propose_to_few(ColludingNode& self, const Message& message) {
  if (proposal_of(self, message) == nullptr) return self.say_to_all(message);
  self.adversary().count_lie();
  for (const std::size_t to : self.adversary().victims()) self.say(to, message);
}

// Every block of ours is empty: nobody's transaction gets in.
void propose_empty(ColludingNode& self, const Message& message) {
  const auto* proposal = proposal_of(self, message);
  const auto header = proposal ? emptied(self, *proposal) : std::nullopt;
  if (!header) return self.say_to_all(message);
  Proposal empty = *proposal;
  empty.body = std::make_shared<const Bytes>();
  self.adversary().count_lie();
  self.say_to_all(self.adversary().signed_proposal(self, std::move(empty), *header));
}

// The block's time lies as far ahead as the clocks of some honest nodes let pass: the others have
// to wait for theirs. All members vote for it, so that the next leader builds on it meanwhile.
void propose_at_the_edge_of_time(ColludingNode& self, const Message& message) {
  constexpr std::uint64_t kLeadMs = 10'000;  // docs/operating.md
  constexpr std::uint64_t kAboutMs = 100;
  const auto* proposal = proposal_of(self, message);
  auto header = proposal ? emptied(self, *proposal) : std::nullopt;
  if (!header) return self.say_to_all(message);
  auto& adversary = self.adversary();
  const std::uint64_t edge_ms =
      self.clock.now_ms() + kLeadMs - kAboutMs + self.random().below(2 * kAboutMs);
  header->time_ms = std::max(header->time_ms, edge_ms);
  Proposal early = *proposal;
  early.body = std::make_shared<const Bytes>();
  early = adversary.signed_proposal(self, std::move(early), *header);
  adversary.count_lie();
  adversary.learn(self, early);
  self.say_to_all(early);
  const consensus::Statement statement{Act::kNotarize, early.epoch, early.view, early.parent_view,
                                       ledger::block_id(*header)};
  const auto numbers = adversary.seats(self).numbers;
  for (const std::size_t number : numbers) {
    ColludingNode* member = adversary.member(number);
    if (member != nullptr && member->is_up())
      member->say_to_all(adversary.vote_of(*member, statement));
  }
}

// A block that is invalid: on the right parent, with roots that nothing gives.
void propose_invalid(ColludingNode& self, const Message& message) {
  const auto* proposal = proposal_of(self, message);
  if (proposal == nullptr) return self.say_to_all(message);
  auto header = ledger::decode_header(*proposal->header).value();
  header.roots.registry_root.bytes[0] ^= 1;
  self.adversary().count_lie();
  self.say_to_all(self.adversary().signed_proposal(self, *proposal, header));
}

// Whoever can be let on by the votes of those whose clocks are ahead is let on at once.
bool complete_notarizations(ColludingNode& self, std::size_t, const Message& message) {
  const auto* vote = std::get_if<consensus::Vote>(&message);
  if (vote == nullptr || vote->statement.act != Act::kNotarize) return true;
  auto& adversary = self.adversary();
  const auto key =
      std::tuple(static_cast<int>(Act::kNotarize), vote->statement.epoch, vote->statement.view);
  const auto* proposal = adversary.proposal(vote->statement.block);
  if (proposal == nullptr || !adversary.is_ours(*proposal) || adversary.done().contains(key))
    return true;
  const auto made = adversary.certificate(self, vote->statement);
  if (!made) return true;
  if (adversary.done().size() > 4096) adversary.done().clear();
  adversary.done().insert(key);
  self.say_to_all(*made);
  return true;
}

}  // namespace

std::vector<Strategy> leading_strategies() {
  const auto false_view = [](ColludingNode& self, const Proposal& proposal) {
    return with_false_parent_view(self, proposal);
  };
  const auto false_body = [](ColludingNode& self, const Proposal& proposal) {
    return std::optional(with_false_body(self, proposal));
  };
  // One id, four copies: each asker gets another one, and the truth now and then.
  const auto copies = [](ColludingNode& self, const Proposal& proposal) -> std::optional<Proposal> {
    switch (self.random().below(4)) {
      case 0: return with_false_body(self, proposal);
      case 1: return with_false_parent_view(self, proposal);
      case 2: {
        auto both = with_false_parent_view(self, proposal);
        return both ? std::optional(with_false_body(self, *both)) : std::nullopt;
      }
      default: return std::nullopt;
    }
  };
  return {
      falsified("false-parent-view", "as leader tells f honest nodes another parent view",
                false_view),
      falsified("false-body", "as leader gives f honest nodes a junk body, and again when asked",
                false_body),
      falsified("many-copies", "one block id, copies with false views and bodies", copies),
      {"withheld-body", "as leader shows its block to q - f honest nodes only", withhold_block,
       keep_withheld},
      {"two-views-claimed",
       "a withheld block is named as parent in another view, again and again",
       withhold_block,
       keep_withheld,
       {},
       {},
       fight_over_withheld},
      {"two-proposals", "two blocks to two halves, votes for both", propose_two},
      {"proposes-at-the-timeout", "its block leaves when patience ends", propose_at_the_timeout},
      {"proposes-to-few", "shows its block to f honest nodes only", propose_to_few},
      {"proposes-empty", "its blocks leave every transaction out", propose_empty},
      {"proposes-invalid", "its blocks have false roots", propose_invalid},
      {"times-its-blocks",
       "its blocks are as far ahead as some clocks let pass",
       propose_at_the_edge_of_time,
       {},
       complete_notarizations},
  };
}

}  // namespace testamur::sim
