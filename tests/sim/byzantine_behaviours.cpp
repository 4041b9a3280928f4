#include "tests/sim/byzantine_behaviours.h"

#include "tests/sim/byzantine_node.h"

namespace testamur::sim {

using consensus::Act;

namespace {

const consensus::Vote* vote_of(const consensus::Message& message, Act act) {
  const auto* vote = std::get_if<consensus::Vote>(&message);
  return vote != nullptr && vote->statement.act == act ? vote : nullptr;
}

// One block to node 0, another to the others, and no vote for either.
void propose_twice(ScriptedNode& self, const consensus::Message& message) {
  if (vote_of(message, Act::kNotarize) != nullptr) return;
  const auto* proposal = std::get_if<consensus::Proposal>(&message);
  if (proposal == nullptr) return self.say_to_all(message);
  const auto other = later_twin(self, *proposal);
  self.say(0, *proposal);
  for (const std::size_t to : self.linked()) {
    if (to != 0) self.say(to, other);
  }
}

void nullify_next_view(ScriptedNode& self, const consensus::Message& message) {
  self.say_to_all(message);
  const auto* vote = vote_of(message, Act::kNotarize);
  if (vote == nullptr) return;
  self.say_to_all(self.signed_vote(
      {Act::kNullify, vote->statement.epoch, vote->statement.view.next(), View{0}, {}},
      vote->voter));
}

void nullify_what_it_finalizes(ScriptedNode& self, const consensus::Message& message) {
  self.say_to_all(message);
  const auto* vote = vote_of(message, Act::kFinalize);
  if (vote == nullptr) return;
  self.say_to_all(self.signed_vote(
      {Act::kNullify, vote->statement.epoch, vote->statement.view, View{0}, {}}, vote->voter));
}

// A header with an invented next set, under its own signature and no certificate.
void forge_sealing(ScriptedNode& self, const consensus::Message& message) {
  const auto* proposal = std::get_if<consensus::Proposal>(&message);
  if (proposal == nullptr) return self.say_to_all(message);
  auto header = ledger::decode_header(*proposal->header).value();
  header.next_validator_set = sha256(as_bytes("an invented set"));
  auto other = *proposal;
  other.header = std::make_shared<const Bytes>(ledger::encode(header));
  other.signature = self.sign(consensus::signing_digest(
      self.settings().institutions->genesis().chain, self.set_digest(),
      {Act::kPropose, other.epoch, other.view, other.parent_view, ledger::block_id(header)}));
  self.say_to_all(other);
}

void say_nothing(ScriptedNode&, const consensus::Message&) {}

}  // namespace

const std::map<std::string, ScriptedNode::Script>& byzantine_behaviours() {
  static const std::map<std::string, ScriptedNode::Script> kLies{
      {"proposes-twice", propose_twice},
      {"nullifies-the-next-view", nullify_next_view},
      {"nullifies-what-it-finalizes", nullify_what_it_finalizes},
      {"forges-a-sealing-header", forge_sealing},
      {"is-silent", say_nothing}};
  return kLies;
}

}  // namespace testamur::sim
